package callindex

import (
	"cmp"
	"slices"
	"sync"
)

// Loader fills an empty [Index] with many entries, faster than one after the other: it sorts once. The index must not
// be used before Done.
type Loader struct{ index *Index }

// NewLoader returns a loader of the index.
func NewLoader(x *Index) Loader { return Loader{x} }

// Add adds the entry of a call that was not yet added.
func (l Loader) Add(tenant string, e Entry) { l.index.tenant(tenant).add(newID(e.id), e) }

// Done makes the index ready. It takes two processors; what it has started has ended when it returns.
func (l Loader) Done() {
	var searching sync.WaitGroup
	searching.Go(func() {
		for _, t := range l.index.tenants {
			for doc := range uint32(t.locals.length) {
				t.byLocals.append(*t.locals.at(doc), doc)
			}
			for _, d := range t.byLocals {
				d.pack()
			}
		}
	})
	for _, t := range l.index.tenants {
		t.sortAll()
	}
	searching.Wait()
}

// sortAll fills the orders, which are empty.
func (t *calls) sortAll() {
	byID := make([]uint32, t.records.length)
	for doc := range byID {
		byID[doc] = uint32(doc)
	}
	rising := func(a, b uint32) int { return t.ids.at(a).compare(*t.ids.at(b)) }
	if !slices.IsSortedFunc(byID, rising) { // as they are when they were read in the order of their rows
		slices.SortFunc(byID, rising)
	}
	t.byID.fill(byID)
	nameRank := t.names.ranks()
	list := make([]numbered, 0, len(byID))
	for by := range t.orders {
		o := &t.orders[by]
		list = list[:0]
		for at, doc := range byID {
			v := t.value(by, doc)
			switch {
			case v.none:
				o.none.few = append(o.none.few, doc)
				continue
			case by == byName:
				v.number = int64(nameRank[*t.names.numbers.at(doc)])
			}
			list = append(list, numbered{v.number, uint32(at)})
		}
		slices.SortFunc(list, func(a, b numbered) int {
			return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.at, b.at))
		})
		docs := make([]uint32, len(list))
		for i, n := range list {
			docs[i] = byID[n.at]
		}
		o.fill(docs)
		slices.Sort(o.none.few)
		o.none.pack()
	}
}

// numbered is a document by a number and its place by identifier.
type numbered struct {
	number int64
	at     uint32
}

// fill puts documents into an order that is empty.
func (o *order) fill(docs []uint32) {
	o.length = len(docs)
	for some := range slices.Chunk(docs, maxChunk) {
		o.chunks = append(o.chunks, o.newChunk(slices.Clone(some)))
	}
}

// ranks returns the places of the texts in their order, by number.
func (t *texts) ranks() []uint32 {
	numbers := make([]uint32, t.list.length)
	for n := range numbers {
		numbers[n] = uint32(n)
	}
	slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(t.list.at(a).text, t.list.at(b).text) })
	ranks := make([]uint32, len(numbers))
	for rank, n := range numbers {
		ranks[n] = uint32(rank)
	}
	return ranks
}
