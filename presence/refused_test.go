package presence_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// moody is a store that can refuse updates, or let them hang.
type moody struct {
	storage.Store
	refuses, hangs atomic.Bool
	tries          atomic.Int64 // of updates while it refuses
}

func (*moody) Exclusive() {}

func (m *moody) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if m.hangs.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if m.refuses.Load() {
		m.tries.Add(1)
		return errRefused
	}
	return m.Store.Update(ctx, fn)
}

func inMoodyWorld(t *testing.T, story func(t *testing.T, w *world, m *moody)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &moody{Store: newStore(t)}
		w := newWorld(t, m)
		story(t, w, m)
		w.stop()
	})
}

// TestRefusedLoss: a loss that the store refuses is recorded as soon as it takes writes again, and the grace runs from
// then: nobody could have come back before.
func TestRefusedLoss(t *testing.T) {
	inMoodyWorld(t, func(t *testing.T, w *world, m *moody) {
		id, _, customer := w.talking(t)
		m.refuses.Store(true)
		require.ErrorIs(t, customer.Lost(t.Context()), errRefused)
		require.ErrorIs(t, customer.Lost(t.Context()), errRefused, "saying it again tries again")
		pass(90 * time.Second)
		assert.True(t, w.get(t, id).CustomerConn.Present)

		m.refuses.Store(false)
		pass(30 * time.Second)
		c := w.get(t, id)
		require.True(t, c.CustomerConn.Away())
		assert.Equal(t, grace, c.CustomerConn.Deadline.Sub(c.CustomerConn.LostAt))
		assert.Less(t, time.Since(c.DisconnectedAt), 30*time.Second)
		require.NoError(t, customer.Lost(t.Context()))
		assert.Equal(t, c, w.get(t, id))
		pass(time.Hour)
		w.ended(t, id, c.CustomerConn.Deadline)
	})
}

// TestRefusedLossOfWhoCameBack: by the time that the store takes it, the loss means nothing any more.
func TestRefusedLossOfWhoCameBack(t *testing.T) {
	inMoodyWorld(t, func(t *testing.T, w *world, m *moody) {
		id, agent, customer := w.talking(t)
		m.refuses.Store(true)
		require.Error(t, customer.Lost(t.Context()))
		require.Error(t, agent.Leave(t.Context()))
		pass(time.Millisecond) // Run has tried in vain, and rests
		m.refuses.Store(false)
		second := w.join(t, id, call.SideCustomer)
		assertStaysActive(t, w, id)

		m.refuses.Store(true)
		require.Error(t, second.Lost(t.Context()))
		w.stop()
		m.refuses.Store(false)
		w.boot(t)
		assert.True(t, w.get(t, id).CustomerConn.Away(), "the next start finds who was not recorded as lost")
		w.audit(t, id)
	})
}

// TestLateRefusal: the loss of an older connection that is refused after that of the newer one does not take its place.
func TestLateRefusal(t *testing.T) {
	inMoodyWorld(t, func(t *testing.T, w *world, m *moody) {
		id, _, older := w.talking(t)
		m.hangs.Store(true)
		hung := make(chan error)
		go func() { hung <- older.Lost(t.Context()) }()
		synctest.Wait()
		m.hangs.Store(false)
		newer := w.join(t, id, call.SideCustomer)
		m.refuses.Store(true)
		require.ErrorIs(t, newer.Lost(t.Context()), errRefused)
		require.ErrorIs(t, <-hung, context.DeadlineExceeded)
		m.refuses.Store(false)
		pass(30 * time.Second)
		assert.True(t, w.get(t, id).CustomerConn.Away())
		w.audit(t, id)
	})
}

// TestFailedForGood: a store that takes no more writes is asked now and then, not in a loop.
func TestFailedForGood(t *testing.T) {
	inMoodyWorld(t, func(t *testing.T, w *world, m *moody) {
		_, agent, customer := w.talking(t)
		m.refuses.Store(true)
		for range 100 {
			require.Error(t, agent.Lost(t.Context()))
			require.Error(t, customer.Lost(t.Context()))
		}
		before := m.tries.Load()
		pass(time.Hour)
		assert.InDelta(t, 120, m.tries.Load()-before, 10, "tries in an hour")
	})
}

// TestHangingStore: a loss does not wait for ever for its store.
func TestHangingStore(t *testing.T) {
	inMoodyWorld(t, func(t *testing.T, w *world, m *moody) {
		id, _, customer := w.talking(t)
		m.hangs.Store(true)
		began := time.Now()
		require.ErrorIs(t, customer.Lost(context.Background()), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(began))
		w.stop() // Run does not hang either
		m.hangs.Store(false)
		require.NoError(t, w.v.Presence.Recover(t.Context()))
		assert.True(t, w.get(t, id).CustomerConn.Away())
		w.boot(t)
	})
}

// TestClosedStore: what is said after the end is an error, and no more.
func TestClosedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newStore(t))
		id, agent, customer := w.talking(t)
		w.stop()
		require.NoError(t, w.store.Close())
		require.ErrorIs(t, agent.Lost(t.Context()), storage.ErrClosed)
		require.ErrorIs(t, customer.Leave(t.Context()), storage.ErrClosed)
		_, err := w.v.Presence.Join(t.Context(), "acme", id, call.SideAgent)
		require.ErrorIs(t, err, storage.ErrClosed)
		require.True(t, errors.Is(w.v.Presence.Recover(t.Context()), storage.ErrClosed))
	})
}
