package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/avanter/voki/call"
)

// Options say what a [Queue] does. Name, Plan and Do are required.
type Options[T Tx] struct {
	// Name is the queue's own, for good: its cursors and its jobs are found by it.
	Name string

	// Plan returns the jobs that follow from an event, in which the queue fills what [Job] says. It runs outside any
	// transaction, for at most a minute, and may ask the host. It may be asked about an event again, and gives its jobs
	// the same ids then; it must heed its context, for Run waits for it. What it fails on is asked again after a pause; the tenant's later events wait for it, other
	// tenants do not. It is not asked about [call.KindImported].
	Plan func(ctx context.Context, e call.Event) ([]Job, error)

	// Do does a job, outside any transaction. Its error is a [*Refused], an [*Unwanted], a [*Later], or any other: then it is tried
	// again, as Backoff says. A panic is an error too. Its context ends with that of Run, whereupon a job that Do
	// returns an error for is pending again as if it had not been begun, and it ends with the cause [ErrLost].
	Do func(ctx context.Context, j Job) (Done[T], error)

	Workers   int           // jobs at once, in this process. Defaults to 4
	PerTarget int           // jobs at once for one target of a tenant, in this process. Defaults to Workers
	Lease     time.Duration // after which a job is taken from a worker that has died. Defaults to 1 min
	Backoff   Backoff       // pauses between tries. Zero fields default as Backoff says
	GiveUp    time.Duration // after the job was planned or retried, no failed try is followed by another. Defaults to 24 h
	Keep      time.Duration // after which ended jobs are deleted. Defaults to 30 days
	Jobs      *Jobs         // by which people retry and cancel jobs: the queue notices that at once. Defaults to none: within 5 s
	Exclusive bool          // no other process uses the store: what is running at the start has died. Defaults to false
	Logger    *slog.Logger  // gets names of queues, tenants, ids and errors. Defaults to one that discards
}

// Backoff is how long a job rests after a try that failed: a random time up to First, which doubles with every try, up
// to Most.
type Backoff struct {
	First time.Duration // Defaults to 10 s
	Most  time.Duration // Defaults to 1 h
}

// pause is how long a job rests that was begun so often.
func (b Backoff) pause(attempts int) time.Duration {
	most := b.First
	for range attempts - 1 {
		if most >= b.Most {
			break
		}
		most *= 2
	}
	return rand.N(min(most, b.Most)) + 1 //nolint:gosec // a jitter is no secret
}

// Queue plans jobs and does them.
type Queue[T Tx] struct {
	store Store[T]
	o     Options[T]
	log   *slog.Logger
	wake  chan struct{} // of a Run: has a word for the crew when there may be something to do
}

const (
	// poll bounds how late a queue notices what another process did, or a clock that was set.
	poll = 5 * time.Second
	// drainTime is how long Run waits for what Do is at when its context ends, and finishTime how long for the store to
	// write what became of it: together they are what Run promises.
	drainTime  = 4 * time.Second
	finishTime = time.Second
)

// New returns a queue on a store, which does nothing by itself.
func New[T Tx](store Store[T], o Options[T]) *Queue[T] {
	o.Workers = positive(o.Workers, 4)
	o.PerTarget = positive(o.PerTarget, o.Workers)
	o.Lease = positive(o.Lease, time.Minute)
	o.Backoff.First = positive(o.Backoff.First, 10*time.Second)
	o.Backoff.Most = positive(o.Backoff.Most, time.Hour)
	o.GiveUp = positive(o.GiveUp, 24*time.Hour)
	o.Keep = positive(o.Keep, 30*24*time.Hour)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return &Queue[T]{store: store, o: o, log: o.Logger.With("queue", o.Name)}
}

// positive is v, or what it defaults to.
func positive[N int | time.Duration](v, otherwise N) N {
	if v > 0 {
		return v
	}
	return otherwise
}

// Run plans and does jobs until ctx ends; then it returns nil, once its jobs are handed back, within five seconds. A Do
// that does not heed its context is left behind, with a lease that runs out. Nothing else is.
//
// A queue that runs for the first time on a store begins at the end of every log that is there, as [Queue.Begin] says,
// and reads those that come later from their beginning. Any number of processes may run a queue on a store that is not exclusive.
func (q *Queue[T]) Run(ctx context.Context) error {
	if q.o.Name == "" || q.o.Plan == nil || q.o.Do == nil {
		return errors.New("follow: Options need Name, Plan and Do")
	}
	for {
		err := q.Begin(ctx)
		if err == nil && q.o.Exclusive {
			err = q.takeBack(ctx)
		}
		if err == nil {
			break
		}
		if !q.failed(ctx, "the queue could not begin", err) {
			return nil
		}
	}
	this := *q
	q = &this
	q.wake = make(chan struct{}, 1)
	if q.o.Jobs != nil {
		defer q.o.Jobs.tell(q.o.Name, q.wake)()
	}
	var running sync.WaitGroup
	running.Go(func() { newPlanner(q).run(ctx) })
	running.Go(func() { newCrew(q).run(ctx) })
	running.Go(func() { q.sweep(ctx) })
	running.Wait()
	return nil
}

// failed logs what the store refused, and rests. It reports whether to go on.
func (q *Queue[T]) failed(ctx context.Context, what string, err error) bool {
	if ctx.Err() == nil {
		q.log.ErrorContext(ctx, what, "error", err)
	}
	return rest(ctx, poll)
}

// rest waits, and reports false when ctx has ended.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// guard runs fn, and makes an error of a panic.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// errExit is the error of a function of the host's that ended its goroutine.
var errExit = errors.New("the goroutine was ended")
