package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// report is the tables of a comparison, with the medians of the rounds.
func (p plan) report(r *results, before string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls of one tenant; medians of %d rounds in turn, ratios of each round; transitions for %s each.\n", p.Calls, p.rounds, p.sustain)
	fmt.Fprintf(&b, "%s\nLoad average before: %s; after: %s.\n", machine(), before, load())
	if p.does("list") {
		p.reportList(&b, r)
	}
	if p.does("bare") && slices.Contains(p.peers, "voki") {
		p.reportBare(&b, r)
	}
	if p.does("change") {
		p.reportChanges(&b, r)
	}
	p.reportOpening(&b, r)
	return b.String()
}

func heading(b *strings.Builder, first string, columns ...string) {
	fmt.Fprintf(b, "\n| %s | %s |\n|---|%s\n", first, strings.Join(columns, " | "), strings.Repeat("--:|", len(columns)))
}

// short prints three digits or all before the point; nothing for what was not measured.
func short(v float64) string {
	switch {
	case v == 0:
		return ""
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', max(0, 2-len(strconv.Itoa(int(v)))+1), 64)
}

func (p plan) reportList(b *strings.Builder, r *results) {
	heading(b, "p50 in ms for one client, requests a second with 8",
		append(slices.Clone(p.peers), "voki ÷ sqlite at 8", "floor", "aim", "÷ the fastest other")...)
	for _, q := range questions(p.Calls / p.Tenants) {
		fmt.Fprintf(b, "| %s |", q.title())
		rate := func(peer string) key { return p.key("list", q.Name, peer, "/s, 8 clients") }
		for _, peer := range p.peers {
			fmt.Fprintf(b, " %s, %s |", short(r.median(p.key("list", q.Name, peer, "p50 ms, 1 client"))), short(r.median(rate(peer))))
		}
		fmt.Fprintf(b, " %s | %g | %g | %s |\n", short(r.ratio(rate("voki"), rate("sqlite"))), q.floor, q.aim,
			short(p.leastRatio(r, rate)))
	}
}

// leastRatio is voki's to the peer that it is least ahead of.
func (p plan) leastRatio(r *results, rate func(peer string) key) (least float64) {
	for _, peer := range p.peers {
		if peer == "voki" || peer == "memory" {
			continue
		}
		if v := r.ratio(rate("voki"), rate(peer)); least == 0 || v < least {
			least = v
		}
	}
	return least
}

func (p plan) reportBare(b *strings.Builder, r *results) {
	heading(b, "the first page's bytes", "p50 ms, 1 client", "/s, 8 clients", "server CPU µs",
		"its /s ÷ voki's, at most 1.5", "voki's CPU ÷ its")
	ours := func(metric string) key { return p.key("list", questions(p.Calls)[0].Name, "voki", metric) }
	row := func(name string, of func(metric string) key) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, short(r.median(of("p50 ms, 1 client"))),
			short(r.median(of("/s, 8 clients"))), short(r.median(of(cpuMetric))),
			short(r.ratio(of("/s, 8 clients"), ours("/s, 8 clients"))), short(r.ratio(ours(cpuMetric), of(cpuMetric))))
	}
	row("voki", ours)
	for _, way := range bareWays {
		row("bare handler, "+way, func(metric string) key { return p.key("bare", way, "bare", metric) })
	}
}

// The floors and aims of transitions, times SQLite's.
var changeFloors, changeAims = []float64{1.4, 4, 10}, []float64{1.6, 6.5, 15}

func (p plan) reportChanges(b *strings.Builder, r *results) {
	peers := slices.DeleteFunc(slices.Clone(p.peers), func(peer string) bool { return peer == "memory" })
	at := func(n int, peer, metric string) key { return p.key("change", strconv.Itoa(n), peer, metric) }
	value := func(n int, peer, metric string) string { return short(r.median(at(n, peer, metric))) }
	heading(b, "durable transitions a second", append(slices.Clone(peers), "voki ÷ sqlite", "floor", "aim")...)
	for i, n := range p.writers {
		fmt.Fprintf(b, "| %d writers |", n)
		for _, peer := range peers {
			fmt.Fprintf(b, " %s |", value(n, peer, "/s"))
		}
		fmt.Fprintf(b, " %s | %g | %g |\n", short(r.ratio(at(n, "voki", "/s"), at(n, "sqlite", "/s"))),
			changeFloors[i], changeAims[i])
	}
	for _, n := range p.writers {
		fmt.Fprintf(b, "| %d writers, ms for one: p50, p99 |", n)
		for _, peer := range peers {
			fmt.Fprintf(b, " %s, %s |", value(n, peer, "p50 ms"), value(n, peer, "p99 ms"))
		}
		b.WriteString(" | | |\n")
	}
	fmt.Fprintf(b, "\nThe disk alone: %s syncs of 4 KiB a second; voki with one writer is %s of that (aim 0.75).\n",
		value(1, "disk", "/s"), short(r.ratio(at(1, "voki", "/s"), at(1, "disk", "/s"))))
}

func (p plan) reportOpening(b *strings.Builder, r *results) {
	heading(b, "", p.peers...)
	for _, row := range []struct{ name, section, item, metric string }{
		{"start to first answer, files cached, s", "open", "files cached", "s"},
		{"start to first answer, files not cached, s", "open", "files not cached", "s"},
		{"memory of the process, MiB", "memory", "resident", "MiB"},
		{"files, MiB", "disk", "files", "MiB"},
	} {
		fmt.Fprintf(b, "| %s |", row.name)
		for _, peer := range p.peers {
			fmt.Fprintf(b, " %s |", short(r.median(p.key(row.section, row.item, peer, row.metric))))
		}
		b.WriteString("\n")
	}
}

// machine says where and with what it was measured.
func machine() string {
	parts := []string{fmt.Sprintf("%s, %d cores (%s), Linux %s", runtime.Version(), runtime.NumCPU(),
		after("/proc/cpuinfo", "model name\t: "), strings.TrimSpace(contents("/proc/sys/kernel/osrelease")))}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains([]string{
				"github.com/mattn/go-sqlite3", "modernc.org/sqlite", "github.com/jackc/pgx/v5",
				"github.com/pocketbase/pocketbase",
			}, m.Path) {
				parts = append(parts, m.Path+" "+m.Version)
			}
		}
	}
	if bin, err := postgresFolder(); err == nil {
		parts = append(parts, postgresVersion(bin))
	}
	return strings.Join(parts, ", ") + "."
}

func load() string {
	return strings.Join(strings.Fields(contents("/proc/loadavg"))[:3], " ")
}

func contents(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "? ? ?"
	}
	return string(text)
}

// after is what follows a label on its line in a file.
func after(path, label string) string {
	_, rest, _ := strings.Cut(contents(path), label)
	line, _, _ := strings.Cut(rest, "\n")
	return line
}
