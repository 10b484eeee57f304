// Package callindex is the list of calls in memory: for every tenant, what the list filters and sorts by, and nothing
// else. It answers which calls a [call.Query] finds, in order, and how many there are; whoever asks reads the rows.
//
// It exists so that the embedded backends answer any list without an index on disk for each way to sort. It must never
// know where the rows are kept, nor wait for anything.
//
// A call is a document: a number, by the order in which calls came.
//
//	ids, records     document -> identifier; times and refs               (column)
//	groups           a status, department, user, rating -> documents
//	orders           documents by a time, a duration, the name; by id
//	names, domains   document -> text, each text once                     (texts)
//	locals           document -> address before the @
//	finder           words, pairs of words, domains, three bytes that are not all letters -> documents
//
//	query -> filter ----------------------> the set that matches -> page
//	         the sets of groups,            and how many            a walk along an order, or
//	         a range of the order of time,                          one group after the other,
//	         what a search has found                                until the page is full
//
// A set that is kept is a short list or a roaring bitmap ([docs]), and so is what matches. A plain array of bits ([set]) is
// used where documents come one by one: to unite sets, and on a walk along an order. Small tenants have no finder: their
// calls are looked at one by one.
package callindex

import (
	"slices"
	"sync"

	"github.com/avanter/voki/call"
)

// Index holds the entries of all tenants. Its zero value is empty.
//
// It has no lock of its own: Put runs alone, and whatever else beside each other. A backend calls Put where it makes
// commits visible and the others where it pins a state, so that an index and the rows that are read with it are of one
// state.
type Index struct {
	tenants map[string]*calls
	lent    sync.Pool
}

// Put adds the entry of a tenant's call, or replaces the one of the same call. What costs was done by [NewEntry].
func (x *Index) Put(tenant string, e Entry) {
	t := x.tenant(tenant)
	if doc, known := t.find(e.id); known {
		t.change(doc, e)
		return
	}
	t.arrange(t.add(e))
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

// Found is what a query has found. One that is used again keeps the memory that it has.
type Found struct {
	IDs   []ID // in the order of the query
	Total int  // all that match, before Offset, Limit and After
	docs  []uint32
}

// Query returns the ids of the calls that q asks for, in its order, and how many match it before Offset, Limit and
// After. It does not look at whether q is valid, but fills the defaults of Sort and Limit.
func (x *Index) Query(q call.Query) (ids []string, total int) {
	var f Found
	x.Find(q, &f)
	ids = make([]string, len(f.IDs))
	for i, id := range f.IDs {
		ids[i] = id.String()
	}
	return ids, f.Total
}

// Find is Query, with what f holds afterwards.
func (x *Index) Find(q call.Query, f *Found) {
	f.IDs, f.Total = f.IDs[:0], 0
	if q.Limit <= 0 {
		q.Limit = call.DefaultLimit
	}
	q.Offset = max(q.Offset, 0)
	t := x.tenants[q.Tenant]
	if t == nil {
		return
	}
	lent := &sets{pool: &x.lent, length: t.records.length}
	defer lent.done()
	m, total := t.filter(lent, q)
	f.docs, f.Total = t.page(lent, q, m, total, f.docs[:0]), total
	f.IDs = slices.Grow(f.IDs, len(f.docs))
	for _, doc := range f.docs {
		f.IDs = append(f.IDs, t.ids.at(doc))
	}
}
