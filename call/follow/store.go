package follow

import (
	"context"
	"time"

	"github.com/avanter/voki/call"
)

// Store is what this package needs of a storage backend, whose transactions are of type T; package storage has the
// contract.
type Store[T Tx] interface {
	View(ctx context.Context, fn func(T) error) error
	Update(ctx context.Context, fn func(T) error) error

	// Appended is that of [call.Store].
	Appended(tenant string) <-chan struct{}
}

// Tx is a transaction as this package uses it. What it returns are copies; what it is given it copies.
type Tx interface {
	// Events and Logs are those of [call.Tx].
	Events(tenant string, after uint64, limit int) ([]call.Event, error)
	Logs(after string, limit int) ([]call.LogHead, error)

	// Cursor returns how far a queue has read a tenant's log, and whether it ever has.
	Cursor(queue, tenant string) (seq uint64, found bool, err error)
	// PutCursor writes it.
	PutCursor(queue, tenant string, seq uint64) error

	// Job returns a job. Returns [ErrNoJob].
	Job(tenant, id string) (Job, error)
	// PutJob writes a job whole, new or not, and keeps what is ordered by its fields.
	PutJob(j Job) error
	// DeleteJob removes a job, if it is there.
	DeleteJob(tenant, id string) error

	// DueJobs returns up to limit jobs of a queue, pending or running, whose Due is set and not after until, earliest
	// first, then by tenant and id. It leaves out those whose target is not empty and is among the busy ones, of which
	// there may be many.
	DueJobs(queue string, until time.Time, busy []Target, limit int) ([]Job, error)
	// RunningJobs returns up to limit running jobs of a queue whose Due is set, in no particular order.
	RunningJobs(queue string, limit int) ([]Job, error)
	// LaneJobs returns up to limit jobs of a lane that have not ended, by Seq, then by id.
	LaneJobs(tenant, lane string, limit int) ([]Job, error)
	// Jobs returns up to limit jobs of a tenant that the filter picks, by id, behind the id after; the empty one begins.
	Jobs(tenant string, f Filter, after string, limit int) ([]Job, error)
	// EndedJobs returns up to limit jobs of a queue that have ended and did so before that time, earliest first.
	EndedJobs(queue string, before time.Time, limit int) ([]Key, error)
}
