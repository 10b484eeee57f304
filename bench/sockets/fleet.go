package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long anything may take.
const patience = 2 * time.Minute

// dialers is how many connect at once.
const dialers = 64

// fleet is the clients of one server: two ends of each call.
type fleet struct {
	server *process
	voki   bool
	ends   []*end // customer and agent of the first call, then of the second

	mode     atomic.Int32 // what ends do with a signal
	received atomic.Int64
	times    histogram

	lost, back atomic.Int64 // how many have been told that the other end is lost, or back
	closing    atomic.Bool
	failed     atomic.Pointer[error]
}

// What an end does with a signal that comes.
const (
	ignore = iota
	bounce // count it, and answer with one
	count
)

// end is a participant.
type end struct {
	f      *fleet
	n      int
	path   string
	join   []byte
	signal []byte // what it sends; the stamp in it changes
	conn   *conn
	joined chan struct{}
	in     bool          // of the reading goroutine
	ended  chan struct{} // closed when that has
}

const signalSize = 500

func newFleet(p *process, calls int) (*fleet, error) {
	a, err := p.ask(fmt.Sprintf("prepare %d", calls))
	if err != nil {
		return nil, err
	}
	f := &fleet{server: p, voki: p.kind == "voki"}
	for _, s := range a.Seats {
		for _, path := range []string{s.Customer, s.Agent} {
			signal := fmt.Appendf(nil, `["1","2","call:%s","signal",{"type":"offer","sdp":"%016d`, s.Room, 0)
			const tail = `"}]`
			signal = append(signal, bytes.Repeat([]byte("x"), signalSize-len(tail)-len(signal))...)
			f.ends = append(f.ends, &end{
				f: f, n: len(f.ends), path: path, join: []byte(s.JoinWith), signal: append(signal, tail...),
			})
		}
	}
	return f, nil
}

// each does something for some ends, so many at once.
func each(ends []*end, do func(*end) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range dialers {
		all.Go(func() {
			for failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(ends) {
					return
				}
				if err := do(ends[i]); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// dial connects an end without joining.
func (e *end) dial() (err error) {
	e.conn, err = dial(e.n, e.f.server.port, e.path)
	return err
}

// enter connects and joins.
func (e *end) enter() error {
	if err := e.dial(); err != nil {
		return err
	}
	return e.enterRoom()
}

func (e *end) enterRoom() error {
	e.in, e.joined, e.ended = false, make(chan struct{}), make(chan struct{})
	e.conn.hear = e.hear
	c, ended := e.conn, e.ended
	go func() {
		defer close(ended)
		if err := c.read(); !e.f.closing.Load() {
			err = fmt.Errorf("a client of %s: %w", e.f.server.kind, err)
			e.f.failed.CompareAndSwap(nil, &err)
		}
	}()
	if err := e.conn.send(e.join); err != nil {
		return err
	}
	select {
	case <-e.joined:
		return nil
	case <-time.After(patience):
		return errors.New("a join was not answered")
	}
}

// hear is called for every frame that comes.
func (e *end) hear(frame []byte) {
	f := e.f
	if !e.in {
		e.welcome(frame)
		return
	}
	head := frame[:min(len(frame), 100)]
	switch {
	case bytes.Contains(head, []byte(`,"signal",`)):
		e.take(frame)
	case string(frame) == "back":
		f.back.Add(1)
	case !f.voki:
	case bytes.Contains(head, []byte(`"peer_disconnected"`)):
		f.lost.Add(1)
	case bytes.Contains(head, []byte(`"peer_reconnected"`)):
		f.back.Add(1)
	}
}

// welcome looks at what comes before the end is in.
func (e *end) welcome(frame []byte) {
	if e.f.voki {
		if !bytes.Contains(frame, []byte(`"status":"ok"`)) {
			err := fmt.Errorf("refused: %s", frame)
			e.f.failed.CompareAndSwap(nil, &err)
			return
		}
		const key = `"resume_token":"`
		if _, rest, ok := bytes.Cut(frame, []byte(key)); ok {
			token, _, _ := bytes.Cut(rest, []byte(`"`))
			e.path = vokiPath(string(token)) // it comes back with that
		}
	}
	e.in = true
	close(e.joined)
}

var began = time.Now()

const stampKey = `"sdp":"`

// take is a signal from the other end.
func (e *end) take(frame []byte) {
	f := e.f
	mode := f.mode.Load()
	if mode == ignore {
		return
	}
	at := bytes.Index(frame, []byte(stampKey)) + len(stampKey)
	sent, err := strconv.ParseInt(string(frame[at:at+16]), 10, 64)
	if err != nil {
		f.failed.CompareAndSwap(nil, &err)
		return
	}
	f.times.add(time.Since(began) - time.Duration(sent))
	f.received.Add(1)
	if mode == bounce {
		e.say()
	}
}

// say sends a signal that tells when.
func (e *end) say() {
	at := bytes.Index(e.signal, []byte(stampKey)) + len(stampKey)
	copy(e.signal[at:], fmt.Appendf(nil, "%016d", time.Since(began)))
	if err := e.conn.send(e.signal); err != nil && !e.f.closing.Load() {
		e.f.failed.CompareAndSwap(nil, &err)
	}
}

// await waits for a number that is reached.
func (f *fleet) await(what string, n *atomic.Int64, want int) error {
	for begin := time.Now(); n.Load() < int64(want); time.Sleep(time.Millisecond) {
		if err := f.err(); err != nil {
			return err
		}
		if time.Since(begin) > patience {
			return fmt.Errorf("%s: %d of %d after %s", what, n.Load(), want, patience)
		}
	}
	return nil
}

func (f *fleet) err() error {
	if err := f.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// side is the customers, or the agents.
func (f *fleet) side(n int) (ends []*end) {
	for i := n; i < len(f.ends); i += 2 {
		ends = append(ends, f.ends[i])
	}
	return ends
}

// histogram counts durations, in steps of two percent.
type histogram [1200]atomic.Int64

const steps = 50

func (h *histogram) add(d time.Duration) {
	i := int(math.Log(max(float64(d)/1000, 1)) * steps)
	h[min(i, len(h)-1)].Add(1)
}

func (h *histogram) reset() {
	for i := range h {
		h[i].Store(0)
	}
}

// quantile is the duration below which that part is.
func (h *histogram) quantile(part float64) time.Duration {
	var total, seen int64
	for i := range h {
		total += h[i].Load()
	}
	for i := range h {
		if seen += h[i].Load(); seen > 0 && float64(seen) >= part*float64(total) {
			return time.Duration(math.Exp((float64(i)+0.5)/steps) * 1000)
		}
	}
	return 0
}
