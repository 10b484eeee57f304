package call

import (
	"context"
	"time"
)

// Store is what this package needs of a storage backend. The whole contract stands in package storage.
type Store interface {
	// View runs fn on one committed, durable state; it waits for no writer.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serializable transaction that is durable when Update returns. A backend may run fn more
	// than once, so fn assigns its results and does nothing that cannot be done again. If fn fails, nothing is
	// written and its error is returned.
	Update(ctx context.Context, fn func(Tx) error) error

	// ListCalls answers the rows and the exact total of q, both from one committed state. q is valid.
	ListCalls(ctx context.Context, q Query) (Page, error)

	// ShareCalls is ListCalls without copies: it appends the calls to room, which nobody may change.
	ShareCalls(ctx context.Context, q Query, room []*Shared) (calls []*Shared, total int, err error)

	// Appended returns a channel that is closed at the next commit that appends an event to the tenant's log, or to
	// any log if tenant is empty, and when the store is closed. To miss nothing: take the channel, then read, then
	// wait.
	Appended(tenant string) <-chan struct{}
}

// Tx is a transaction as this package uses it. What it returns are copies; what it is given it copies.
type Tx interface {
	// Call returns a call. Returns [ErrNotFound].
	Call(tenant, id string) (Call, error)

	// PutCall writes a call whole, new or not, and keeps everything that is ordered by its fields: the queue of its
	// department, the limits that will pass, the open calls, and the list.
	PutCall(c Call) error

	// AppendEvent gives e the next number of its tenant's log, writes it, and returns it with the number.
	AppendEvent(e Event) (Event, error)

	// Events returns up to limit events of the tenant with numbers over after, in order.
	Events(tenant string, after uint64, limit int) ([]Event, error)

	// Logs returns up to limit tenants behind the one named after, ordered by name, that have a log, each with the
	// number of its newest event; the empty name begins. It is how a follower of all logs finds them.
	Logs(after string, limit int) ([]LogHead, error)

	// LastEvent returns the number of the newest event of the tenant; 0 if there is none.
	LastEvent(tenant string) (uint64, error)

	// CallEvents is Events of one call.
	CallEvents(tenant, id string, after uint64, limit int) ([]Event, error)

	// Queue returns the ids of the department's queued calls, longest waiting first (by InsertedAt, then by id).
	Queue(tenant, department string) ([]string, error)

	// DueCalls returns up to limit calls whose first limit ([Call.Due]) is not after until, earliest first.
	DueCalls(until time.Time, limit int) ([]DueCall, error)

	// OpenCalls returns up to limit calls of all tenants that have not ended, ordered by tenant and id, that come
	// after the given key; the zero Key begins.
	OpenCalls(after Key, limit int) ([]Key, error)

	// Waits returns the department's recent waits, oldest first; empty if there are none.
	Waits(tenant, department string) ([]time.Duration, error)

	// PutWaits replaces the department's recent waits.
	PutWaits(tenant, department string, waits []time.Duration) error
}

// LogHead is how far a tenant's log has come.
type LogHead struct {
	Tenant string
	Seq    uint64 // of the newest event
}

// RowTx is the part of a transaction through which a call changes.
type RowTx interface {
	Call(tenant, id string) (Call, error)
	PutCall(c Call) error
	AppendEvent(e Event) (Event, error)
}

// Key names a call across tenants.
type Key struct{ Tenant, ID string }

// DueCall is a call with the time at which its first limit passes.
type DueCall struct {
	Key
	At time.Time
}
