// Command calls measures Voki's list of calls and its durable transitions beside what one would take instead: SQLite by
// two drivers, PostgreSQL and PocketBase. All have the same calls, answer the same questions over HTTP, each in a process
// of its own, and their answers are compared. It prints tables in Markdown.
//
// It must be built with -tags sqlite_fts5; make bench-calls does so.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	var err error
	if text := os.Getenv(serveAs); text != "" {
		err = act(text)
	} else {
		err = bench()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "calls:", err)
		os.Exit(1)
	}
}

// plan is what a run does.
type plan struct {
	data
	peers  []string
	parts  []string
	rounds int
	writes int // calls that the transitions take in turns

	writers []int // how many change calls at once

	warm, alone, eight time.Duration // for each question: before, with one client, with eight
	sustain            time.Duration // of transitions, for each number of writers

	dir      string // of all files; removed at the end
	csv, svg string // where to keep numbers and curves; empty: nowhere
	progress func(format string, values ...any)
}

var parts = []string{"list", "bare", "open", "change"}

func standard() plan {
	return plan{
		data: data{Calls: 1_000_000, Tenants: 1}, rounds: 3, writes: 20_000,
		parts: parts, writers: []int{1, 8, 64},
		peers: []string{"voki", "sqlite", "sqlite+cache", "modernc", "postgres", "pocketbase"},
		warm:  200 * time.Millisecond, alone: time.Second, eight: 2 * time.Second, sustain: 3 * time.Second,
		progress: func(format string, values ...any) { fmt.Fprintf(os.Stderr, format+"\n", values...) },
	}
}

// quick is a run of seconds, which shows that it works.
func quick(p plan) plan {
	p.Calls, p.rounds, p.writes, p.writers = 1000, 1, 500, []int{1, 8}
	p.warm, p.alone, p.eight, p.sustain = 0, 10*time.Millisecond, 10*time.Millisecond, 20*time.Millisecond
	return p
}

func bench() error {
	p := standard()
	flag.IntVar(&p.Calls, "n", p.Calls, "calls, of one tenant; at least 1000")
	flag.IntVar(&p.rounds, "rounds", p.rounds, "rounds, of which the medians are told")
	flag.DurationVar(&p.sustain, "for", p.sustain, "how long transitions go on, for each number of writers")
	peers := flag.String("peers", strings.Join(p.peers, ","), "whom to measure; there are "+strings.Join(known, ", "))
	chosen := flag.String("parts", strings.Join(parts, ","), "what to measure: the eight questions, our first page beside a bare handler, opening, transitions")
	dir := flag.String("dir", "", "folder on a disk, for temporary files. Defaults to the system's")
	flag.StringVar(&p.csv, "csv", "", "file for the numbers of all rounds")
	flag.StringVar(&p.svg, "svg", "", "file for the curves of -growth")
	growing := flag.Bool("growth", false, "voki alone, at other numbers of calls and of tenants")
	sizes := flag.String("sizes", "10000,100000,1000000,5000000", "numbers of calls, for -growth")
	tenants := flag.String("tenants", "1,100,10000", "numbers of tenants that -n calls are dealt to, for -growth")
	brief := flag.Bool("quick", false, "a run of seconds, which shows that it works")
	flag.Parse()
	if *brief {
		p = quick(p)
	}
	var err error
	if p.peers, err = choose(*peers); err != nil {
		return err
	}
	p.parts = strings.Split(*chosen, ",")
	for _, part := range p.parts {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("there is no part %q; there are %s", part, strings.Join(parts, ", "))
		}
	}
	if p.Calls < 1000 || p.rounds < 1 || p.sustain <= 0 || flag.NArg() > 0 {
		return errors.New("at least 1000 calls, 1 round and some time for transitions are needed; -h lists the flags")
	}
	g := growth{}
	if g.sizes, err = numbers(*sizes); err != nil {
		return err
	}
	if g.tenants, err = numbers(*tenants); err != nil {
		return err
	}
	if !*growing {
		return p.inFolder(*dir, plan.compare)
	}
	return p.inFolder(*dir, g.measure)
}

func numbers(list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of calls or tenants", text)
		}
		all = append(all, n)
	}
	return all, nil
}

// inFolder runs do in a new folder, and prints its report. The folder is removed at the end.
func (p plan) inFolder(parent string, do func(plan, *results) (string, error)) (err error) {
	if parent != "" {
		if parent, err = filepath.Abs(parent); err != nil {
			return err
		}
	}
	if p.dir, err = os.MkdirTemp(parent, "voki-bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt, syscall.SIGTERM)
	go func() { // the peers see that their input has ended
		<-stopped
		_ = os.RemoveAll(p.dir)
		os.Exit(1)
	}()
	if err := os.Chmod(p.dir, 0o755); err != nil { //nolint:gosec // PostgreSQL runs as another user
		return err
	}
	if inMemory(p.dir) {
		p.progress("%s is no disk: transitions are not durable there, and nothing is cold (-dir names another folder)", p.dir)
	}
	var r results
	report, err := do(p, &r)
	if p.csv != "" && len(r.samples) > 0 {
		err = errors.Join(err, r.write(p.csv))
	}
	fmt.Print(report)
	return err
}
