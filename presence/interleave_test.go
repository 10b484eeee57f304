package presence_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
)

// TestInterleavings runs small scripts beside each other in every order of their steps. A step ends before a commit
// and after it, so that what is known in memory may come in any order relative to what is in the store, as it may
// between goroutines that nobody holds.
func TestInterleavings(t *testing.T) {
	customer, agent := call.SideCustomer, call.SideAgent
	for name, scripts := range map[string][]script{
		"three joins":           {{join(customer), lost}, {join(customer)}, {join(customer)}},
		"joins and losses":      {{join(customer), lost}, {join(customer), lost}, {complete}},
		"a join between joins":  {{join(customer)}, {join(customer), lost}, {join(customer), lost}},
		"joins and a hang-up":   {{join(customer), leave}, {join(customer), lost}},
		"hang-ups":              {{oldLeave(agent)}, {oldLeave(customer)}, {complete}},
		"a hang-up and a join":  {{oldLeave(customer)}, {join(customer)}, {oldLost(agent)}},
		"two sides":             {{oldLost(customer), join(customer)}, {oldLost(agent), join(agent)}},
		"completion":            {{oldLost(customer), join(customer)}, {oldLost(agent)}, {complete}},
		"the deadline":          {{oldLost(customer)}, {join(customer), lost}, {halfGrace, halfGrace}},
		"both and the deadline": {{oldLost(customer), join(customer)}, {oldLost(agent)}, {halfGrace, halfGrace, halfGrace}},
		"a crash":               {{oldLost(customer), join(customer), lost}, {oldLeave(agent)}, {crash}},
		"a crash among joins":   {{join(customer), lost}, {join(customer)}, {crash}},
		"a crash, and time":     {{oldLost(customer), join(customer)}, {crash}, {halfGrace, halfGrace}},
	} {
		t.Run(name, func(t *testing.T) { runAllOrders(t, scripts, false) })
	}
}

// TestInterleavingsOfRecovery: the process has just been restarted, and what joins it comes before, while and after it
// recovers.
func TestInterleavingsOfRecovery(t *testing.T) {
	customer, agent := call.SideCustomer, call.SideAgent
	for name, scripts := range map[string][]script{
		"joins":                 {{recovery}, {join(customer), lost}, {join(customer)}},
		"two recoveries":        {{recovery}, {recovery}, {join(customer)}},
		"late losses":           {{recovery}, {oldLost(customer)}, {join(customer)}},
		"late hang-ups":         {{recovery}, {oldLeave(customer)}, {join(customer)}},
		"a crash in the middle": {{recovery}, {join(customer)}, {crash}},
		"the deadline":          {{recovery}, {join(customer), lost}, {halfGrace, halfGrace}},
		"completion":            {{recovery}, {complete}, {join(agent), leave}},
	} {
		t.Run(name, func(t *testing.T) { runAllOrders(t, scripts, true) })
	}
}

// runAllOrders runs every order of the steps, each in a world of its own.
func runAllOrders(t *testing.T, scripts []script, restarted bool) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		for order := []int(nil); n == 0 || order != nil; n++ {
			order = runOrder(t, scripts, restarted, order)
		}
		t.Logf("%d orders", n)
	})
}

// script is what one goroutine does, one after the other.
type script []operation

// operation is one thing to do: by a goroutine that stops before and after its commits, or else by the scheduler, in
// one step.
type operation struct {
	do    func(r *run, g *goroutine)
	whole func(r *run)
}

func join(side call.Side) operation {
	return operation{do: func(r *run, g *goroutine) {
		p, err := r.v.Presence.Join(g.ctx, "acme", r.id, side)
		if err != nil {
			assert.ErrorIs(r.t, err, call.ErrRefused)
			return
		}
		g.peer = p.Peer
		r.peers = append(r.peers, p.Peer)
	}}
}

// lost and leave are of the peer that the goroutine has joined as, if it could.
var (
	lost  = operation{do: func(r *run, g *goroutine) { r.lose(g, g.peer) }}
	leave = operation{do: func(r *run, g *goroutine) { r.leave(g, g.peer) }}
)

// oldLost and oldLeave are of the peer that was there at the beginning.
func oldLost(side call.Side) operation {
	return operation{do: func(r *run, g *goroutine) { r.lose(g, r.old[side]) }}
}

func oldLeave(side call.Side) operation {
	return operation{do: func(r *run, g *goroutine) { r.leave(g, r.old[side]) }}
}

var (
	complete = operation{do: func(r *run, g *goroutine) {
		_, err := r.v.Calls.Complete(g.ctx, ana, r.id, "")
		assert.NoError(r.t, err)
	}}
	recovery  = operation{do: func(r *run, g *goroutine) { assert.NoError(r.t, r.v.Presence.Recover(g.ctx)) }}
	halfGrace = operation{whole: func(*run) { pass(grace / 2) }}
	crash     = operation{whole: func(r *run) {
		for _, g := range r.running {
			g.kill()
		}
		r.peers = nil
		r.crash(r.t, time.Second)
	}}
)
