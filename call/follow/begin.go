package follow

import (
	"context"

	"github.com/avanter/voki/call"
)

const (
	// batch is how many rows are read at a time.
	batch = 500
	// writeBatch is about how many jobs are written in one transaction, for which other writers wait.
	writeBatch = 100
)

// Begin says that the queue is there, if it never was on this store: it is to read the logs from where they end now.
// [Queue.Run] does so too; who must not miss what happens before Run gets to it calls Begin first.
func (q *Queue[T]) Begin(ctx context.Context) error {
	var begun bool // a cursor under the empty tenant, which no tenant is called, says so
	err := q.store.View(ctx, func(tx T) (err error) {
		_, begun, err = tx.Cursor(q.o.Name, "")
		return err
	})
	if err == nil && !begun {
		err = q.store.Update(ctx, q.skipOldEvents)
	}
	return err
}

func (q *Queue[T]) skipOldEvents(tx T) error {
	if _, begun, err := tx.Cursor(q.o.Name, ""); begun || err != nil {
		return err
	}
	err := eachLog(tx, func(head call.LogHead) error { return tx.PutCursor(q.o.Name, head.Tenant, head.Seq) })
	if err != nil {
		return err
	}
	return tx.PutCursor(q.o.Name, "", 1)
}

// eachLog calls fn for every log that there is.
func eachLog(tx Tx, fn func(call.LogHead) error) error {
	for after := ""; ; {
		heads, err := tx.Logs(after, batch)
		if err != nil {
			return err
		}
		for _, head := range heads {
			if err := fn(head); err != nil {
				return err
			}
			after = head.Tenant
		}
		if len(heads) < batch {
			return nil
		}
	}
}

// takeBack makes all running jobs pending, at once: on an exclusive store their workers have died.
func (q *Queue[T]) takeBack(ctx context.Context) error {
	for more := true; more; {
		err := q.store.Update(ctx, func(tx T) error {
			jobs, err := tx.RunningJobs(q.o.Name, writeBatch)
			more = len(jobs) == writeBatch
			for _, j := range jobs {
				if err == nil {
					err = q.died(tx, j, call.Now())
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
