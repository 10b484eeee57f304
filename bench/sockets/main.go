// Command sockets measures Voki's live part beside plain hubs on gorilla/websocket, melody and gws: the memory of idle
// sockets, signals between the two ends of calls, and calls that drop at once and come back. Server and clients are
// processes of their own, and speak over loopback addresses alone. It prints a table in Markdown and stops by itself.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

var kinds = []string{"voki", "gorilla", "gorilla+reply", "melody", "gws"}

func main() {
	if kind := os.Getenv(serveAs); kind != "" {
		if err := serve(kind); err != nil {
			log.Fatal(err)
		}
		return
	}
	p := plan{
		settle: time.Second, warm: time.Second, exchange: 3 * time.Second, paced: time.Second, rate: 5000,
	}
	flag.IntVar(&p.idle, "idle", 10000, "idle sockets")
	flag.IntVar(&p.calls, "calls", 5000, "calls of two")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds, of which the medians are told")
	flag.IntVar(&p.drops, "drops", 1, "how often in a round all customers are dropped and come back")
	only := flag.String("only", strings.Join(kinds, ","), "servers to measure")
	flag.BoolVar(&p.backOnly, "back", false, "measure nothing but the drops")
	brief := flag.Bool("quick", false, "a small run, which shows that it works")
	flag.Parse()
	if *brief {
		p = quick()
	}
	p.kinds = strings.Split(*only, ",")
	for _, kind := range p.kinds {
		if !slices.Contains(kinds, kind) {
			log.Fatalf("there is no server %q; there are %s", kind, strings.Join(kinds, ", "))
		}
	}
	if p.idle < 2 || p.calls < 1 || p.rounds < 1 || p.drops < 1 {
		log.Fatal("at least 2 idle sockets, 1 call, 1 round and 1 drop are needed")
	}
	report, err := p.measure(func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report)
}

// quick is a plan of a few seconds.
func quick() plan {
	return plan{
		kinds: kinds, idle: 500, calls: 200, rounds: 1, drops: 1, settle: 100 * time.Millisecond,
		warm: 200 * time.Millisecond, exchange: 500 * time.Millisecond, paced: 300 * time.Millisecond, rate: 500,
	}
}

// measure runs all rounds: the servers by turns, so that a noisy minute hits them all.
func (p plan) measure(progress func(string)) (string, error) {
	if err := p.raiseLimit(); err != nil {
		return "", err
	}
	results := map[string][]result{}
	for round := range p.rounds {
		for i := range p.kinds {
			kind := p.kinds[(i+round)%len(p.kinds)]
			begin := time.Now()
			r, err := p.run(kind)
			if err != nil {
				return "", err
			}
			results[kind] = append(results[kind], r)
			progress(fmt.Sprintf("round %d, %s: %.1f KB, %.0f/s, %s CPU, back in %s, %s CPU (took %s)", round+1, kind,
				r.rss/1024, r.perSecond, r.cpu, r.back.Round(time.Millisecond), r.backCPU, time.Since(begin).Round(time.Second)))
		}
		if round+1 < p.rounds {
			progress("\nso far:\n" + p.report(results))
		}
	}
	return p.report(results), nil
}

// raiseLimit sees to it that a process may have as many connections as the plan needs. Servers inherit it.
func (p plan) raiseLimit() error {
	need := uint64(max(p.idle, 2*p.calls)*3/2 + 200)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur >= need && limit.Max >= need {
		return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // now it is what children get, too
	}
	limit.Cur, limit.Max = max(limit.Cur, need), max(limit.Max, need)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("%d open files are needed (ulimit -n): %w", need, err)
	}
	return nil
}
