package follow_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// balky is a store that refuses every third Update, and counts the jobs that are put in each.
type balky struct {
	storage.Store
	updates, most atomic.Int64
}

type countingTx struct {
	storage.Tx
	jobs int64
}

func (tx *countingTx) PutJob(j follow.Job) error {
	tx.jobs++
	return tx.Tx.PutJob(j)
}

func (b *balky) Update(ctx context.Context, fn func(storage.Tx) error) error {
	refused := b.updates.Add(1)%3 == 0
	return b.Store.Update(ctx, func(tx storage.Tx) error {
		counting := &countingTx{Tx: tx}
		if err := fn(counting); err != nil {
			return err
		}
		b.most.Store(max(b.most.Load(), counting.jobs))
		if refused {
			return errors.New("refused")
		}
		return nil
	})
}

// However many jobs follow from the events that are read together, other writers wait for few at a time; and where the
// store refuses some of them, each is there once all the same.
func TestManyJobsArePlannedInSmallTransactions(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		store, queue := &balky{Store: w.store}, *w
		queue.store = store
		planned := map[string]bool{}
		stop := queue.run(options{Workers: 50, Plan: func(_ context.Context, e call.Event) (jobs []follow.Job, err error) {
			for n := range e.Seq % 7 * 8 {
				id := fmt.Sprintf("%03d-%03d", e.Seq, n)
				planned[id] = true
				jobs = append(jobs, follow.Job{ID: id})
			}
			return jobs, nil
		}})
		for range 40 {
			w.completed()
		}
		time.Sleep(time.Hour)
		stop()
		require.Len(t, w.all("acme"), len(planned))
		require.NotEmpty(t, planned)
		for id := range planned {
			require.Equal(t, 1, w.made("acme", id), id)
		}
		require.Less(t, store.most.Load(), int64(150))
	})
}
