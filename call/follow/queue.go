package follow

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/avanter/voki/call"
)

// Options say what a [Queue] does. Name, Plan and Do are required.
type Options[T Tx] struct {
	// Name is the queue's own, for good: its cursors and its jobs are found by it.
	Name string

	// Plan returns the jobs that follow from an event, in which the queue fills what [Job] says. It runs outside any
	// transaction, for at most a minute, and may ask the host. It may be asked about an event again, and gives its jobs
	// the same ids then. What it fails on is asked again after a pause; the tenant's later events wait for it, other
	// tenants do not. It is not asked about [call.KindImported].
	Plan func(ctx context.Context, e call.Event) ([]Job, error)

	// Do does a job, outside any transaction. Its error is a [*Refused], a [*Later], or any other: then it is tried
	// again, as Backoff says. A panic is an error too. Its context ends with that of Run, whereupon a job that Do
	// returns an error for is pending again as if it had not been begun, and it ends with the cause [ErrLost].
	Do func(ctx context.Context, j Job) (Done[T], error)

	Workers   int           // jobs at once, in this process. Defaults to 4
	PerTarget int           // jobs at once for one target of a tenant, in this process. Defaults to Workers
	Lease     time.Duration // after which a job is taken from a worker that has died. Defaults to 1 min
	Backoff   Backoff       // pauses between tries. Zero fields default as Backoff says
	GiveUp    time.Duration // after the job was planned or retried, no failed try is followed by another. Defaults to 24 h
	Keep      time.Duration // after which ended jobs are deleted. Defaults to 30 days
	Exclusive bool          // no other process uses the store: what is running at the start has died. Defaults to false
	Logger    *slog.Logger  // gets names of queues, tenants, ids and errors. Defaults to one that discards
}

// Backoff is how long a job rests after a try that failed: a random time up to First, which doubles with every try, up
// to Most.
type Backoff struct {
	First time.Duration // Defaults to 10 s
	Most  time.Duration // Defaults to 1 h
}

// Queue plans jobs and does them.
type Queue[T Tx] struct {
	store Store[T]
	Options[T]
}

// New returns a queue on a store, which does nothing before [Queue.Run].
func New[T Tx](store Store[T], o Options[T]) *Queue[T] {
	return &Queue[T]{store: store, Options: o}
}

// Run plans and does jobs until ctx ends; then it returns nil, once its jobs are handed back, within five seconds. A
// queue that runs for the first time on a store begins at the end of every log that is there, and reads those that come
// later from their beginning. Any number of processes may run a queue on a store that is not exclusive.
func (q *Queue[T]) Run(ctx context.Context) error {
	if q.Name == "" || q.Plan == nil || q.Do == nil {
		return errors.New("follow: Options need Name, Plan and Do")
	}
	<-ctx.Done()
	return nil
}
