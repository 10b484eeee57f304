package follow

import (
	"context"

	"github.com/avanter/voki/call"
)

// batch is how many rows are handled in one transaction.
const batch = 500

// Begin makes a store the queue's own, the first time: it begins at the end of every log that is there. [Queue.Run] does
// that too; a host that is to miss nothing from its first moment on calls Begin before anything is appended.
func (q *Queue[T]) Begin(ctx context.Context) error {
	// A cursor under the empty tenant, which no tenant is called, says that this was done.
	var begun bool
	err := q.store.View(ctx, func(tx T) (err error) {
		_, begun, err = tx.Cursor(q.o.Name, "")
		return err
	})
	if err != nil || begun {
		return err
	}
	return q.store.Update(ctx, q.skipOldEvents)
}

// begin is Begin, and on an exclusive store it takes back the jobs of the process that died.
func (q *Queue[T]) begin(ctx context.Context) error {
	err := q.Begin(ctx)
	if err == nil && q.o.Exclusive {
		err = q.takeBack(ctx)
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
			jobs, err := tx.RunningJobs(q.o.Name, batch)
			more = len(jobs) == batch
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
