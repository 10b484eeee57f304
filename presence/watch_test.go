package presence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
)

// watcher reads the changes of support, one when it is asked.
type watcher struct {
	next chan presence.Change
	stop context.CancelFunc
}

func watch(t *testing.T, r *presence.Roster) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{next: make(chan presence.Change), stop: cancel}
	go func() {
		defer close(w.next)
		for change := range r.Watch(ctx, "acme", "support") {
			select {
			case w.next <- change:
			case <-ctx.Done():
				return
			}
		}
	}()
	synctest.Wait()
	return w
}

// TestWatch: first the state, then what happens, in order.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := presence.NewRoster()
		bob := track(t, r, bobUser, "support")
		w := watch(t, r)
		ana := track(t, r, anaUser, "support", "sales")
		track(t, r, anaUser, "sales")
		setStatus(t, ana, presence.Away)
		setStatus(t, ana, presence.Away)
		ana.Close()
		bob.Close()

		first := <-w.next
		assert.True(t, first.Reset)
		require.Len(t, first.Joins, 1)
		assert.Equal(t, bobUser, first.Joins[0].User)
		assert.Empty(t, first.Leaves)

		came := <-w.next
		require.Len(t, came.Joins, 1)
		assert.Equal(t, anaUser, came.Joins[0].User)
		assert.Empty(t, came.Leaves)
		assert.False(t, came.Reset)

		changed := <-w.next
		assert.Equal(t, came.Joins, changed.Leaves, "what she was has gone")
		require.Len(t, changed.Joins, 1)
		meta := changed.Joins[0].Metas[0]
		assert.Equal(t, came.Joins[0].Metas[0].Ref, meta.PrevRef)
		assert.Equal(t, presence.Away, meta.Status)

		assert.Equal(t, presence.Change{Leaves: changed.Joins}, <-w.next)
		assert.Equal(t, presence.Change{Leaves: first.Joins}, <-w.next)
		synctest.Wait()
		assert.Empty(t, w.next, "nothing more has happened")

		w.stop()
		_, open := <-w.next
		assert.False(t, open, "the end of the context ends the loop")
		again := watch(t, r)
		assert.Equal(t, presence.Change{Reset: true, Joins: []presence.Member{}}, <-again.next)
		again.stop()
	})
}

// TestSlowWatcher: it holds up nobody, costs no more than it may, and reads the state anew when it has missed something.
func TestSlowWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for changes, wantReset := range map[int]bool{256: false, 257: true, 10_000: true} {
			r := presence.NewRoster()
			slow, quick := watch(t, r), watch(t, r)
			assert.True(t, (<-slow.next).Reset)
			assert.True(t, (<-quick.next).Reset)
			for i := range changes + 1 { // the first is in the slow one's hands
				track(t, r, call.Ref{ID: fmt.Sprintf("user-%05d", i)}, "support")
				assert.Equal(t, fmt.Sprintf("user-%05d", i), (<-quick.next).Joins[0].User.ID)
				synctest.Wait()
			}
			assert.Equal(t, "user-00000", (<-slow.next).Joins[0].User.ID)
			second := <-slow.next
			assert.Equal(t, wantReset, second.Reset)
			if wantReset {
				assert.Equal(t, r.State("acme", "support"), second.Joins)
				track(t, r, anaUser, "support")
				assert.Equal(t, presence.Change{Joins: r.State("acme", "support")[:1]}, <-slow.next, "and it goes on from there")
			} else {
				for i := 2; i <= changes; i++ {
					assert.Equal(t, fmt.Sprintf("user-%05d", i), (<-slow.next).Joins[0].User.ID)
				}
			}
			slow.stop()
			quick.stop()
		}
	})
}

// TestWatchersKnowTheState: whatever happens at once, and at whatever speed they read, what they have put together is
// the state in the end.
func TestWatchersKnowTheState(t *testing.T) {
	const agents, watchers, rounds = 8, 6, 200
	r := presence.NewRoster()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type known map[string]map[string]presence.Meta
	same := func(k known) bool {
		state := r.State("acme", "support")
		for _, m := range state {
			if len(k[m.User.ID]) != len(m.Metas) {
				return false
			}
			for _, meta := range m.Metas {
				if k[m.User.ID][meta.Ref] != meta {
					return false
				}
			}
		}
		return len(state) == len(k)
	}

	quiet := make(chan struct{}) // closed when nothing happens any more
	watched := make(chan error)
	for range watchers {
		go func() {
			k := known{}
			for change := range r.Watch(ctx, "acme", "support") {
				if change.Reset {
					k = known{}
				}
				for _, m := range change.Joins {
					if k[m.User.ID] == nil {
						k[m.User.ID] = map[string]presence.Meta{}
					}
					for _, meta := range m.Metas {
						k[m.User.ID][meta.Ref] = meta
					}
				}
				for _, m := range change.Leaves {
					for _, meta := range m.Metas {
						if k[m.User.ID][meta.Ref] != meta {
							watched <- fmt.Errorf("%v leaves and was never there", meta)
							return
						}
						delete(k[m.User.ID], meta.Ref)
					}
					if len(k[m.User.ID]) == 0 {
						delete(k, m.User.ID)
					}
				}
				if isClosed(quiet) && same(k) {
					watched <- nil
					return
				}
			}
			watched <- ctx.Err()
		}()
	}
	working := make(chan struct{})
	for i := range agents {
		go func() {
			defer func() { working <- struct{}{} }()
			random := rand.New(rand.NewPCG(uint64(i), 0))
			user := call.Ref{ID: strconv.Itoa(i / 2)} // two connections each
			for range rounds {
				c, err := r.Track(ctx, "acme", []string{"support"}, user)
				if !assert.NoError(t, err) {
					return
				}
				for range random.IntN(3) {
					assert.NoError(t, c.SetStatus([]presence.Status{presence.Busy, presence.Away, presence.Available}[random.IntN(3)]))
				}
				c.Close()
			}
		}()
	}
	for range agents {
		<-working
	}
	close(quiet)
	track(t, r, anaUser, "support") // so that there is something left, and something to read
	for range watchers {
		require.NoError(t, <-watched)
	}
}
