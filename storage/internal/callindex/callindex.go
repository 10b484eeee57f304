// Package callindex is the list of calls in memory: for every tenant, what the list filters and sorts by, and nothing
// else. It answers which calls a [call.Query] finds, in order, and how many there are; whoever asks reads the rows.
//
// It exists so that the embedded backends answer any list without an index on disk for each way to sort. It must never
// know where the rows are kept, nor wait for anything.
package callindex

import "github.com/avanter/voki/call"

// Index holds the entries of all tenants. Its zero value is empty.
//
// It has no lock of its own. Put, Pin and PinAll are called under one lock, the one under which a backend
// makes commits visible, so that an index and the rows that are read with it are of one state. A [Snapshot] that they
// return is read without any lock and never changes.
type Index struct {
	tenants map[string]*calls
}

// calls are those of one tenant.
type calls struct {
	byID  map[string]*Entry
	order sequence
	refs  refs
}

// Put adds the entry of a tenant's call, or replaces the one of the same call. It is cheap: what costs was done by
// [NewEntry].
func (x *Index) Put(tenant string, e Entry) {
	t := x.tenants[tenant]
	if t == nil {
		if x.tenants == nil {
			x.tenants = make(map[string]*calls)
		}
		t = &calls{byID: make(map[string]*Entry)}
		x.tenants[tenant] = t
	}
	e.status, e.department, e.user = t.refs.intern(e.status), t.refs.intern(e.department), t.refs.intern(e.user)
	old := t.byID[e.id]
	switch {
	case old == nil:
		t.order.insert(&e)
	case arrival(old, &e) == 0:
		e.id = old.id // so that the key of the map and the entry share it
		t.order.replace(&e)
	default:
		e.id = old.id
		t.order.remove(old)
		t.order.insert(&e)
	}
	t.byID[e.id] = &e
}

// Pin returns a tenant's part as it is now, in constant time.
func (x *Index) Pin(tenant string) Snapshot {
	t := x.tenants[tenant]
	if t == nil {
		return Snapshot{}
	}
	return Snapshot{order: t.order.freeze(), refs: t.refs.list}
}

// PinAll is [Index.Pin] of all tenants that ever had an entry.
func (x *Index) PinAll() map[string]Snapshot {
	all := make(map[string]Snapshot, len(x.tenants))
	for tenant := range x.tenants {
		all[tenant] = x.Pin(tenant)
	}
	return all
}

// Snapshot is what an [Index] held of one tenant at one time. Its zero value is empty.
type Snapshot struct {
	order sequence
	refs  []*ref
}

// Len returns the number of entries.
func (s Snapshot) Len() int { return s.order.length }

// Query returns the ids of the calls that q asks for, in its order, and how many match it before Offset, Limit and
// After. It looks at neither the tenant of q nor at whether q is valid, but fills the defaults of Sort and Limit.
func (s Snapshot) Query(q call.Query) (ids []string, total int) {
	if q.Limit <= 0 {
		q.Limit = call.DefaultLimit
	}
	q.Offset = max(q.Offset, 0)
	f := s.filter(q)
	var rows []*Entry
	if s.ordered(q) {
		rows, total = s.walk(q, f)
	} else {
		rows, total = s.choose(q, f)
	}
	ids = make([]string, len(rows))
	for i, e := range rows {
		ids[i] = e.id
	}
	return ids, total
}

// Holds reports whether the snapshot has exactly this entry.
func (s Snapshot) Holds(e Entry) bool {
	at := s.order.rank(&e)
	for _, found := range s.order.ascend(at, at+1) {
		return found.same(&e)
	}
	return false
}
