package callindex

import (
	"runtime"
	"slices"
	"sync"

	"github.com/avanter/voki/call"
)

// Loader fills an empty [Index] with many calls, faster than one after the other: it writes the columns first, and makes
// each set and each order at once. The index must not be used before Done.
type Loader struct {
	index   *Index
	tenants map[string]*loading
}

// NewLoader returns a loader of the index.
func NewLoader(x *Index) Loader { return Loader{x, make(map[string]*loading)} }

// Add adds a call that was not yet added.
func (l Loader) Add(c *call.Call) {
	t := l.tenants[c.Tenant]
	if t == nil {
		t = &loading{calls: l.index.tenant(c.Tenant), names: make(map[string]uint32)}
		t.departments.group, t.departments.numbers = &t.groups[byDepartment], make(map[call.Ref]uint32)
		t.users.group, t.users.numbers = &t.groups[byUser], make(map[call.Ref]uint32)
		l.tenants[c.Tenant] = t
	}
	t.add(c)
}

// Done makes the index ready. It takes all processors; what it has started has ended when it returns.
func (l Loader) Done() {
	parts := make(chan func())
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() {
			for part := range parts {
				part()
			}
		})
	}
	for _, t := range l.index.tenants {
		t.complete(parts)
	}
	close(parts)
	working.Wait()
}

// loading is a tenant whose calls are being added. Most of what a call names others have named: it is known as it was
// written, for to fold it costs more than to find it.
type loading struct {
	*calls
	names              map[string]uint32 // as the customers wrote them -> number
	departments, users knownRefs
}

func (t *loading) add(c *call.Call) {
	name, known := t.names[c.Customer.Name]
	if !known {
		name = t.calls.names.intern(call.Fold(c.Customer.Name))
		t.names[c.Customer.Name] = name
	}
	local, domain := split(call.Fold(c.Customer.Email))
	t.append(newID(c.ID), local, name, t.domains.intern(domain), record{times: timesOf(c), refs: [groups]uint32{
		byStatus:     t.groups[byStatus].intern(stated(c.Status)),
		byDepartment: t.departments.number(c.Department),
		byUser:       t.users.number(c.User),
		byRating:     t.groups[byRating].intern(rated(c.Rating)),
	}})
}

// knownRefs are refs as they were written, and their numbers in a group.
type knownRefs struct {
	group   *group
	numbers map[call.Ref]uint32
}

func (k *knownRefs) number(r call.Ref) uint32 {
	n, known := k.numbers[r]
	if !known {
		n = k.group.intern(ref{id: r.ID, name: call.Fold(r.Name)})
		k.numbers[r] = n
	}
	return n
}

// complete makes all that the columns do not hold: a part of it itself, and parts that may be made beside each other.
func (t *calls) complete(parts chan<- func()) {
	parts <- func() { t.byLocals.fill(t.locals.length, t.locals.at) }
	byID := t.sortIDs()
	t.byID.fill(byID)
	for by := range byName {
		parts <- func() { t.orders[by].load(byID, t.numbersOf(by)) }
	}
	parts <- func() { t.orders[byName].load(byID, t.rankOf()) }
	for _, texts := range []*texts{&t.names, &t.domains} {
		parts <- func() {
			texts.grams.fill(texts.list.length, func(n uint32) *string { return &texts.list.at(n).text })
			sets := distribute(t.records.length, texts.list.length, func(doc uint32) uint32 { return *texts.numbers.at(doc) })
			for n := range sets {
				texts.list.at(uint32(n)).docs = sets[n]
			}
		}
	}
	for by := range t.groups {
		parts <- func() {
			g := &t.groups[by]
			g.docs = distribute(t.records.length, len(g.refs), func(doc uint32) uint32 { return t.records.at(doc).refs[by] })
		}
	}
}

// distribute returns for each of so many numbers the documents that have it.
func distribute(length, numbers int, of func(doc uint32) uint32) []docs {
	sizes := make([]int, numbers)
	for doc := range uint32(length) {
		sizes[of(doc)]++
	}
	sum := 0
	for _, size := range sizes {
		if size <= maxFew {
			sum += size
		}
	}
	sets, room := make([]docs, numbers), make([]uint32, sum) // the short lists lie in one
	for n, size := range sizes {
		if size > maxFew {
			sets[n].few = make([]uint32, 0, size)
		} else {
			sets[n].few, room = room[:0:size], room[size:]
		}
	}
	for doc := range uint32(length) {
		sets[of(doc)].append(doc)
	}
	for n := range sets {
		sets[n].pack()
	}
	return sets
}

// sortIDs returns all documents by their identifiers.
func (t *calls) sortIDs() []uint32 {
	byID := make([]uint32, t.records.length)
	for doc := range byID {
		byID[doc] = uint32(doc)
	}
	rising := func(a, b uint32) int { return t.ids.at(a).compare(*t.ids.at(b)) }
	if !slices.IsSortedFunc(byID, rising) { // as they are when they were read in the order of their rows
		slices.SortFunc(byID, rising)
	}
	return byID
}
