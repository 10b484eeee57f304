package presence_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
)

func lose(t *testing.T, p *presence.Peer) time.Time {
	t.Helper()
	require.NoError(t, p.Lost(t.Context()))
	return time.Now()
}

// TestBackInTime: before the deadline it is; at it, it is too late.
func TestBackInTime(t *testing.T) {
	for _, side := range sides {
		for offset, inTime := range map[time.Duration]bool{
			-time.Millisecond: true, -time.Microsecond: true, 0: false, time.Millisecond: false, time.Hour: false,
		} {
			t.Run(string(side)+"/"+offset.String(), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					id, agent, customer := w.talking(t)
					lost := customer
					if side == call.SideAgent {
						lost = agent
					}
					pass(10 * time.Second)
					at := lose(t, lost)
					time.Sleep(grace + offset)
					back, err := w.v.Presence.Join(t.Context(), "acme", id, side)
					if inTime {
						require.NoError(t, err)
						assert.Equal(t, uint64(2), back.Epoch())
						assert.Equal(t, call.Now(), back.Call.ReconnectedAt)
						assert.Equal(t, []call.Kind{call.KindDisconnected, call.KindReconnected}, w.kinds(t, id))
						assertStaysActive(t, w, id)
						return
					}
					var ended *presence.EndedError
					require.ErrorAs(t, err, &ended)
					assert.Equal(t, w.get(t, id), ended.Call)
					assert.Equal(t, []call.Kind{call.KindDisconnected, call.KindCompleted}, w.kinds(t, id))
					w.ended(t, id, at.Add(grace))
				})
			})
		}
	}
}

// TestBothAway: each has a deadline of his own, and the first that passes ends the call.
func TestBothAway(t *testing.T) {
	t.Run("and stay away", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			id, agent, customer := w.talking(t)
			first := lose(t, agent)
			pass(20 * time.Second)
			lose(t, customer)
			pass(time.Hour)
			w.ended(t, id, first.Add(grace))
		})
	})
	t.Run("and one comes back", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			id, agent, customer := w.talking(t)
			lose(t, agent)
			pass(20 * time.Second)
			second := lose(t, customer)
			pass(20 * time.Second)
			w.join(t, id, call.SideAgent)
			pass(time.Hour)
			w.ended(t, id, second.Add(grace))
		})
	})
	t.Run("and both come back", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			id, agent, customer := w.talking(t)
			lose(t, agent)
			lose(t, customer)
			pass(grace - time.Millisecond)
			w.join(t, id, call.SideAgent)
			w.join(t, id, call.SideCustomer)
			assertStaysActive(t, w, id)
		})
	})
}

// TestTakeover: the newer connection is the participant, and what becomes of the older one is of no account.
func TestTakeover(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, agent, older := w.talking(t)
		newer := w.join(t, id, call.SideCustomer)
		assert.True(t, isClosed(older.Taken()))
		assert.False(t, isClosed(newer.Taken()))
		assert.False(t, isClosed(agent.Taken()))
		assert.Equal(t, []uint64{1, 2}, []uint64{older.Epoch(), newer.Epoch()})

		for range 2 {
			require.NoError(t, older.Lost(t.Context()))
			require.NoError(t, older.Leave(t.Context()), "it does not speak for the participant any more")
		}
		assert.Equal(t, []call.Kind{call.KindJoined}, w.kinds(t, id))
		assertStaysActive(t, w, id)

		at := lose(t, newer)
		pass(time.Hour)
		w.ended(t, id, at.Add(grace))
	})
}

// TestLostWhileWaiting: a phone that sleeps keeps the place; only when the call starts does the grace run.
func TestLostWhileWaiting(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id := w.enqueue(t)
		lose(t, w.join(t, id, call.SideCustomer))
		pass(time.Hour)
		assert.Equal(t, call.Queued, w.get(t, id).Status)
		w.assign(t, id)
		pass(time.Hour)
		w.start(t, id)
		at := time.Now()
		assert.Equal(t, []call.Kind{call.KindDisconnected}, w.kinds(t, id))
		pass(time.Hour)
		w.ended(t, id, at.Add(grace))
	})
}

// TestNeverPresent: who uses no presence has no call ended for it.
func TestNeverPresent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id := w.enqueue(t)
		w.assign(t, id)
		w.start(t, id)
		w.crash(t, time.Second)
		assertStaysActive(t, w, id)
	})
}

// TestCompleteWhileLost: a call that ends otherwise has nothing more to lose.
func TestCompleteWhileLost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, agent, customer := w.talking(t)
		lose(t, customer)
		pass(time.Second)
		done, err := w.v.Calls.Complete(t.Context(), ana, id, "")
		require.NoError(t, err)
		require.NoError(t, agent.Lost(t.Context()))
		require.NoError(t, agent.Leave(t.Context()))
		pass(time.Hour)
		assert.Equal(t, done, w.get(t, id))
		w.audit(t, id)
	})
}

func TestJoinRefusals(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, _, customer := w.talking(t)
		for _, test := range []struct {
			tenant, id string
			side       call.Side
			want       error
		}{
			{"acme", "unknown", call.SideAgent, call.ErrNotFound},
			{"acme", "", call.SideAgent, call.ErrNotFound},
			{"acme", "\x00", call.SideAgent, call.ErrNotFound},
			{"other", id, call.SideAgent, call.ErrNotFound},
			{"", id, call.SideAgent, call.ErrNotFound},
		} {
			_, err := w.v.Presence.Join(t.Context(), test.tenant, test.id, test.side)
			assert.ErrorIs(t, err, test.want)
		}
		for _, side := range []call.Side{"", "observer"} {
			_, err := w.v.Presence.Join(t.Context(), "acme", id, side)
			assert.Equal(t, call.Invalid("participant", "is invalid"), err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.v.Presence.Join(gone, "acme", id, call.SideCustomer)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, customer.Leave(gone), context.Canceled)
		assert.False(t, isClosed(customer.Taken()))
		assert.Equal(t, call.Active, w.get(t, id).Status)

		require.NoError(t, customer.Leave(t.Context()))
		_, err = w.v.Presence.Join(t.Context(), "acme", id, call.SideCustomer)
		require.ErrorIs(t, err, call.ErrRefused)
		var refused *call.TransitionError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, call.Completed, refused.From)
		assert.EqualError(t, err, "cannot join a call that is completed")
	})
}

// TestLostByAnEndedContext: the context of a connection has ended by the time it is lost, and that is no reason.
func TestLostByAnEndedContext(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, _, customer := w.talking(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, customer.Lost(gone))
		assert.True(t, w.get(t, id).CustomerConn.Away())
	})
}

// TestCallAsJoined: who joins gets the call as of the join.
func TestCallAsJoined(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id := w.enqueue(t)
		p, err := w.v.Presence.Join(t.Context(), "acme", id, call.SideCustomer)
		require.NoError(t, err)
		assert.Equal(t, w.get(t, id), p.Call)
		assert.Equal(t, call.SideCustomer, p.Side())
		w.assign(t, id)
		assert.Equal(t, call.Queued, p.Call.Status)
	})
}
