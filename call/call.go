// Package call is the heart of Voki: what a video call is, which states it goes through, and the log of all that
// happened to it.
//
// The rules stand in one table ([Table]) and one pure function ([Apply]); [Service] runs them inside transactions of
// a [Store]. The package knows no HTTP, no socket and no database: those implement or use what is declared here.
package call

import (
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Call is one video call of a customer with a company, from the moment the customer joins the queue. It is a value:
// changing one changes nothing that is stored.
//
// Times are UTC with microseconds; the zero time stands for "no value".
type Call struct {
	Tenant string // slug of the company
	ID     string // UUIDv7, or whatever an imported call bore
	Status Status

	Department Ref      // where the customer queued
	User       Ref      // the agent; empty until the call is assigned
	Customer   Customer // the caller, who has no account
	Reason     string   // why the customer calls, in the customer's words

	Notes   string // the agent's notes, given on completion
	Rating  int    // the customer's, 1 to 5; 0 when there is none
	Comment string // the customer's, with the rating

	HasRecording bool

	InsertedAt time.Time // when the customer joined the queue
	AssignedAt time.Time
	StartedAt  time.Time
	EndedAt    time.Time // when an end state was reached; zero on some imported calls
	ChangedAt  time.Time // of the newest change; the next one does not lie before it
	EndReason  EndReason
	ErasedAt   time.Time // when the customer was erased; zero if he was not

	DisconnectedAt time.Time // the last loss of a participant in the active call
	ReconnectedAt  time.Time // the return from that loss; zero while the participant is away

	Limits Limits // resolved when the call was made: here zero means off

	AgentConn    Participant
	CustomerConn Participant
}

// Ref names something the host owns, a user or a department, with the display name it had when the call was changed.
type Ref struct {
	ID   string
	Name string
}

// Customer is the caller.
type Customer struct {
	Name  string
	Email string // empty when not given
	Phone string // empty when not given
}

// Participant is the connection state of one side of a call, kept with the call so that it survives a crash.
type Participant struct {
	Epoch    uint64    // number of the newest join; 0 for a side that never was present
	Present  bool      // connected now
	LostAt   time.Time // when the connection was lost; zero while present
	Deadline time.Time // when the grace ends; zero unless lost in an active call that has a grace
}

// Away reports whether the side was present once and is not now.
func (p Participant) Away() bool { return p.Epoch > 0 && !p.Present }

// Status is a state of a call.
type Status string

// The states of a call. The last four are ends: nothing leaves them.
const (
	Queued    Status = "queued"    // in queue, waiting for an agent
	Assigned  Status = "assigned"  // an agent has it
	Active    Status = "active"    // the video call is in progress
	Completed Status = "completed" // finished
	Missed    Status = "missed"    // the agent did not start it in time
	Cancelled Status = "cancelled" // the customer left before the start
	Abandoned Status = "abandoned" // expired in the queue
)

// Statuses lists all states in the order of a call's life.
func Statuses() []Status {
	return []Status{Queued, Assigned, Active, Completed, Missed, Cancelled, Abandoned}
}

// Valid reports whether s is one of the seven states.
func (s Status) Valid() bool {
	switch s {
	case Queued, Assigned, Active, Completed, Missed, Cancelled, Abandoned:
		return true
	}
	return false
}

// Ended reports whether s is an end state.
func (s Status) Ended() bool {
	switch s {
	case Completed, Missed, Cancelled, Abandoned:
		return true
	}
	return false
}

// Side is one of the two participants of a call.
type Side string

// The two sides of a call.
const (
	SideAgent    Side = "agent"
	SideCustomer Side = "customer"
)

// Valid reports whether s is one of the two sides.
func (s Side) Valid() bool { return s == SideAgent || s == SideCustomer }

func (s Side) other() Side {
	if s == SideAgent {
		return SideCustomer
	}
	return SideAgent
}

// EndReason says how a call came to its end. It is empty for a cancelled call.
type EndReason string

// The reasons, as the API page lists them.
const (
	EndNormal     EndReason = "normal"     // completed, or one side hung up
	EndTimeout    EndReason = "timeout"    // the answer limit or the longest duration passed
	EndDisconnect EndReason = "disconnect" // a lost participant did not come back within the grace
	EndAbandoned  EndReason = "abandoned"  // the queue limit passed
)

// Participant returns the connection state of side.
func (c Call) Participant(side Side) Participant {
	if side == SideAgent {
		return c.AgentConn
	}
	return c.CustomerConn
}

func (c *Call) setParticipant(side Side, p Participant) {
	if side == SideAgent {
		c.AgentConn = p
		return
	}
	c.CustomerConn = p
}

// CompletedAt is when an active call ended; zero for a call that never was active.
func (c Call) CompletedAt() time.Time {
	if c.Status != Completed {
		return time.Time{}
	}
	return c.EndedAt
}

// WaitTime is how long the customer waited for the start, in whole seconds taken from the printed times. It reports
// false for a call that was not started.
func (c Call) WaitTime() (time.Duration, bool) { return between(c.InsertedAt, c.StartedAt) }

// Duration is how long the call was active, in whole seconds taken from the printed times. It reports false for a
// call that is not completed.
func (c Call) Duration() (time.Duration, bool) { return between(c.StartedAt, c.CompletedAt()) }

func between(from, to time.Time) (time.Duration, bool) {
	if from.IsZero() || to.IsZero() {
		return 0, false
	}
	return time.Duration(to.Unix()-from.Unix()) * time.Second, true
}

// MaxID is the most bytes an identifier may have.
const MaxID = 128

// ValidID reports whether id can name anything: 1 to [MaxID] bytes of printable UTF-8 without white space.
func ValidID(id string) bool {
	if id == "" || len(id) > MaxID {
		return false
	}
	usual := true // ASCII, as nearly all are
	for i := range len(id) {
		usual = usual && id[i] > ' ' && id[i] < 0x7f
	}
	if usual {
		return true
	}
	if !utf8.ValidString(id) {
		return false
	}
	for _, r := range id {
		if !unicode.IsPrint(r) || unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// NewID mints an identifier: a UUIDv7 (RFC 9562).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Now is the time of an operation: UTC, to the microsecond that storage keeps.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
