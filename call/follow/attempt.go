package follow

import (
	"context"
	"errors"
	"time"

	"github.com/avanter/voki/call"
)

// try is one try at a job: what Do returned, or has yet to.
type try[T Tx] struct {
	*Queue[T]
	job   Job // as it was leased
	began time.Time
	done  Done[T]
	err   error
}

// attempt has a leased job done, and writes what came of it. It renews the lease meanwhile. It returns when Do has, or
// some seconds after ctx has ended.
func (q *Queue[T]) attempt(ctx context.Context, j Job) {
	doing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make(chan *try[T], 1)
	go func() {
		t := &try[T]{Queue: q, job: j, began: call.Now(), err: errExit}
		defer func() { results <- t }()
		t.err = guard(func() (err error) {
			t.done, err = q.o.Do(doing, j)
			return err
		})
	}()
	renewal := time.NewTicker(q.o.Lease / 3)
	defer renewal.Stop()
	ours := j.Due // until then
	ended := ctx.Done()
	var drained <-chan time.Time
	for {
		select {
		case t := <-results:
			t.settle(ctx)
			return
		case <-renewal.C:
			until, err := q.renew(ctx, j)
			if err == nil {
				ours = until
			}
			if time.Until(ours) < q.o.Lease/6 { // before the next renewal another worker may begin
				stop(ErrLost)
			}
		case <-ended:
			ended, drained = nil, time.After(drainTime)
		case <-drained:
			q.log.WarnContext(ctx, "a job does not end; its lease will run out", "tenant", j.Tenant, "job", j.ID)
			return
		}
	}
}

// renew makes the lease longer, and returns until when it is good; zero if it is another's. What the store refuses is
// tried again with the next renewal.
func (q *Queue[T]) renew(ctx context.Context, j Job) (until time.Time, err error) {
	due := call.Now().Add(q.o.Lease)
	err = q.store.Update(ctx, func(tx T) error {
		until = time.Time{}
		held, ours, err := mine(tx, j)
		if err != nil || !ours {
			return err
		}
		until, held.Due = due, due
		return tx.PutJob(held)
	})
	return until, err
}

// mine returns a job as it stands, and whether the lease that it was given is still good.
func mine(tx Tx, leased Job) (j Job, ours bool, err error) {
	j, err = tx.Job(leased.Tenant, leased.ID)
	if errors.Is(err, ErrNoJob) {
		return j, false, nil
	}
	return j, err == nil && j.State == StateRunning && j.Lease == leased.Lease, err
}

// settle writes what came of the try. While the store refuses that, it is written again; when ctx has ended, once.
func (t *try[T]) settle(ctx context.Context) {
	for {
		err := t.write(ctx)
		if err == nil {
			return
		}
		t.log.ErrorContext(ctx, "what came of a job could not be written", "tenant", t.job.Tenant, "job", t.job.ID, "error", err)
		if !rest(ctx, poll) {
			return
		}
	}
}

// write ends the job, or lets it rest, unless it is not ours any more: then nothing that it made is written.
func (t *try[T]) write(ctx context.Context) error {
	draining := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	if draining {
		short, cancel := context.WithTimeout(ctx, finishTime)
		defer cancel()
		ctx = short
	}
	if t.err == nil {
		var refused error
		err := t.update(ctx, func(tx T, j Job, now time.Time) (Job, error) {
			refused = nil
			if t.done.Commit != nil {
				refused = guard(func() error { return t.done.Commit(tx) })
			}
			j.Result = cut(t.done.Result)
			return j.tried(Try{At: t.began, Took: now.Sub(t.began), Outcome: j.Result}).ends(StateDone, now), refused
		})
		if refused == nil {
			return err
		}
		t.err = refused
	}
	if draining {
		return t.update(ctx, func(_ T, j Job, now time.Time) (Job, error) {
			j.Attempts--
			return j.rests(now), nil
		})
	}
	return t.update(ctx, func(_ T, j Job, now time.Time) (Job, error) {
		if unwanted := (*Unwanted)(nil); errors.As(t.err, &unwanted) {
			j.LastError = cut(unwanted.Error())
			return j.ends(StateCancelled, now), nil
		}
		j = j.tried(failedTry(t.err, t.began, now.Sub(t.began)))
		if final := (*Refused)(nil); errors.As(t.err, &final) {
			return j.ends(StateFailed, now), nil
		}
		return j.again(t.pause(j.Attempts), t.o.GiveUp, now), nil
	})
}

// pause is how long the job rests before the next try.
func (t *try[T]) pause(attempts int) time.Duration {
	var later *Later
	if errors.As(t.err, &later) && later.After > 0 {
		return later.After
	}
	return t.o.Backoff.pause(attempts)
}

// update writes the job as change returns it, if it is still ours.
func (t *try[T]) update(ctx context.Context, change func(tx T, j Job, now time.Time) (Job, error)) error {
	now := call.Now()
	return t.store.Update(ctx, func(tx T) error {
		j, ours, err := mine(tx, t.job)
		if err != nil || !ours {
			return err
		}
		if j, err = change(tx, j, now); err != nil {
			return err
		}
		return leave(tx, j, now)
	})
}
