// Package follow is durable work that follows from what the log tells: a [Queue] reads every tenant's log with a cursor
// of its own and turns events into jobs, and workers do these until they are done or given up.
//
// Cursor and jobs are rows. The jobs of an event are written in the transaction that moves the cursor past it, and what a
// job results in is written in the transaction that ends the job: so nothing is forgotten and nothing is made twice,
// though a process may die at any time and a provider may be asked twice. A job that is being done is leased, and the
// lease is renewed while its worker lives; when it has run out, another worker takes the job.
//
// It must never know what the jobs are about: no provider, no receiver, no HTTP.
package follow

import (
	"errors"
	"slices"
	"time"
)

var (
	// ErrNoJob is returned for a job that is not there.
	ErrNoJob = errors.New("job not found")

	// ErrState is returned for what the job's state does not allow.
	ErrState = errors.New("the job's state does not allow it")
)

// State is how far a job is.
type State string

// The states.
const (
	StatePending   State = "pending"   // waits for its time, or for its turn in the lane
	StateRunning   State = "running"   // leased by a worker, until Due
	StateDone      State = "done"      // Result says how it ended
	StateFailed    State = "failed"    // given up: refused for good, or tried for too long
	StateCancelled State = "cancelled" // by somebody, or not wanted any more when its turn came
)

// States lists all states.
func States() []State {
	return []State{StatePending, StateRunning, StateDone, StateFailed, StateCancelled}
}

// Ended reports whether nothing will be done in that state unless somebody retries.
func (s State) Ended() bool { return s == StateDone || s == StateFailed || s == StateCancelled }

// Job is one piece of work. Who plans it gives ID, Kind, Target, Lane and, if it differs from the event's, CallID; the
// queue sees to the rest.
type Job struct {
	Tenant string
	ID     string // unique in the tenant, among all queues: what is planned twice is there once
	Queue  string // whose work it is: the name of the queue that planned it
	Kind   string // what is to be done, in the queue's words
	CallID string // the event's, unless Plan gives another
	Seq    uint64 // number of the event that it follows
	Target string // whom it is for, such as a subscription; empty for nobody in particular
	Lane   string // jobs of one lane are done one after the other, by Seq, then by ID; empty: beside all others

	State     State
	Attempts  int       // how often it was begun since it was planned or retried
	Due       time.Time // pending: when it is tried next; zero: when its turn in the lane comes. Running: end of the lease
	Lease     string    // whose lease it is; empty unless running
	CreatedAt time.Time // when it was planned
	Since     time.Time // when it was planned, or retried by somebody: from then on it is tried until it is given up
	EndedAt   time.Time // zero until it has ended
	Result    string    // one word of the queue's about how it was done
	LastError string    // of the last try that failed, since it was planned or retried
	Tries     []Try     // the last [MaxTries], oldest first
}

const (
	// MaxTries is how many tries a job remembers.
	MaxTries = 20
	// MaxName is the most bytes that the ID, the Kind, the Target and the Lane of a job may have.
	MaxName = 512
	// MaxError is the most bytes that are kept of an error's text.
	MaxError = 1000
)

// Try is one attempt at a job.
type Try struct {
	At      time.Time
	Took    time.Duration // in whole microseconds
	Outcome string        // one word or number of the queue's, such as a status code
	Error   string        // empty if it went well, or if the call's customer was erased
}

// Key names a job across tenants.
type Key struct{ Tenant, ID string }

// Target names whom jobs are for across tenants.
type Target struct{ Tenant, Name string }

// Filter picks jobs of a tenant. Empty fields pick all.
type Filter struct {
	Queue  string
	Kind   string
	Target string
	CallID string
	States []State
}

// Matches reports whether the filter picks j.
func (f Filter) Matches(j Job) bool {
	return (f.Queue == "" || f.Queue == j.Queue) && (f.Kind == "" || f.Kind == j.Kind) &&
		(f.Target == "" || f.Target == j.Target) && (f.CallID == "" || f.CallID == j.CallID) &&
		(len(f.States) == 0 || slices.Contains(f.States, j.State))
}
