package callindex

import "github.com/avanter/voki/call"

// Index holds the entries of all tenants. Its zero value is empty.
//
// It has no lock of its own: Put runs alone, and whatever else beside each other. A backend calls Put where it makes
// commits visible and the others where it pins a state, so that an index and the rows that are read with it are of one
// state.
type Index struct {
	tenants map[string]*calls
	lent    sets
}

// Put adds the entry of a tenant's call, or replaces the one of the same call. What costs was done by [NewEntry].
func (x *Index) Put(tenant string, e Entry) {
	t, id := x.tenant(tenant), newID(e.id)
	if doc, known := t.find(id); known {
		t.change(doc, e)
		return
	}
	t.arrange(t.add(id, e))
}

func (x *Index) tenant(name string) *calls {
	t := x.tenants[name]
	if t == nil {
		if x.tenants == nil {
			x.tenants = make(map[string]*calls)
		}
		t = newCalls()
		x.tenants[name] = t
	}
	return t
}

// Lengths returns how many entries each tenant has that ever had one.
func (x *Index) Lengths() map[string]int {
	all := make(map[string]int, len(x.tenants))
	for name, t := range x.tenants {
		all[name] = t.records.length
	}
	return all
}

// Get returns the entry of a tenant's call, and whether there is one.
func (x *Index) Get(tenant, callID string) (e Entry, ok bool) {
	t := x.tenants[tenant]
	if t == nil {
		return Entry{}, false
	}
	doc, ok := t.find(newID(callID))
	if !ok {
		return Entry{}, false
	}
	return t.entry(doc), true
}

// Query returns the ids of the calls that q asks for, in its order, and how many match it before Offset, Limit and
// After. It does not look at whether q is valid, but fills the defaults of Sort and Limit.
func (x *Index) Query(q call.Query) (ids []string, total int) {
	if q.Limit <= 0 {
		q.Limit = call.DefaultLimit
	}
	q.Offset = max(q.Offset, 0)
	t := x.tenants[q.Tenant]
	if t == nil {
		return []string{}, 0
	}
	m, total := t.filter(&x.lent, q)
	found := t.page(&x.lent, q, m, total)
	if m != nil {
		x.lent.put(m)
	}
	ids = make([]string, len(found))
	for i, doc := range found {
		ids[i] = t.ids.at(doc).String()
	}
	return ids, total
}
