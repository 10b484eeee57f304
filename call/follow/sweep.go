package follow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/avanter/voki/call"
)

const (
	// sweepPause is the time between two looks for jobs that ended long ago, and sweepBatch how many are found at a time.
	sweepPause = time.Hour
	sweepBatch = 10_000
)

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

// deleteEnded deletes some jobs that ended before a time, and reports whether there may be more. Which these are is found
// outside of the transactions that delete them, for which others wait.
func (q *Queue[T]) deleteEnded(ctx context.Context, before time.Time) (more bool, err error) {
	var ended []Key
	err = q.store.View(ctx, func(tx T) (err error) {
		ended, err = tx.EndedJobs(q.o.Name, before, sweepBatch)
		return err
	})
	for some := range slices.Chunk(ended, writeBatch) {
		if err != nil {
			break
		}
		err = q.store.Update(ctx, func(tx T) error { return q.deleteOld(tx, some, before) })
	}
	return err == nil && len(ended) == sweepBatch, err
}

// deleteOld deletes those of the jobs that are still as they were found: nobody has retried them.
func (q *Queue[T]) deleteOld(tx Tx, ended []Key, before time.Time) error {
	for _, k := range ended {
		j, err := tx.Job(k.Tenant, k.ID)
		switch {
		case errors.Is(err, ErrNoJob):
			continue
		case err == nil && j.State.Ended() && j.EndedAt.Before(before):
			err = tx.DeleteJob(k.Tenant, k.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
