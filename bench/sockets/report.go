package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// median is that of one number of the rounds.
func median[N float64 | time.Duration](rounds []result, of func(result) N) N {
	if len(rounds) == 0 {
		return 0
	}
	all := make([]N, len(rounds))
	for i, r := range rounds {
		all[i] = of(r)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// row is a line of the table: a number of each server, and ours beside gorilla's.
type row struct {
	name   string
	of     func(result) float64
	format string
}

func rows() []row {
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	return []row{
		{"idle: RSS a socket, KB", func(r result) float64 { return r.rss / 1024 }, "%.1f"},
		{"idle: heap a socket, KB", func(r result) float64 { return r.heap / 1024 }, "%.1f"},
		{"idle: stacks a socket, KB", func(r result) float64 { return r.serverStack / 1024 }, "%.1f"},
		{"signals a second", func(r result) float64 { return r.perSecond }, "%.0f"},
		{"server CPU a signal, µs", func(r result) float64 { return float64(r.cpu) / 1e3 }, "%.1f"},
		{"p50 at full speed, ms", func(r result) float64 { return ms(r.p50) }, "%.1f"},
		{"p99 at full speed, ms", func(r result) float64 { return ms(r.p99) }, "%.1f"},
		{"p50 at the fixed rate, ms", func(r result) float64 { return ms(r.calm50) }, "%.2f"},
		{"p99 at the fixed rate, ms", func(r result) float64 { return ms(r.calm99) }, "%.2f"},
		{"all customers dropped: all agents know, ms", func(r result) float64 { return ms(r.lost) }, "%.0f"},
		{"all connected again, and no more, ms", func(r result) float64 { return ms(r.dialled) }, "%.0f"},
		{"all connected again, in, and the others told, ms", func(r result) float64 { return ms(r.back) }, "%.0f"},
		{"server CPU for each that is back, µs", func(r result) float64 { return float64(r.backCPU) / 1e3 }, "%.0f"},
	}
}

func (p plan) report(results map[string][]result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d idle sockets; %d calls of two; signals of %d bytes, fixed rate %d a second; medians of %d rounds.\n",
		p.idle, p.calls, signalSize, p.rate, p.rounds)
	fmt.Fprintf(&b, "%s, %d cores, Linux %s%s.\n\n", runtime.Version(), runtime.NumCPU(), kernel(), versions())
	fmt.Fprintf(&b, "| | %s | ours / gorilla |\n|---|%s\n", strings.Join(p.kinds, " | "), strings.Repeat("--:|", len(p.kinds)+1))
	for _, row := range rows() {
		fmt.Fprintf(&b, "| %s |", row.name)
		for _, kind := range p.kinds {
			value := median(results[kind], row.of)
			if value == 0 {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(&b, " "+row.format+" |", value)
		}
		if plain := median(results["gorilla"], row.of); plain != 0 {
			fmt.Fprintf(&b, " %.2f |\n", median(results["voki"], row.of)/plain)
		} else {
			b.WriteString(" |\n")
		}
	}
	if dialled := median(results["gorilla"], func(r result) time.Duration { return r.dialled }); dialled != 0 {
		b.WriteString("| that ÷ gorilla's connecting alone |")
		for _, kind := range p.kinds {
			back := median(results[kind], func(r result) time.Duration { return r.back })
			fmt.Fprintf(&b, " %.2f |", float64(back)/float64(dialled))
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// versions are those of what ours is measured beside.
func versions() string {
	var b strings.Builder
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			for _, peer := range []string{"gorilla/websocket", "olahol/melody", "lxzan/gws"} {
				if m.Path == "github.com/"+peer {
					fmt.Fprintf(&b, ", %s %s", peer, m.Version)
				}
			}
		}
	}
	return b.String()
}
