package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is a server that runs.
type process struct {
	kind string
	port int
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
}

// start runs this program again as a server of a kind.
func start(kind string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{kind: kind, cmd: exec.Command(self)} //nolint:gosec,noctx // itself; it ends with its input
	p.cmd.Env = append(os.Environ(), serveAs+"="+kind)
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = json.NewDecoder(bufio.NewReader(out))
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	a, err := p.answer()
	p.port = a.Port
	return p, err
}

func (p *process) answer() (a answer, err error) {
	if err = p.out.Decode(&a); err == nil && a.Err != "" {
		err = fmt.Errorf("the %s server: %s", p.kind, a.Err)
	}
	return a, err
}

func (p *process) ask(command string) (answer, error) {
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		return answer{}, err
	}
	return p.answer()
}

// end stops the server, and what the clients still have of it.
func (f *fleet) end() {
	f.closing.Store(true)
	_ = f.server.cmd.Process.Kill()
	_ = f.server.in.Close()
	_ = f.server.cmd.Wait()
	for _, e := range f.ends {
		if e.conn != nil {
			e.conn.drop()
		}
	}
}

// plan is how much is measured.
type plan struct {
	kinds               []string // of servers
	idle, calls, rounds int
	settle              time.Duration // before memory is measured, and before all come back
	warm, exchange      time.Duration // of signals as fast as they go
	paced               time.Duration // of signals at a rate
	rate                int
	drops               int // how often all are dropped in a round
	backOnly            bool
}

// result is one round of one server.
type result struct {
	rss, heap   float64       // bytes a socket
	perSecond   float64       // messages
	cpu         time.Duration // of the server for each message
	p50, p99    time.Duration // at full speed
	calm50      time.Duration // at the rate
	calm99      time.Duration
	paced       float64 // signals a second that were sent at the rate
	lost        time.Duration
	dialled     time.Duration
	back        time.Duration
	backCPU     time.Duration // of the server for each that came back
	serverStack float64       // bytes a socket
}

// run measures one server once.
func (p plan) run(kind string) (r result, err error) {
	if p.backOnly {
		return r, p.traffic(kind, &r)
	}
	if err := p.memory(kind, &r); err != nil {
		return r, fmt.Errorf("idle sockets of %s: %w", kind, err)
	}
	if err := p.traffic(kind, &r); err != nil {
		return r, fmt.Errorf("calls of %s: %w", kind, err)
	}
	return r, nil
}

// fleetOf starts a server with so many calls, which nobody has joined.
func fleetOf(kind string, calls int) (*fleet, error) {
	server, err := start(kind)
	if server == nil {
		return nil, err
	}
	var f *fleet
	if err == nil {
		f, err = newFleet(server, calls)
	}
	if err != nil {
		(&fleet{server: server}).end()
		return nil, err
	}
	return f, nil
}

func (p plan) memory(kind string, r *result) error {
	f, err := fleetOf(kind, p.idle/2)
	if err != nil {
		return err
	}
	defer f.end()
	before, err := f.server.ask("collect")
	if err != nil {
		return err
	}
	if err := each(f.ends, (*end).enter); err != nil {
		return err
	}
	time.Sleep(p.settle)
	after, err := f.server.ask("collect")
	if err != nil {
		return err
	}
	n := float64(len(f.ends))
	r.rss = float64(after.Stats.RSS-before.Stats.RSS) / n
	r.heap = (float64(after.Stats.Heap) - float64(before.Stats.Heap)) / n
	r.serverStack = (float64(after.Stats.Stack) - float64(before.Stats.Stack)) / n
	return f.err()
}

func (p plan) traffic(kind string, r *result) error {
	f, err := fleetOf(kind, p.calls)
	if err != nil {
		return err
	}
	defer f.end()
	if err := each(f.ends, (*end).enter); err != nil {
		return err
	}
	if !p.backOnly {
		if err := errors.Join(p.fullSpeed(f, r), p.atRate(f, r)); err != nil {
			return err
		}
	}
	return errors.Join(p.dropAndReturn(f, r), f.err())
}

// fullSpeed lets one signal go to and fro in every call.
func (p plan) fullSpeed(f *fleet, r *result) error {
	f.mode.Store(bounce)
	for _, e := range f.side(0) {
		e.say()
	}
	time.Sleep(p.warm)
	before, err := f.server.ask("stats")
	if err != nil {
		return err
	}
	f.times.reset()
	from, begin := f.received.Load(), time.Now()
	time.Sleep(p.exchange)
	n, took := float64(f.received.Load()-from), time.Since(begin)
	after, err := f.server.ask("stats")
	if err != nil {
		return err
	}
	f.mode.Store(ignore)
	if n == 0 {
		return errors.New("no signal came")
	}
	r.perSecond = n / took.Seconds()
	r.cpu = time.Duration(float64(after.Stats.CPU-before.Stats.CPU) / n)
	r.p50, r.p99 = f.times.quantile(0.5), f.times.quantile(0.99)
	time.Sleep(p.warm / 2) // what is under way arrives
	return nil
}

// atRate sends signals at a rate that all can bear, from one call after the other.
func (p plan) atRate(f *fleet, r *result) error {
	f.times.reset()
	f.received.Store(0)
	f.mode.Store(count)
	from, sent := f.side(0), 0
	begin := time.Now()
	for now := begin; now.Sub(begin) < p.paced; now = time.Now() {
		for due := int(now.Sub(begin).Seconds() * float64(p.rate)); sent < due; sent++ {
			from[sent%len(from)].say()
		}
		time.Sleep(time.Millisecond)
	}
	r.paced = float64(sent) / time.Since(begin).Seconds()
	if err := f.await("signals", &f.received, sent); err != nil {
		return err
	}
	f.mode.Store(ignore)
	r.calm50, r.calm99 = f.times.quantile(0.5), f.times.quantile(0.99)
	return nil
}

// dropAndReturn does so as often as is wanted; what is told is the mean.
func (p plan) dropAndReturn(f *fleet, r *result) error {
	for range p.drops {
		if err := p.dropOnce(f, r); err != nil {
			return err
		}
	}
	n := time.Duration(p.drops)
	r.lost, r.dialled, r.back, r.backCPU = r.lost/n, r.dialled/n, r.back/n, r.backCPU/n
	return nil
}

// dropOnce breaks the connections of all customers at once and connects them again, without a word. Then it does so once
// more and lets them join: they are back when each is in again and each agent has been told.
func (p plan) dropOnce(f *fleet, r *result) error {
	customers := f.side(0)
	f.lost.Store(0)
	f.back.Store(0)
	f.closing.Store(true) // the clients' reads end, and that is no failure
	begin := time.Now()
	for _, e := range customers {
		e.conn.drop()
	}
	if f.voki { // the others say nothing of it
		if err := f.await("peer_disconnected", &f.lost, len(customers)); err != nil {
			return err
		}
		r.lost += time.Since(begin)
	}
	for _, e := range customers {
		<-e.ended
	}
	time.Sleep(p.settle)
	begin = time.Now()
	if err := each(customers, (*end).dial); err != nil {
		return err
	}
	r.dialled += time.Since(begin)
	for _, e := range customers {
		e.conn.drop()
	}
	time.Sleep(p.settle)
	f.closing.Store(false)
	before, err := f.server.ask("stats")
	if err != nil {
		return err
	}
	begin = time.Now()
	if err := each(customers, (*end).enter); err != nil {
		return err
	}
	if err := f.await("being told of who is back", &f.back, len(customers)); err != nil {
		return err
	}
	r.back += time.Since(begin)
	after, err := f.server.ask("stats")
	r.backCPU += (after.Stats.CPU - before.Stats.CPU) / time.Duration(len(customers))
	return err
}
