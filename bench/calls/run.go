package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// compare measures all peers. They take turns within a round, and each round begins with another one.
func (p plan) compare(r *results) (string, error) {
	before := load()
	for _, peer := range p.peers {
		if err := p.prepare(r, p.role(peer)); err != nil {
			return "", err
		}
	}
	var expected []answer // what the first peer has answered
	for round := range p.rounds {
		for _, peer := range rotated(p.peers, round) {
			if err := p.list(r, p.role(peer), round, &expected); err != nil {
				return "", err
			}
			if peer == "voki" && p.does("bare") {
				if err := p.bare(r, round); err != nil {
					return "", err
				}
			}
		}
		if p.does("change") {
			if err := p.changes(r, round); err != nil {
				return "", err
			}
		}
		if p.does("open") {
			if err := p.cold(r, round); err != nil {
				return "", err
			}
		}
	}
	return p.report(r, before), nil
}

func (p plan) does(part string) bool { return slices.Contains(p.parts, part) }

func (p plan) key(section, item, peer, metric string) key {
	return key{Section: section, Item: item, Peer: peer, Metric: metric, Calls: p.Calls, Tenants: p.Tenants}
}

func (p plan) role(peer string) role {
	return role{Peer: peer, Dir: filepath.Join(p.dir, peer), Data: p.data, Writes: min(p.writes, p.Calls)}
}

// rotated begins with another one each round.
func rotated[T any](all []T, round int) []T {
	n := round % len(all)
	return slices.Concat(all[n:], all[:n])
}

// prepare fills a peer's folder.
func (p plan) prepare(r *results, part role) error {
	p.progress("%s: loading %d calls", part.Peer, p.Calls)
	begin := time.Now()
	err := with(part, func(c *child) error {
		_, err := c.tell("load")
		return err
	})
	if err != nil {
		return err
	}
	size := mib(sizeOf(part.Dir))
	r.add(p.key("disk", "files", part.Peer, "MiB"), 0, size)
	p.progress("%s: loaded in %s, %.0f MiB", part.Peer, time.Since(begin).Round(time.Millisecond), size)
	return nil
}

// list asks a fresh process all questions. The answers must be those that were expected; the first ones are.
func (p plan) list(r *results, part role, round int, expected *[]answer) error {
	all := questions(p.Calls / p.Tenants)
	begin := time.Now()
	return with(part, func(c *child) error {
		first, opened, err := c.firstAnswer(all)
		if err != nil {
			return err
		}
		r.add(p.key("open", "files cached", part.Peer, "s"), round, opened.Seconds())
		if part.Peer == "voki" {
			if err := p.keepPage(first); err != nil {
				return err
			}
		}
		got, err := c.answers(all)
		if err != nil {
			return err
		}
		if *expected == nil {
			*expected = got
		}
		for i, a := range got {
			if !a.equal((*expected)[i]) {
				return fmt.Errorf("%s answers %q otherwise than %s: %d ids of %d, not %d of %d", part.Peer, all[i].Name,
					p.peers[0], len(a.IDs), a.Total, len((*expected)[i].IDs), (*expected)[i].Total)
			}
		}
		if p.does("list") {
			for i := range all {
				n := (i + round) % len(all)
				request := c.question(all, n)
				if err := p.question(r, p.key("list", all[n].Name, part.Peer, ""), round, c, request); err != nil {
					return fmt.Errorf("%s: %w", all[n].Name, err)
				}
			}
		}
		s, err := c.tell("memory")
		if err != nil {
			return err
		}
		r.add(p.key("memory", "resident", part.Peer, "MiB"), round, mib(s.RSS))
		p.progress("round %d, %s: open in %s, %.0f MiB, questions in %s", round+1, part.Peer,
			opened.Round(time.Millisecond), mib(s.RSS), time.Since(begin).Round(time.Millisecond))
		return nil
	})
}

// question measures one, with one client and with eight.
func (p plan) question(r *results, k key, round int, c *child, request []byte) error {
	same := func(int) []byte { return request }
	if _, err := ask(c.address, 8, p.warm, 1, same); err != nil {
		return err
	}
	one, err := ask(c.address, 1, p.alone, 3, same)
	if err != nil {
		return err
	}
	before, err := c.tell("cpu")
	if err != nil {
		return err
	}
	eight, err := ask(c.address, 8, p.eight, 1, same)
	if err != nil {
		return err
	}
	after, err := c.tell("cpu")
	if err != nil {
		return err
	}
	k.Metric = "p50 ms, 1 client"
	r.add(k, round, ms(one.P50))
	k.Metric = "/s, 8 clients"
	r.add(k, round, eight.PerSecond)
	k.Metric = cpuMetric
	r.add(k, round, float64(after.CPU-before.CPU)/1e3/float64(eight.Count))
	return nil
}

// cpuMetric is the processor time of the peer's own process. PostgreSQL does its work in others.
const cpuMetric = "CPU µs, 8 clients"

// firstAnswer has the peer open its files, and returns its first page and how long that took from the process's start.
func (c *child) firstAnswer(all []question) ([]byte, time.Duration, error) {
	if err := c.serve(); err != nil {
		return nil, 0, err
	}
	body, err := fetch(c.address, c.question(all, 0))
	return body, time.Since(c.began), err
}

func (c *child) answers(all []question) (got []answer, err error) {
	for n := range all {
		body, err := fetch(c.address, c.question(all, n))
		if err != nil {
			return nil, err
		}
		a, err := read(body)
		if err != nil {
			return nil, err
		}
		got = append(got, a)
	}
	return got, nil
}

// keepPage is for the bare handler.
func (p plan) keepPage(body []byte) error {
	dir := p.role("bare").Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, bareFile), bytes.TrimSpace(body), 0o600)
}

// bare measures handlers that write our first page and do nothing else.
func (p plan) bare(r *results, round int) error {
	return with(p.role("bare"), func(c *child) error {
		if err := c.serve(); err != nil {
			return err
		}
		for _, way := range bareWays {
			err := p.question(r, p.key("bare", way, "bare", ""), round, c, c.request("GET", "/"+way, ""))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// changes measures transitions, beside the disk itself.
func (p plan) changes(r *results, round int) error {
	disk, err := rawSync(p.dir, min(p.sustain, 10*time.Second))
	if err != nil {
		return err
	}
	r.addPace(p.key("change", "1", "disk", ""), round, disk)
	p.progress("round %d: %.0f syncs a second", round+1, disk.PerSecond)
	for _, n := range p.writers {
		for _, peer := range rotated(p.peers, round) {
			if peer == "memory" {
				continue // it keeps nothing
			}
			if err := p.change(r, p.role(peer), round, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// change measures so many writers of a fresh process.
func (p plan) change(r *results, part role, round, writers int) error {
	part.Durable = true
	return with(part, func(c *child) error {
		pace, err := c.change(writers, p.sustain)
		if err != nil {
			return err
		}
		r.addPace(p.key("change", strconv.Itoa(writers), part.Peer, ""), round, pace)
		p.progress("round %d, %s, %d writers: %.0f/s, p50 %s", round+1, part.Peer, writers, pace.PerSecond, pace.P50)
		return nil
	})
}

// change has so many writers change calls: inside the peer's process, or over HTTP where it has no other way.
func (c *child) change(writers int, d time.Duration) (pace, error) {
	if c.role.Peer != "pocketbase" {
		s, err := c.tell(fmt.Sprintf("change %d %s", writers, d))
		return s.Pace, err
	}
	if err := c.serve(); err != nil {
		return pace{}, err
	}
	return ask(c.address, writers, d, 1, func(n int) []byte { return changeOverHTTP(c, n) })
}

// cold measures how long peers take to the first answer if none of their files is in memory.
func (p plan) cold(r *results, round int) error {
	all := questions(p.Calls / p.Tenants)
	for _, peer := range p.peers {
		if err := forget(); err != nil {
			p.progress("files stay cached, so that nothing is opened cold: %s", err)
			return nil
		}
		err := with(p.role(peer), func(c *child) error {
			_, opened, err := c.firstAnswer(all)
			r.add(p.key("open", "files not cached", peer, "s"), round, opened.Seconds())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
