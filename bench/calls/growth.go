package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// growth is Voki alone, at several numbers of calls of one tenant, and of tenants that the calls are dealt to.
type growth struct {
	sizes, tenants []int
}

func (g growth) points(p plan) (bySize, byTenants []data) {
	for _, n := range g.sizes {
		bySize = append(bySize, data{Calls: n, Tenants: 1})
	}
	for _, t := range g.tenants {
		byTenants = append(byTenants, data{Calls: p.Calls, Tenants: t})
	}
	return bySize, byTenants
}

// measure asks the questions of one tenant at each point, and changes calls of all.
func (g growth) measure(p plan, r *results) (string, error) {
	before := load()
	p.peers = []string{"voki"}
	bySize, byTenants := g.points(p)
	all := slices.Concat(bySize, byTenants)
	slices.SortStableFunc(all, func(a, b data) int {
		return cmp.Or(cmp.Compare(a.Calls, b.Calls), cmp.Compare(a.Tenants, b.Tenants))
	})
	for _, d := range slices.Compact(all) {
		if d.Calls < 1000 || d.Tenants > d.Calls {
			return "", fmt.Errorf("%d calls of %d tenants: too few", d.Calls, d.Tenants)
		}
		p.data = d
		p.progress("%d calls of %d tenants", d.Calls, d.Tenants)
		if err := p.point(r); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Medians of %d rounds; transitions for %s each.\n%s\nLoad average before: %s; after: %s.\n", p.rounds, p.sustain,
		machine(), before, load())
	calls, tenants := func(d data) int { return d.Calls }, func(d data) int { return d.Tenants }
	shared := fmt.Sprintf("p50 in ms, by tenants that share %d calls; one is asked", byTenants[0].Calls)
	p.table(&b, r, "p50 in ms for one client, by calls of one tenant", bySize, calls)
	p.table(&b, r, shared, byTenants, tenants)
	if p.svg == "" {
		return b.String(), nil
	}
	picture := draw(
		panelOf(r, "p50 in ms for one client, by calls of one tenant", bySize, calls),
		panelOf(r, shared, byTenants, tenants),
	)
	return b.String(), os.WriteFile(p.svg, []byte(picture), 0o644) //nolint:gosec // a picture for everybody
}

// point measures one number of calls and tenants. Calls are changed when all has been asked.
func (p plan) point(r *results) error {
	part := p.role("voki")
	part.InPlace = true
	if err := p.prepare(r, part); err != nil {
		return err
	}
	var expected []answer
	for round := range p.rounds {
		if err := p.list(r, part, round, &expected); err != nil {
			return err
		}
		if p.does("open") {
			if err := p.cold(r, round); err != nil {
				return err
			}
		}
	}
	for round := range p.rounds {
		for _, n := range p.writers {
			if err := p.change(r, part, round, n); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(part.Dir)
}

// line is one of a table, or a curve: what was measured of each point.
type line struct {
	name string
	key  key // without the point
}

func (l line) at(d data) key {
	k := l.key
	k.Calls, k.Tenants = d.Calls, d.Tenants
	return k
}

func asked() (lines []line) {
	for _, q := range questions(0) {
		lines = append(lines, line{q.Name, key{Section: "list", Item: q.Name, Peer: "voki", Metric: "p50 ms, 1 client"}})
	}
	return lines
}

func (p plan) table(b *strings.Builder, r *results, title string, points []data, of func(data) int) {
	lines := asked()
	for _, n := range p.writers {
		lines = append(lines, line{
			fmt.Sprintf("transitions a second, %d writers", n),
			key{Section: "change", Item: strconv.Itoa(n), Peer: "voki", Metric: "/s"},
		})
	}
	lines = append(lines,
		line{"start to first answer, file cached, s", key{Section: "open", Item: "files cached", Peer: "voki", Metric: "s"}},
		line{"start to first answer, file not cached, s", key{Section: "open", Item: "files not cached", Peer: "voki", Metric: "s"}},
		line{"memory of the process, MiB", key{Section: "memory", Item: "resident", Peer: "voki", Metric: "MiB"}},
		line{"file, MiB", key{Section: "disk", Item: "files", Peer: "voki", Metric: "MiB"}},
	)
	columns := make([]string, 0, len(points)+1)
	for _, d := range points {
		columns = append(columns, strconv.Itoa(of(d)))
	}
	heading(b, title, append(columns, "last ÷ first")...)
	for _, l := range lines {
		fmt.Fprintf(b, "| %s |", l.name)
		for _, d := range points {
			fmt.Fprintf(b, " %s |", short(r.median(l.at(d))))
		}
		fmt.Fprintf(b, " %s |\n", short(r.ratio(l.at(points[len(points)-1]), l.at(points[0]))))
	}
}

func panelOf(r *results, title string, points []data, of func(data) int) panel {
	drawn := panel{title: title}
	for _, d := range points {
		drawn.x = append(drawn.x, float64(of(d)))
	}
	for _, l := range asked() {
		c := curve{name: l.name}
		for _, d := range points {
			c.y = append(c.y, r.median(l.at(d)))
		}
		drawn.curves = append(drawn.curves, c)
	}
	return drawn
}
