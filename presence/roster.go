package presence

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/avanter/voki/call"
)

// Status is what an agent says of himself.
type Status string

// The statuses.
const (
	Available Status = "available"
	Busy      Status = "busy" // there, and at something else; the next call waits for him all the same
	Away      Status = "away" // connected, and not there
)

// Valid reports whether s is one of the three statuses.
func (s Status) Valid() bool { return s == Available || s == Busy || s == Away }

// Meta is what is known of one connection of an agent. It is a value: a change makes a new one.
type Meta struct {
	Ref      string // names this meta and no other, of this process or another
	PrevRef  string // of the meta that this one replaces; empty for the first of a connection
	OnlineAt time.Time
	Status   Status
}

// Member is a user with connections of his.
type Member struct {
	User  call.Ref
	Metas []Meta // one a connection, oldest first
}

// online reports whether the user is there by any of his connections.
func (m Member) online() bool {
	return slices.ContainsFunc(m.Metas, func(meta Meta) bool { return meta.Status != Away })
}

// Roster is who serves the departments, in the memory of one process: behind several processes each knows the agents
// that are connected to it. It is safe for concurrent use, and nothing in it waits for a reader.
type Roster struct {
	mu    sync.Mutex
	boxes map[place]*box // of departments where somebody is, or is watching
}

// place names a department across tenants.
type place struct{ tenant, department string }

// NewRoster returns an empty roster. A [Service] brings its own.
func NewRoster() *Roster { return &Roster{boxes: make(map[place]*box)} }

// Connection is one connection of an agent on the roster. It is safe for concurrent use.
type Connection struct {
	roster *Roster
	places []place
	user   call.Ref

	meta   Meta // guarded by the roster's lock, as is closed
	closed bool
}

// Track puts a connection of a user on the roster of some departments, as [Available], until it is closed. Several
// connections of a user count as one user. A display name is that of the newest connection.
//
// ctx is looked at before anything is done. Returns its error, [call.ErrTenantNotFound] for a slug that no tenant can
// have, and [call.FieldErrors] for ids that no user or department can have; whether there are such is the caller's to
// know.
func (r *Roster) Track(ctx context.Context, tenant string, departmentIDs []string, user call.Ref) (*Connection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !call.ValidID(tenant) {
		return nil, call.ErrTenantNotFound
	}
	if !call.ValidID(user.ID) {
		return nil, call.Invalid("user_id", "is invalid")
	}
	c := &Connection{roster: r, user: user}
	for _, id := range departmentIDs {
		if !call.ValidID(id) {
			return nil, call.Invalid("department_id", "is invalid")
		}
		if at := (place{tenant, id}); !slices.Contains(c.places, at) {
			c.places = append(c.places, at)
		}
	}
	c.meta = Meta{Ref: call.NewID(), OnlineAt: call.Now(), Status: Available}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range c.places {
		r.box(at).join(c.user, c.meta)
	}
	return c, nil
}

// SetStatus says what the agent is doing, by this connection. To say it again, or after Close, changes nothing. Returns
// [call.FieldErrors] for a status that is none.
func (c *Connection) SetStatus(s Status) error {
	if !s.Valid() {
		return call.Invalid("status", "is invalid")
	}
	c.roster.mu.Lock()
	defer c.roster.mu.Unlock()
	if c.closed || c.meta.Status == s {
		return nil
	}
	old := c.meta
	c.meta.Ref, c.meta.PrevRef, c.meta.Status = call.NewID(), old.Ref, s
	for _, at := range c.places {
		c.roster.box(at).replace(c.user, old, c.meta)
	}
	return nil
}

// Close takes the connection off the roster. To close it again changes nothing.
func (c *Connection) Close() {
	c.roster.mu.Lock()
	defer c.roster.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	for _, at := range c.places {
		c.roster.box(at).leave(c.user, c.meta)
		c.roster.tidy(at)
	}
}

// Online returns how many users serve a department: those with a connection that is not [Away]. Who is [Busy] counts,
// because he will take calls again. It makes a Roster a [call.Agents].
func (r *Roster) Online(tenant, department string) (users int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.boxes[place{tenant, department}]
	if b == nil {
		return 0
	}
	for _, m := range b.members {
		if m.online() {
			users++
		}
	}
	return users
}

// State returns who is on the roster of a department, ordered by the user's id. [Roster.Watch] begins with it, and goes
// on from there.
func (r *Roster) State(tenant, department string) []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.boxes[place{tenant, department}]; b != nil {
		return b.state()
	}
	return nil
}

// box returns what is kept of a department, which is made if need be.
func (r *Roster) box(at place) *box {
	b := r.boxes[at]
	if b == nil {
		b = &box{members: make(map[string]*Member)}
		r.boxes[at] = b
	}
	return b
}

// tidy forgets a department where nobody is and nobody watches.
func (r *Roster) tidy(at place) {
	if b := r.boxes[at]; len(b.members) == 0 && b.watchers == 0 {
		delete(r.boxes, at)
	}
}
