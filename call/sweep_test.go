package call_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// run lets the service watch the limits until the returned function is called, which waits for its end.
func run(t testing.TB, s *call.Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		assert.NoError(t, <-done, "Run ends with its context, and without an error")
	}
}

// TestLimitsFire: each limit passes at its time, to the microsecond, and once.
func TestLimitsFire(t *testing.T) {
	lost := func(t *testing.T, s *call.Service) call.Call {
		c, err := s.Join(t.Context(), "acme", activate(t, s).ID, call.SideCustomer)
		require.NoError(t, err)
		c, err = s.Lose(t.Context(), "acme", c.ID, call.SideCustomer, 1)
		require.NoError(t, err)
		return c
	}
	for name, test := range map[string]struct {
		begin  func(t *testing.T, s *call.Service) call.Call
		after  time.Duration
		status call.Status
		reason call.EndReason
		kind   call.Kind
	}{
		"queue": {
			func(t *testing.T, s *call.Service) call.Call { return stored(t, s, call.Queued) },
			30 * time.Minute, call.Abandoned, call.EndAbandoned, call.KindAbandoned,
		},
		"answer": {
			func(t *testing.T, s *call.Service) call.Call { return stored(t, s, call.Assigned) },
			time.Minute, call.Missed, call.EndTimeout, call.KindMissed,
		},
		"longest": {
			func(t *testing.T, s *call.Service) call.Call { return stored(t, s, call.Active) },
			4 * time.Hour, call.Completed, call.EndTimeout, call.KindCompleted,
		},
		"grace": {lost, time.Minute, call.Completed, call.EndDisconnect, call.KindCompleted},
	} {
		for _, begun := range []string{"before Run", "while Run rests"} {
			t.Run(name+"/"+begun, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newService(t, call.Options{Limits: call.Limits{Longest: 4 * time.Hour}})
					var c call.Call
					if begun == "before Run" {
						c = test.begin(t, s)
						defer run(t, s)()
					} else {
						defer run(t, s)()
						time.Sleep(3 * time.Second)
						c = test.begin(t, s)
					}
					at := time.Now().UTC().Add(test.after)
					time.Sleep(test.after - time.Microsecond)
					synctest.Wait()
					require.Equal(t, c, get(t, s, c.ID), "it passes too early")
					time.Sleep(time.Microsecond)
					synctest.Wait()

					want := c
					want.Status, want.EndReason = test.status, test.reason
					want.EndedAt, want.ChangedAt = at, at
					require.Equal(t, want, get(t, s, c.ID))
					time.Sleep(24 * time.Hour)
					synctest.Wait()
					require.Equal(t, want, get(t, s, c.ID))
					events, err := s.Timeline(t.Context(), attendant, c.ID)
					require.NoError(t, err)
					ends := 0
					for _, e := range events {
						if e.Data.To.Ended() {
							ends++
							assert.Equal(t, test.kind, e.Kind)
							assert.Equal(t, at, e.Time)
							assert.Equal(t, test.reason, e.Data.EndReason)
							assert.Empty(t, e.Actor)
						}
					}
					assert.Equal(t, 1, ends)
				})
			})
		}
	}
}

// TestShortLimits: even a limit that is shorter than the rests of Run passes within 250 ms.
func TestShortLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{Limits: call.Limits{Queue: time.Millisecond}})
		defer run(t, s)()
		for range 20 {
			time.Sleep(777 * time.Millisecond)
			c := enqueue(t, s, maria)
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			got := get(t, s, c.ID)
			require.Equal(t, call.Abandoned, got.Status)
			require.Equal(t, c.InsertedAt.Add(time.Millisecond), got.EndedAt)
		}
	})
}

// TestMovedLimits: a limit that no longer runs does not pass.
func TestMovedLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		defer run(t, s)()
		c := enqueue(t, s, maria)
		time.Sleep(30*time.Minute - time.Second)
		_, err := s.Assign(t.Context(), attendant, c.ID, "")
		require.NoError(t, err)
		time.Sleep(59 * time.Second)
		_, err = s.Start(t.Context(), attendant, c.ID)
		require.NoError(t, err)
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		assert.Equal(t, call.Active, get(t, s, c.ID).Status, "by default a call may last")
	})
}

// TestLimitsAfterRestart: what passed while nothing ran is applied at once, each with its own time.
func TestLimitsAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		before := call.NewService(storageOf(store), call.Options{})
		stop := run(t, before)
		first := enqueue(t, before, maria)
		time.Sleep(5 * time.Minute)
		second := enqueue(t, before, maria)
		stop()

		time.Sleep(26 * time.Minute)
		after := call.NewService(storageOf(store), call.Options{Limits: call.Limits{Queue: time.Hour}})
		defer run(t, after)()
		synctest.Wait() // no time passes
		got := get(t, after, first.ID)
		assert.Equal(t, call.Abandoned, got.Status)
		assert.Equal(t, first.InsertedAt.Add(30*time.Minute), got.EndedAt)
		assert.Equal(t, call.Queued, get(t, after, second.ID).Status)
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		assert.Equal(t, second.InsertedAt.Add(30*time.Minute), get(t, after, second.ID).EndedAt)
		requireHistory(t, after, first.ID, call.KindCreated, call.KindAbandoned)
	})
}

// TestManyLimitsAtOnce: any number may be overdue, and any number of services may watch one store.
func TestManyLimitsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 3000
		store := newStore(t)
		s := call.NewService(storageOf(store), call.Options{})
		for i := range calls {
			in := maria
			in.Tenant = fmt.Sprint("tenant-", i%3)
			enqueue(t, s, in)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Hour)
		defer run(t, s)()
		defer run(t, call.NewService(storageOf(store), call.Options{}))()
		synctest.Wait()
		seen := 0
		for i := range 3 {
			a := call.Actor{Tenant: fmt.Sprint("tenant-", i), ID: "ana", Role: call.RoleAttendant}
			for c, err := range s.All(t.Context(), a, call.Query{}) {
				require.NoError(t, err)
				require.Equal(t, call.Abandoned, c.Status)
				require.Equal(t, c.InsertedAt.Add(30*time.Minute), c.EndedAt)
				seen++
			}
			require.NoError(t, store.View(t.Context(), func(tx storage.Tx) error {
				events, err := tx.Events(a.Tenant, 0, 2*calls)
				require.Len(t, events, 2*calls/3, "one event for each call and each end")
				return err
			}))
		}
		assert.Equal(t, calls, seen)
	})
}

// faulty is a store whose disk can be made to fail.
type faulty struct {
	call.Store
	views, updates atomic.Bool // which of them fail
	tries          atomic.Int64
}

func (f *faulty) View(ctx context.Context, fn func(call.Tx) error) error {
	f.tries.Add(1)
	if f.views.Load() {
		return storage.ErrFailed
	}
	return f.Store.View(ctx, fn)
}

func (f *faulty) Update(ctx context.Context, fn func(call.Tx) error) error {
	if f.updates.Load() {
		return storage.ErrFailed
	}
	return f.Store.Update(ctx, fn)
}

// TestFailingStore: while the store refuses, limits are tried again without a hurry; then they pass with their own time.
func TestFailingStore(t *testing.T) {
	for name, fail := range map[string]func(*faulty, bool){
		"reads":  func(f *faulty, yes bool) { f.views.Store(yes) },
		"writes": func(f *faulty, yes bool) { f.updates.Store(yes) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &faulty{Store: storageOf(newStore(t))}
				s := call.NewService(store, call.Options{})
				defer run(t, s)()
				c := enqueue(t, s, maria)
				time.Sleep(29 * time.Minute)
				synctest.Wait()
				fail(store, true)
				before := store.tries.Load()
				time.Sleep(11 * time.Minute) // ten of them overdue
				synctest.Wait()
				assert.Less(t, store.tries.Load()-before, int64(11*60*5), "tried more than five times a second")

				fail(store, false)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				got := get(t, s, c.ID)
				assert.Equal(t, call.Abandoned, got.Status)
				assert.Equal(t, c.InsertedAt.Add(30*time.Minute), got.EndedAt)
				requireHistory(t, s, c.ID, call.KindCreated, call.KindAbandoned)
			})
		})
	}
}

// TestRunOnClosedStore: it does not spin, and it ends when it is told to.
func TestRunOnClosedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		s := call.NewService(storageOf(store), call.Options{})
		stop := run(t, s)
		require.NoError(t, store.Close())
		time.Sleep(time.Hour)
		stop()
	})
}
