package presence_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
)

// tick is how much time passes in one step of the search.
const tick = grace / 3

// TestEveryState searches all states that a call can reach by joins, losses and hang-ups of every epoch on both sides,
// assignment, start, completion, time and crashes, and takes every step from each of them. The rules must hold on all
// of them, with up to four joins a side; and with up to two, the service must do the same.
func TestEveryState(t *testing.T) {
	t.Run("rules", func(t *testing.T) {
		reached := search(4, func(from path, s move, to outcome) { requireRules(t, from, s, to) })
		t.Logf("%d states", len(reached))
		require.Greater(t, len(reached), 800)
	})
	t.Run("service", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			steps := 0
			reached := search(2, func(from path, s move, to outcome) {
				requireService(t, append(from.moves[:len(from.moves):len(from.moves)], s), to)
				steps++
			})
			t.Logf("%d states, %d steps", len(reached), steps)
		})
	})
}

// move is one step of the search.
type move struct {
	name  string
	side  call.Side
	epoch uint64
}

func (m move) String() string {
	return strings.TrimSpace(fmt.Sprint(m.name, " ", m.side, " ", m.epoch))
}

// moves are the steps that are tried in a state. Every connection that ever was may be lost, and hang up, at any time
// and again.
func moves(c call.Call, joins uint64) (all []move) {
	for _, name := range []string{"assign", "start", "complete", "cancel", "time", "crash"} {
		all = append(all, move{name: name})
	}
	for _, side := range sides {
		newest := c.Participant(side).Epoch
		if newest < joins {
			all = append(all, move{"join", side, 0})
		}
		for epoch := uint64(1); epoch <= newest; epoch++ {
			all = append(all, move{"lost", side, epoch}, move{"leave", side, epoch})
		}
	}
	return all
}

// path is how a state was reached first, which is a shortest way.
type path struct {
	moves []move
	call  call.Call
	now   time.Time
}

// outcome is what a step led to.
type outcome struct {
	path
	events []call.Event
}

// search visits every state, and hands over every step from it. Two calls are in the same state if all that can come of
// them is the same.
func search(joins uint64, visit func(from path, m move, to outcome)) (reached map[string]path) {
	began := time.Date(2026, 2, 15, 14, 30, 0, 0, time.UTC)
	c, _, err := call.Apply(call.Call{Limits: call.Limits{Grace: grace}}, call.Change{Trigger: call.Enqueue, At: began})
	if err != nil {
		panic(err)
	}
	first := path{call: c, now: began}
	reached = map[string]path{state(c, began): first}
	for next := []path{first}; len(next) > 0; next = next[1:] {
		from := next[0]
		for _, m := range moves(from.call, joins) {
			to := step(from, m)
			visit(from, m, to)
			if key := state(to.call, to.now); reached[key].now.IsZero() {
				reached[key] = to.path
				next = append(next, to.path)
			}
		}
	}
	return reached
}

// state names what matters of a call to its future, and of its past what replies show.
func state(c call.Call, now time.Time) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Status, " ", c.EndReason, " ", c.DisconnectedAt.IsZero(), c.ReconnectedAt.IsZero())
	for _, side := range sides {
		p := c.Participant(side)
		fmt.Fprint(&b, " ", p.Epoch, p.Present)
		if c.Status == call.Active && !p.Present && p.Epoch > 0 {
			fmt.Fprint(&b, p.Deadline.Sub(now), p.LostAt.Equal(c.DisconnectedAt))
		}
	}
	return b.String()
}

// step applies the rules alone to a state, as the service is to apply them.
func step(from path, m move) outcome {
	to := outcome{path: path{moves: append(from.moves[:len(from.moves):len(from.moves)], m), call: from.call, now: from.now}}
	apply := func(ch call.Change) {
		ch.At, ch.Side = to.now, m.side
		if ch.Trigger == call.Leave && m.side == "" {
			ch.Side = call.SideCustomer
		}
		c, events, err := call.Apply(to.call, ch)
		if err == nil {
			to.call, to.events = c, append(to.events, events...)
		}
	}
	switch m.name {
	case "assign":
		apply(call.Change{Trigger: call.Assign, User: call.Ref{ID: ana.ID, Name: ana.Name}, Actor: ana.ID})
	case "start":
		apply(call.Change{Trigger: call.Start, Actor: ana.ID})
	case "complete":
		apply(call.Change{Trigger: call.Complete, Actor: ana.ID})
	case "cancel":
		apply(call.Change{Trigger: call.Leave})
	case "join":
		apply(call.Change{Trigger: call.Join})
	case "lost":
		apply(call.Change{Trigger: call.Lose, Epoch: m.epoch})
	case "leave":
		apply(call.Change{Trigger: call.Leave, Epoch: m.epoch})
	case "time":
		to.now = to.now.Add(tick)
		if c, events, ok := call.Expire(to.call, to.now); ok {
			to.call, to.events = c, events
		}
	case "crash":
		for _, m.side = range sides {
			if p := to.call.Participant(m.side); p.Present {
				apply(call.Change{Trigger: call.Lose, Epoch: p.Epoch})
			}
		}
	}
	return to
}

// requireRules requires of a step what must be true of all of them.
func requireRules(t *testing.T, from path, m move, to outcome) {
	t.Helper()
	ends := 0
	for _, e := range to.events {
		require.False(t, from.call.Status.Ended(), "%v: %s after the end", to.moves, e.Kind)
		if e.Data.To.Ended() {
			ends++
		}
		if e.Kind == call.KindJoined || e.Kind == call.KindReconnected {
			require.Equal(t, from.call.Participant(e.Data.Side).Epoch+1, e.Data.Epoch, "%v", to.moves)
		}
		if e.Kind == call.KindLeft || e.Kind == call.KindDisconnected {
			require.Equal(t, from.call.Participant(e.Data.Side).Epoch, e.Data.Epoch, "%v", to.moves)
		}
	}
	require.Equal(t, to.call.Status.Ended() && !from.call.Status.Ended(), ends == 1, "%v: %d ends", to.moves, ends)
	if m.name == "lost" && (m.epoch != from.call.Participant(m.side).Epoch || !from.call.Participant(m.side).Present) ||
		m.name == "leave" && m.epoch != from.call.Participant(m.side).Epoch {
		require.Equal(t, from.call, to.call, "%v: the late word of an older connection", to.moves)
	}

	// Nobody is waited for without an end, and with both there nothing ends the call.
	lost := to.call.AgentConn.Away() || to.call.CustomerConn.Away()
	due, running := to.call.Due()
	require.Equal(t, to.call.Status == call.Active && lost, running, "%v", to.moves)
	if running {
		require.LessOrEqual(t, due.At.Sub(to.now), grace)
		end, events, ok := call.Expire(to.call, to.now.Add(grace))
		require.True(t, ok)
		require.Len(t, events, 1)
		require.Equal(t, call.EndDisconnect, end.EndReason)
	}
}

// requireService requires that the service comes by the same steps to the same, and leaves a log that makes sense.
func requireService(t *testing.T, moves []move, want outcome) {
	t.Helper()
	w := newWorld(t, newBareStore())
	defer func() { w.stop(); require.NoError(t, w.store.Close()) }()
	began := time.Now()
	id := w.enqueue(t)
	peers := map[move]*presence.Peer{} // by side and epoch, also those of processes that have died
	ctx := context.Background()
	for _, m := range moves {
		var err error
		switch m.name {
		case "assign":
			_, err = w.v.Calls.Assign(ctx, ana, id, "")
		case "start":
			_, err = w.v.Calls.Start(ctx, ana, id)
		case "complete":
			_, err = w.v.Calls.Complete(ctx, ana, id, "")
		case "cancel":
			_, err = w.v.Calls.Leave(ctx, "acme", id, call.SideCustomer)
		case "join":
			var p *presence.Joined
			if p, err = w.v.Presence.Join(ctx, "acme", id, m.side); err == nil {
				peers[move{"", m.side, p.Epoch()}] = p.Peer
			}
		case "lost":
			require.NoError(t, peers[move{"", m.side, m.epoch}].Lost(ctx))
		case "leave":
			err = peers[move{"", m.side, m.epoch}].Leave(ctx)
		case "time":
			pass(tick)
		case "crash":
			w.crash(t, 0)
		}
		if err != nil {
			require.ErrorIs(t, err, call.ErrRefused, "%v", moves)
		}
	}
	got := w.get(t, id)
	require.Equal(t, state(want.call, want.now), state(got, time.Now()), "%v", moves)
	if want.call.Status.Ended() {
		require.Equal(t, want.call.EndedAt.Sub(want.call.InsertedAt), got.EndedAt.Sub(began), "%v", moves)
	}
	w.audit(t, id)
	pass(grace)
	end := w.get(t, id)
	if got.Status == call.Active && (got.AgentConn.Away() || got.CustomerConn.Away()) {
		assert.Equal(t, call.EndDisconnect, end.EndReason, "%v: the call is stuck", moves)
	} else {
		assert.Equal(t, got, end, "%v", moves)
	}
	w.audit(t, id)
}
