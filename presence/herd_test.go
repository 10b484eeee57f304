package presence_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage"
)

// slow is a store whose updates take a time, and are counted.
type slow struct {
	storage.Store
	takes   atomic.Int64 // nanoseconds
	updates atomic.Int64
	damaged atomic.Pointer[string] // the id of a call that cannot be read
}

func (*slow) Exclusive() {}

func (s *slow) Update(ctx context.Context, fn func(storage.Tx) error) error {
	s.updates.Add(1)
	select {
	case <-time.After(time.Duration(s.takes.Load())):
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Store.Update(ctx, func(tx storage.Tx) error { return fn(damagedTx{tx, s.damaged.Load()}) })
}

type damagedTx struct {
	storage.Tx
	id *string
}

func (t damagedTx) Call(tenant, id string) (call.Call, error) {
	if t.id != nil && *t.id == id {
		return call.Call{}, storage.ErrDamaged
	}
	return t.Tx.Call(tenant, id)
}

// herdOf makes active calls, and returns their ids and customers.
func herdOf(t *testing.T, w *world, n int) (ids []string, customers []*presence.Peer) {
	t.Helper()
	for range n {
		id, _, customer := w.talking(t)
		ids, customers = append(ids, id), append(customers, customer)
	}
	return ids, customers
}

// TestHerd: very many losses at once share transactions, and each is of the moment in which it happened.
func TestHerd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Store: newStore(t)}
		w := newWorld(t, s)
		ids, customers := herdOf(t, w, 200)
		s.takes.Store(int64(time.Second))
		s.updates.Store(0)
		lost := time.Now()
		var all sync.WaitGroup
		for _, p := range customers {
			all.Go(func() { assert.NoError(t, p.Lost(t.Context())) })
		}
		all.Wait()
		assert.LessOrEqual(t, s.updates.Load(), int64(8+8), "those that find room, and the others by as many")
		assert.Equal(t, 2*time.Second, time.Since(lost))
		for _, id := range ids {
			require.Equal(t, lost.UTC(), w.get(t, id).CustomerConn.LostAt)
			w.audit(t, id)
		}
		s.updates.Store(0)
		require.NoError(t, customers[0].Lost(t.Context()))
		assert.Zero(t, s.updates.Load())
		w.stop()
	})
}

// TestHerdWithDamage: a call that cannot be read keeps no other loss from being recorded.
func TestHerdWithDamage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Store: newStore(t)}
		w := newWorld(t, s)
		ids, customers := herdOf(t, w, 40)
		s.takes.Store(int64(time.Millisecond))
		s.damaged.Store(&ids[20])
		var all sync.WaitGroup
		for i, p := range customers {
			all.Go(func() {
				err := p.Lost(t.Context())
				if i == 20 {
					assert.ErrorIs(t, err, storage.ErrDamaged)
				} else {
					assert.NoError(t, err)
				}
			})
		}
		all.Wait()
		s.damaged.Store(nil)
		pass(2 * time.Second) // it is recorded then
		for _, id := range ids {
			require.True(t, w.get(t, id).CustomerConn.Away())
		}
		w.stop()
	})
}

// TestHerdAtAHangingStore: nobody in a herd waits longer than another.
func TestHerdAtAHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Store: newStore(t)}
		w := newWorld(t, s)
		ids, customers := herdOf(t, w, 40)
		s.takes.Store(int64(time.Hour))
		began := time.Now()
		var all sync.WaitGroup
		for _, p := range customers {
			all.Go(func() { assert.ErrorIs(t, p.Lost(t.Context()), context.DeadlineExceeded) })
		}
		all.Wait()
		assert.Equal(t, 10*time.Second, time.Since(began))
		s.takes.Store(int64(0))
		pass(30 * time.Second)
		require.NoError(t, w.v.Presence.Recover(t.Context()))
		for _, id := range ids {
			require.True(t, w.get(t, id).CustomerConn.Away())
		}
		again, more := herdOf(t, w, 1)
		require.NoError(t, more[0].Lost(t.Context()), "there is room again")
		require.True(t, w.get(t, again[0]).CustomerConn.Away())
		w.stop()
	})
}
