package presence_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

// goroutine runs a script. It stops before and after each commit of its own until the scheduler lets it go on.
type goroutine struct {
	ctx    context.Context
	script script // what the scheduler is to do of it, step by step
	step   chan bool
	ended  chan struct{} // closed when it has ended; nil if the scheduler does it
	peer   *presence.Peer
}

// stopped waits for the scheduler. A goroutine of a process that has crashed does not come back.
func (g *goroutine) stopped() {
	if !<-g.step {
		runtime.Goexit()
	}
}

func (g *goroutine) done() bool {
	if g.ended == nil {
		return len(g.script) == 0
	}
	return isClosed(g.ended)
}

func (g *goroutine) kill() {
	if g.ended != nil && !g.done() {
		g.step <- false
		<-g.ended
	}
}

// stepped is a store whose updates stop for the scheduler, if a goroutine of its own makes them.
type stepped struct{ storage.Store }

type steppedBy struct{}

func (stepped) Exclusive() {}

func (s stepped) Update(ctx context.Context, fn func(storage.Tx) error) error {
	g, ok := ctx.Value(steppedBy{}).(*goroutine)
	if !ok {
		return s.Store.Update(ctx, fn)
	}
	g.stopped()
	defer g.stopped()
	return s.Store.Update(ctx, fn)
}

// run is one order of steps.
type run struct {
	*world
	t       *testing.T
	id      string
	running []*goroutine
	old     map[call.Side]*presence.Peer
	peers   []*presence.Peer // of the process that lives
	givenUp map[*presence.Peer]bool
}

// lose says that p is lost. One that waits for a step longer than anybody waits for a store is recorded later.
func (r *run) lose(g *goroutine, p *presence.Peer) {
	if p != nil {
		r.givenUp[p] = true
		if err := p.Lost(g.ctx); err != nil {
			assert.ErrorIs(r.t, err, context.DeadlineExceeded)
		}
	}
}

func (r *run) leave(g *goroutine, p *presence.Peer) {
	if p != nil {
		r.givenUp[p] = true
		assert.NoError(r.t, p.Leave(g.ctx))
	}
}

// runOrder runs one order, which begins with the given choices, and returns how the next one begins; nil if it was the
// last.
func runOrder(t *testing.T, scripts []script, restarted bool, begin []int) (next []int) {
	t.Helper()
	store := memory.New()
	r := &run{world: newWorld(t, stepped{store}), t: t, givenUp: map[*presence.Peer]bool{}}
	id, agent, customer := r.talking(t)
	r.id, r.old = id, map[call.Side]*presence.Peer{call.SideAgent: agent, call.SideCustomer: customer}
	if restarted {
		r.restart()
	} else {
		r.peers = []*presence.Peer{agent, customer}
	}
	for _, s := range scripts {
		r.begin(s)
	}
	var choices, of []int
	for step := 0; ; step++ {
		var ready []*goroutine
		for _, g := range r.running {
			if !g.done() {
				ready = append(ready, g)
			}
		}
		if len(ready) == 0 {
			break
		}
		choice := 0
		if step < len(begin) {
			choice = begin[step]
		}
		choices, of = append(choices, choice), append(of, len(ready))
		r.take(ready[choice])
	}
	r.finish()
	require.NoError(t, store.Close())
	require.False(t, t.Failed(), "the order was %v", choices)
	for i := len(choices) - 1; i >= 0; i-- {
		if choices[i]+1 < of[i] {
			return append(choices[:i:i], choices[i]+1)
		}
	}
	return nil
}

// restart makes a process that has not recovered yet.
func (r *run) restart() {
	r.stop()
	time.Sleep(time.Second)
	v, err := voki.New(voki.Options{Store: r.store})
	require.NoError(r.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- v.Calls.Run(ctx) }()
	r.v, r.stop = v, func() { cancel(); <-done }
	synctest.Wait()
}

func (r *run) begin(s script) {
	g := &goroutine{script: s, step: make(chan bool)}
	g.ctx = context.WithValue(context.Background(), steppedBy{}, g)
	r.running = append(r.running, g)
	if s[0].do == nil {
		return
	}
	g.ended = make(chan struct{})
	go func() {
		defer close(g.ended)
		for _, o := range s {
			o.do(r, g)
		}
	}()
	synctest.Wait()
}

// take lets g go on to its next stop.
func (r *run) take(g *goroutine) {
	if g.ended == nil {
		o := g.script[0]
		g.script = g.script[1:]
		o.whole(r)
	} else {
		g.step <- true
	}
	synctest.Wait()
}

// finish requires that all that is said and done fits together, and that the call comes to an end if it has to.
func (r *run) finish() {
	require.NoError(r.t, r.v.Presence.Recover(context.Background()))
	r.audit(r.t, r.id)
	c := r.get(r.t, r.id)
	newest := map[call.Side]*presence.Peer{}
	for _, p := range r.peers {
		conn := c.Participant(p.Side())
		taken := isClosed(p.Taken())
		if p.Epoch() == conn.Epoch {
			newest[p.Side()] = p
			assert.False(r.t, taken, "the newest was told that it was taken over")
			assert.True(r.t, c.Status.Ended() || conn.Present != r.givenUp[p], "present as long as it was not given up")
		} else {
			assert.True(r.t, taken || r.givenUp[p], "the %s's join %d was not told of join %d", p.Side(), p.Epoch(), conn.Epoch)
		}
	}
	for _, side := range sides {
		if c.Participant(side).Present && !c.Status.Ended() {
			assert.NotNil(r.t, newest[side], "the %s is present by nobody", side)
		}
	}

	pass(2 * grace)
	r.audit(r.t, r.id)
	end := r.get(r.t, r.id)
	switch {
	case c.Status.Ended():
		assert.Equal(r.t, c, end)
	case c.AgentConn.Away() || c.CustomerConn.Away():
		assert.Equal(r.t, call.EndDisconnect, end.EndReason)
	default:
		assert.Equal(r.t, call.Active, end.Status)
	}
	r.stop()
}
