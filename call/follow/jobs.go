package follow

import (
	"context"
	"sync"
	"time"

	"github.com/avanter/voki/call"
)

// Jobs lets people look after the jobs of all queues on a store. Its methods return an error that Is [call.ErrForbidden]
// below supervisor.
type Jobs struct {
	store Store[Tx]

	mu     sync.Mutex
	queues map[chan<- struct{}]string // names of the queues that run, by what wakes them
}

// NewJobs returns the service on a store. A queue whose Options name it notices at once what is changed by it.
func NewJobs(store Store[Tx]) *Jobs { return &Jobs{store: store, queues: map[chan<- struct{}]string{}} }

const (
	// defaultLimit is how many jobs are listed if nobody says how many.
	defaultLimit = 100
	// maxLimit is the most.
	maxLimit = 1000
)

// List returns jobs of the actor's tenant that the filter picks, by id, behind the id after; the empty one begins.
// limit is at most 1,000, and defaults to 100.
func (s *Jobs) List(ctx context.Context, a call.Actor, f Filter, after string, limit int) (jobs []Job, err error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultLimit
	}
	err = s.store.View(ctx, func(tx Tx) error {
		jobs, err = tx.Jobs(a.Tenant, f, after, min(limit, maxLimit))
		return err
	})
	return jobs, err
}

// Get returns a job. Returns [ErrNoJob].
func (s *Jobs) Get(ctx context.Context, a call.Actor, id string) (j Job, err error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return Job{}, err
	}
	err = s.store.View(ctx, func(tx Tx) error {
		j, err = tx.Job(a.Tenant, id)
		return err
	})
	return j, err
}

// Retry has a job tried again from now on, in its turn, as often as if it had just been planned; a job that rests is
// tried now, before those for the same target that were planned after it. A queue in another process, or whose Options
// do not name s, notices within seconds. Returns [ErrNoJob], or [ErrState] for one that is running.
func (s *Jobs) Retry(ctx context.Context, a call.Actor, id string) (Job, error) {
	return s.change(ctx, a, id, func(tx Tx, j Job, now time.Time) error {
		if j.State == StateRunning {
			return ErrState
		}
		ended := j.State.Ended()
		j.Attempts, j.Since, j.EndedAt, j.Result, j.LastError = 0, now, time.Time{}, "", ""
		at := now
		if j.CreatedAt.Before(now) {
			at = j.CreatedAt // and not at the end of what its target has waiting
		}
		if ended {
			return enter(tx, j, at)
		}
		if !j.Due.IsZero() {
			j.Due = at
		}
		return tx.PutJob(j)
	})
}

// Cancel ends a job that has not ended. One that is being done is stopped when its lease is to be renewed, and what it
// makes is dropped; the next of its lane waits for the end of that lease. Returns [ErrNoJob], or [ErrState] for one
// that has ended.
func (s *Jobs) Cancel(ctx context.Context, a call.Actor, id string) (Job, error) {
	return s.change(ctx, a, id, func(tx Tx, j Job, now time.Time) error {
		if j.State.Ended() {
			return ErrState
		}
		return cancel(tx, j, now)
	})
}

// cancel writes a job that has not ended as cancelled.
func cancel(tx Tx, j Job, now time.Time) error {
	from, had := now, !j.Due.IsZero()
	if j.State == StateRunning && j.Due.After(now) {
		from = j.Due
	}
	if j = j.ends(StateCancelled, now); had {
		return leave(tx, j, from)
	}
	return tx.PutJob(j)
}

// change writes what fn makes of a job, and returns it as it is then.
func (s *Jobs) change(ctx context.Context, a call.Actor, id string, fn func(Tx, Job, time.Time) error) (j Job, err error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return Job{}, err
	}
	now := call.Now()
	err = s.store.Update(ctx, func(tx Tx) error {
		if j, err = tx.Job(a.Tenant, id); err != nil {
			return err
		}
		if err := fn(tx, j, now); err != nil {
			return err
		}
		j, err = tx.Job(a.Tenant, id)
		return err
	})
	if err != nil {
		return Job{}, err
	}
	s.wake(j.Queue)
	return j, nil
}

// tell has a queue woken when one of its jobs was changed, until the returned function is called.
func (s *Jobs) tell(queue string, wake chan<- struct{}) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues[wake] = queue
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.queues, wake)
	}
}

func (s *Jobs) wake(queue string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for wake, name := range s.queues {
		if name == queue {
			ring(wake)
		}
	}
}

// ring wakes who waits for the channel, or is going to: it has room for one word.
func ring(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
