package callindex

import (
	"time"

	"github.com/avanter/voki/call"
)

// Entry is what the index keeps of one call. It is a value, and once it is in an index it never changes: an update
// puts another one in its place.
type Entry struct {
	id string

	// text is the folded name of the customer and behind it the folded address.
	text    string
	nameLen int32
	rating  int32

	// Times are Unix times; the zero [time.Time] stands for itself.
	inserted  int64 // in microseconds, which the filter compares
	second    int64 // the same in seconds, as it is printed and sorted, and all that follow
	started   int64
	completed int64

	status, department, user *ref
}

// noSecond is the zero time, which stands for no value.
var noSecond = time.Time{}.Unix()

// NewEntry makes the entry of a call. It needs no lock.
func NewEntry(c call.Call) Entry {
	name := call.Fold(c.Customer.Name)
	return Entry{
		id:         c.ID,
		text:       name + call.Fold(c.Customer.Email),
		nameLen:    int32(len(name)),
		rating:     int32(c.Rating),
		inserted:   c.InsertedAt.UnixMicro(),
		second:     c.InsertedAt.Unix(),
		started:    c.StartedAt.Unix(),
		completed:  c.CompletedAt().Unix(),
		status:     &ref{id: string(c.Status), name: string(c.Status)},
		department: &ref{id: c.Department.ID, name: call.Fold(c.Department.Name)},
		user:       &ref{id: c.User.ID, name: call.Fold(c.User.Name)},
	}
}

func (e *Entry) name() string  { return e.text[:e.nameLen] }
func (e *Entry) email() string { return e.text[e.nameLen:] }

// same reports whether two entries of one tenant are equal, in one index or not.
func (e *Entry) same(o *Entry) bool {
	a, b := *e, *o
	equal := a.status.key() == b.status.key() && a.department.key() == b.department.key() && a.user.key() == b.user.key()
	a.status, a.department, a.user = nil, nil, nil
	b.status, b.department, b.user = nil, nil, nil
	return equal && a == b
}

// ref is something that many calls name: a status, a department, a user. Those that are equal are one in an index.
type ref struct {
	id   string
	name string // folded
	n    int    // position in refs.list
}

// refKey is what makes refs equal.
type refKey struct{ id, name string }

func (r *ref) key() refKey { return refKey{r.id, r.name} }

// refs are the refs of a tenant, in the order in which they came. They are never taken out: there are as many as a
// company ever had departments and agents, by each name they had.
type refs struct {
	list  []*ref // only appended to, so that a snapshot may hold a part of it
	byKey map[refKey]*ref
}

func (r *refs) intern(like *ref) *ref {
	if found := r.byKey[like.key()]; found != nil {
		return found
	}
	if r.byKey == nil {
		r.byKey = make(map[refKey]*ref)
	}
	added := &ref{id: like.id, name: like.name, n: len(r.list)}
	r.byKey[added.key()] = added
	r.list = append(r.list, added)
	return added
}
