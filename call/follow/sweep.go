package follow

import (
	"context"
	"errors"
	"time"

	"github.com/avanter/voki/call"
)

// sweepPause is the time between two looks for jobs that ended long ago.
const sweepPause = time.Hour

// sweep deletes the queue's jobs that ended long ago, until ctx ends.
func (q *Queue[T]) sweep(ctx context.Context) {
	for {
		for more := true; more; {
			var err error
			if more, err = q.deleteEnded(ctx, call.Now().Add(-q.o.Keep)); err != nil && ctx.Err() == nil {
				q.log.ErrorContext(ctx, "ended jobs could not be deleted", "error", err)
			}
		}
		if !rest(ctx, sweepPause) {
			return
		}
	}
}

// deleteEnded deletes some jobs that ended before a time, and reports whether there may be more.
func (q *Queue[T]) deleteEnded(ctx context.Context, before time.Time) (more bool, err error) {
	var ended []Key
	find := func(tx T) (err error) {
		ended, err = tx.EndedJobs(q.o.Name, before, batch)
		return err
	}
	if err := q.store.View(ctx, find); err != nil || len(ended) == 0 {
		return false, err
	}
	err = q.store.Update(ctx, func(tx T) error {
		err := find(tx)
		for _, k := range ended {
			err = errors.Join(err, tx.DeleteJob(k.Tenant, k.ID))
		}
		return err
	})
	return err == nil && len(ended) == batch, err
}
