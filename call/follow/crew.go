package follow

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/avanter/voki/call"
)

// crew does jobs, as many at once as there are workers. Its fields belong to run; jobs are done on goroutines of their
// own and handed back over finished.
type crew[T Tx] struct {
	*Queue[T]
	free     int
	active   map[Target]int
	finished chan Job
}

func newCrew[T Tx](q *Queue[T]) *crew[T] {
	return &crew[T]{Queue: q, free: q.o.Workers, active: map[Target]int{}, finished: make(chan Job)}
}

func (c *crew[T]) run(ctx context.Context) {
	for ctx.Err() == nil {
		nap := poll
		if c.free > 0 {
			jobs, next, err := c.claim(ctx)
			for _, j := range jobs {
				c.hire(ctx, j)
			}
			switch {
			case err != nil:
				if ctx.Err() == nil {
					c.log.ErrorContext(ctx, "jobs could not be taken", "error", err)
				}
			case !next.IsZero():
				nap = min(nap, max(time.Until(next), 0))
			}
		}
		c.wait(ctx, nap)
	}
	for c.free < c.o.Workers {
		c.release(<-c.finished)
	}
}

// wait waits until there may be something to do.
func (c *crew[T]) wait(ctx context.Context, nap time.Duration) {
	timer := time.NewTimer(nap)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-c.wake:
	case j := <-c.finished:
		c.release(j)
	}
	for { // those who have finished meanwhile get their next jobs in the same transaction
		select {
		case j := <-c.finished:
			c.release(j)
		default:
			return
		}
	}
}

func (c *crew[T]) hire(ctx context.Context, j Job) {
	c.free--
	c.active[Target{j.Tenant, j.Target}]++
	go func() {
		defer func() { c.finished <- j }()
		c.attempt(ctx, j)
	}()
}

func (c *crew[T]) release(j Job) {
	c.free++
	t := Target{j.Tenant, j.Target}
	if c.active[t]--; c.active[t] == 0 {
		delete(c.active, t)
	}
}

// claim leases jobs that are due to workers that are free, and says when there may be more; zero: unknown.
func (c *crew[T]) claim(ctx context.Context) (claimed []Job, next time.Time, err error) {
	room := Room{Limit: 1, PerTarget: c.o.PerTarget, Active: c.active}
	err = c.store.View(ctx, func(tx T) error {
		first, err := tx.DueJobs(c.o.Name, endOfTime, room)
		if next = (time.Time{}); len(first) > 0 {
			next = first[0].Due
		}
		return err
	})
	if err != nil || next.IsZero() || next.After(time.Now()) {
		return nil, next, err
	}
	now := call.Now()
	room.Limit = c.free
	err = c.store.Update(ctx, func(tx T) error {
		claimed = nil
		due, err := tx.DueJobs(c.o.Name, now, room)
		for _, j := range due {
			if err != nil {
				return err
			}
			var ours bool
			if j, ours, err = c.lease(tx, j, now); ours {
				claimed = append(claimed, j)
			}
		}
		return err
	})
	return claimed, now, err
}

// lease writes a job that is due as ours, unless its worker died and it is not due any more.
func (c *crew[T]) lease(tx T, j Job, now time.Time) (Job, bool, error) {
	if j.State == StateRunning {
		err := c.died(tx, j, now)
		if err == nil {
			j, err = tx.Job(j.Tenant, j.ID)
		}
		if err != nil || j.State.Ended() || j.Due.IsZero() || j.Due.After(now) {
			return j, false, err
		}
	}
	j = j.begin(rand.Text(), now, c.o.Lease)
	return j, true, tx.PutJob(j)
}

// endOfTime is later than anything is due.
var endOfTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
