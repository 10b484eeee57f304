package presence_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage"
)

// TestCrashWhilePresent: who was present when the process died is lost from the next start, with a fresh grace.
func TestCrashWhilePresent(t *testing.T) {
	for offset, inTime := range map[time.Duration]bool{-time.Millisecond: true, 0: false, time.Millisecond: false} {
		t.Run(offset.String(), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				id, _, _ := w.talking(t)
				w.crash(t, time.Hour)
				restarted := time.Now()
				c := w.get(t, id)
				for _, side := range sides {
					assert.Equal(t, call.Participant{
						Epoch: 1, LostAt: restarted.UTC(), Deadline: restarted.Add(grace).UTC(),
					}, c.Participant(side))
				}
				time.Sleep(grace + offset)
				_, err := w.v.Presence.Join(t.Context(), "acme", id, call.SideCustomer)
				if !inTime {
					require.ErrorIs(t, err, call.ErrRefused)
					w.ended(t, id, restarted.Add(grace))
					return
				}
				require.NoError(t, err)
				w.join(t, id, call.SideAgent)
				assertStaysActive(t, w, id)
			})
		})
	}
}

// TestCrashWhileLost: who was lost before keeps his deadline, also if it passed while nothing ran.
func TestCrashWhileLost(t *testing.T) {
	for name, down := range map[string]time.Duration{"back in time": 20 * time.Second, "too late": time.Hour} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				id, _, customer := w.talking(t)
				at := lose(t, customer)
				pass(20 * time.Second)
				before := w.get(t, id).CustomerConn
				w.crash(t, down)
				assert.Equal(t, before, w.get(t, id).CustomerConn)
				pass(time.Hour)
				w.ended(t, id, at.Add(grace))
			})
		})
	}
}

// TestCrashTwice: one who was marked at the first start has no fresh grace at the second.
func TestCrashTwice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, _, _ := w.talking(t)
		w.crash(t, time.Second)
		at := time.Now()
		w.crash(t, 10*time.Second)
		pass(time.Hour)
		w.ended(t, id, at.Add(grace))
	})
}

// TestDrain: peers that a process leaves as they are when it ends are found by the next start.
func TestDrain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, agent, customer := w.talking(t)
		w.stop()
		assert.True(t, w.get(t, id).CustomerConn.Present, "Run ends nobody")
		at := lose(t, customer) // its socket closes; the agent's is cut off with the process
		time.Sleep(10 * time.Second)
		w.boot(t)
		c := w.get(t, id)
		assert.Equal(t, at.Add(grace).UTC(), c.CustomerConn.Deadline)
		assert.Equal(t, time.Now().Add(grace).UTC(), c.AgentConn.Deadline)
		require.NoError(t, agent.Lost(t.Context()), "late word of the old process")
		assert.Equal(t, c, w.get(t, id))
	})
}

// TestJoinBeforeRecovery: whoever joins in the new process, by whatever way and before or after the recovery, is not
// touched by it.
func TestJoinBeforeRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newStore(t))
		id, _, _ := w.talking(t)
		other, _, _ := w.talking(t)
		w.stop()
		v, err := voki.New(voki.Options{Store: w.store, Limits: call.Limits{Longest: -1}})
		require.NoError(t, err)
		w.v = v
		mine := w.join(t, id, call.SideCustomer)
		_, err = v.Calls.Join(t.Context(), "acme", id, call.SideAgent)
		require.NoError(t, err)
		fresh, _, _ := w.talking(t)

		for range 2 {
			time.Sleep(time.Second)
			require.NoError(t, v.Presence.Recover(t.Context()))
		}
		for _, side := range sides {
			assert.Equal(t, call.Participant{Epoch: 2, Present: true}, w.get(t, id).Participant(side))
			assert.Equal(t, call.Participant{Epoch: 1, Present: true}, w.get(t, fresh).Participant(side))
			assert.Equal(t, time.Now().Add(grace-time.Second).UTC(), w.get(t, other).Participant(side).Deadline)
		}
		assert.False(t, isClosed(mine.Taken()))
		w.audit(t, id)
	})
}

// TestRecoverInPortions: a recovery that is stopped in the middle is finished by the next one, or by the next start.
func TestRecoverInPortions(t *testing.T) {
	for name, restart := range map[string]bool{"by the same process": false, "by the next": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, newStore(t))
				const calls = 1100
				ids := make([]string, calls)
				for i := range ids {
					ids[i] = w.enqueue(t)
					w.join(t, ids[i], call.SideCustomer)
				}
				w.stop()
				away := func() (n int) {
					for _, id := range ids {
						if w.get(t, id).CustomerConn.Away() {
							n++
						}
					}
					return n
				}

				stopping := &counted{Store: w.store, most: 5}
				v, err := voki.New(voki.Options{Store: exclusive{stopping}})
				require.NoError(t, err)
				require.ErrorIs(t, v.Presence.Recover(t.Context()), errRefused)
				done := away()
				assert.Equal(t, 5*64, done, "no transaction grows with what is to be done")

				if restart {
					w.boot(t)
				} else {
					stopping.most = calls
					require.NoError(t, v.Presence.Recover(t.Context()))
				}
				assert.Equal(t, calls, away())
				for _, id := range ids {
					w.audit(t, id)
				}
				w.stop()
			})
		})
	}
}

// exclusive is a decorated store that only this process has.
type exclusive struct{ storage.Store }

func (exclusive) Exclusive() {}

// counted refuses all updates after so many.
type counted struct {
	storage.Store
	most int
}

var errRefused = errors.New("the disk is on fire")

func (c *counted) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if c.most == 0 {
		return errRefused
	}
	c.most--
	return c.Store.Update(ctx, fn)
}

// TestUnreadableStore: without knowing who was there, the service does not begin.
func TestUnreadableStore(t *testing.T) {
	store := newStore(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := presence.NewService(gone, storage.Narrow[call.Tx](store), presence.Options{Exclusive: true})
	require.ErrorIs(t, err, context.Canceled)
	_, err = presence.NewService(gone, storage.Narrow[call.Tx](store), presence.Options{})
	require.NoError(t, err)
}

// shared is a store that other processes use too.
type shared struct{ storage.Store }

// TestSharedStore: who is present may be connected to another process, so nobody is marked; and a join that another
// process has made is noticed by its event.
func TestSharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := newWorld(t, shared{newStore(t)})
		two := newWorld(t, one.store)
		id, agent, customer := one.talking(t)
		two.crash(t, time.Second)
		for _, side := range sides {
			assert.True(t, one.get(t, id).Participant(side).Present)
		}

		newer := two.join(t, id, call.SideCustomer)
		assert.False(t, isClosed(customer.Taken()))
		for range 2 {
			for _, e := range one.timeline(t, id) {
				one.v.Presence.Observe(e)
				two.v.Presence.Observe(e)
			}
		}
		assert.True(t, isClosed(customer.Taken()))
		assert.False(t, isClosed(agent.Taken()))
		assert.False(t, isClosed(newer.Taken()))
		require.NoError(t, customer.Lost(t.Context()))
		assertStaysActive(t, two, id)

		_, err := two.v.Calls.Lose(t.Context(), "acme", id, call.SideAgent, agent.Epoch())
		require.NoError(t, err)
		agent2 := two.join(t, id, call.SideAgent)
		for _, e := range one.timeline(t, id) {
			one.v.Presence.Observe(e)
		}
		assert.True(t, isClosed(agent.Taken()), "a return elsewhere takes over as well")

		newest := one.join(t, id, call.SideCustomer)
		require.NoError(t, newer.Leave(t.Context()), "not told of it yet, it hangs up nothing")
		assert.True(t, isClosed(newer.Taken()), "and is told thereby")
		assertStaysActive(t, two, id)
		require.NoError(t, newest.Leave(t.Context()))
		require.NoError(t, agent2.Lost(t.Context()))
		one.audit(t, id)
		one.stop()
		two.stop()
	})
}
