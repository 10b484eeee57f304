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

	// DueJobs returns the jobs of a queue, pending or running, whose Due is set and not after until, and for which there
	// is room: earliest first, then by tenant and id, each that its target has room for, until there are as many as
	// wanted. What it costs does not grow with the jobs of a target that has no room, with those for which there is none
	// any more, nor with those that are due later: it is called for every job that is done.
	DueJobs(queue string, until time.Time, room Room) ([]Job, error)
	// RunningJobs returns up to limit running jobs of a queue whose Due is set, in no particular order. It looks at no
	// others.
	RunningJobs(queue string, limit int) ([]Job, error)
	// LaneJobs returns up to limit jobs of a lane that have not ended, by Seq, then by id.
	LaneJobs(tenant, lane string, limit int) ([]Job, error)
	// Jobs returns up to limit jobs of a tenant that the filter picks, by id, behind the id after; the empty one begins.
	// If the filter has a CallID, it looks at no jobs of other calls.
	Jobs(tenant string, f Filter, after string, limit int) ([]Job, error)
	// EndedJobs returns up to limit jobs of a queue that have ended and did so before that time, earliest first.
	EndedJobs(queue string, before time.Time, limit int) ([]Key, error)
}

// Room is how many jobs are wanted.
type Room struct {
	Limit     int            // in all
	PerTarget int            // for each target of a tenant whose name is not empty, with those of Active; not positive: any number
	Active    map[Target]int // how many jobs targets have already
}

// For returns how many jobs there is room for that are for a target, if none is taken for others.
func (r Room) For(t Target) int {
	if t.Name == "" || r.PerTarget <= 0 {
		return r.Limit
	}
	return min(r.PerTarget-r.Active[t], r.Limit)
}
