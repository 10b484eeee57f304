package callindex

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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

// Add adds a call that was not yet added. It keeps no part of the call's texts.
func (l Loader) Add(c *call.Call) {
	t := l.tenants[c.Tenant]
	if t == nil {
		tenant := strings.Clone(c.Tenant)
		t = newLoading(l.index.tenant(tenant))
		l.tenants[tenant] = t
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

// complete makes all that the columns do not hold: a part of it itself, and parts that may be made beside each other.
func (t *calls) complete(parts chan<- func()) {
	if t.records.length > maxLooked {
		t.completeFinder(parts)
	}
	byID := t.sortIDs()
	t.byID.fill(byID)
	for by := range byName {
		parts <- func() { t.orders[by].load(byID, t.numbersOf(by)) }
	}
	parts <- func() { t.orders[byName].load(byID, t.rankOf()) }
	for by := range t.groups {
		parts <- func() {
			g := &t.groups[by]
			g.docs = distribute(t.records.length, len(g.refs), func(doc uint32) uint32 { return t.records.at(doc).refs[by] })
		}
	}
}

// completeFinder fills as many finders as may run beside each other, and then makes one of them.
func (t *calls) completeFinder(parts chan<- func()) {
	blocks := (t.records.length-1)>>blockBits + 1
	finders := make([]finder, min(runtime.GOMAXPROCS(0), blocks))
	var left atomic.Int64
	left.Store(int64(len(finders)))
	for i := range finders {
		from, to := i*blocks/len(finders), (i+1)*blocks/len(finders)
		parts <- func() {
			finders[i].fill(t, from, to)
			if left.Add(-1) > 0 {
				return
			}
			t.finder = finders[0]
			for i := range finders[1:] {
				t.finder.append(&finders[i+1])
			}
		}
	}
}

// sortIDs returns all documents by their identifiers.
func (t *calls) sortIDs() []uint32 {
	byID := make([]uint32, t.records.length)
	for doc := range byID {
		byID[doc] = uint32(doc)
	}
	rising := func(a, b uint32) int { return t.ids.at(a).compare(t.ids.at(b)) }
	if !slices.IsSortedFunc(byID, rising) { // as they are when they were read in the order of their rows
		slices.SortFunc(byID, rising)
	}
	return byID
}
