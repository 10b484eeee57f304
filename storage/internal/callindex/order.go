package callindex

import (
	"slices"
	"sort"
)

// maxChunk is the most documents of a chunk.
const maxChunk = 1024

// order is the documents that have a value, by their keys, in chunks.
//
// Invariants: no chunk is empty or longer than maxChunk; keys rise strictly within and across chunks; length is the
// number of documents.
type order struct {
	value  func(doc uint32) value // nil: none has one, and only the identifiers count
	ids    *ids
	chunks []chunk
	length int
	none   docs // those without a value
}

// chunk is some of the documents of an order. As most orders follow the order of arrival, many a chunk has all
// documents from its first number to its last one, and can be counted without looking at each.
type chunk struct {
	docs        []uint32
	head        key    // of the first one
	first, last uint32 // the lowest and the highest number
	even        bool   // each number is one more than the one before
}

func (o *order) newChunk(docs []uint32) chunk {
	c := chunk{docs: docs, head: o.key(docs[0]), first: slices.Min(docs), last: slices.Max(docs), even: true}
	for i, doc := range docs {
		c.even = c.even && doc == docs[0]+uint32(i)
	}
	return c
}

// solid reports whether c has all numbers between first and last.
func (c *chunk) solid() bool { return int(c.last-c.first)+1 == len(c.docs) }

// at is the at-th document, without a look at the list where that can be.
func (c *chunk) at(at int) uint32 {
	if c.even {
		return c.first + uint32(at)
	}
	return c.docs[at]
}

// walked is what a walk along an order looks for.
type walked struct {
	set
	first, last uint32 // the lowest and the highest number
}

// count returns how many documents there are in m, nil being all, from ≤ i < to.
func (c *chunk) count(m *walked, from, to int) (n int) {
	switch {
	case m == nil:
		return to - from
	case c.last < m.first || m.last < c.first:
		return 0
	case to-from == len(c.docs) && c.solid():
		return m.countRange(c.first, c.last+1)
	case c.even:
		return m.countRange(c.first+uint32(from), c.first+uint32(to))
	}
	for _, doc := range c.docs[from:to] {
		n += m.bit(doc)
	}
	return n
}

// place is between two documents of an order: before the at-th of the i-th chunk, or behind its last one.
type place struct{ i, at int }

func (o *order) key(doc uint32) key {
	k := key{id: o.ids.at(doc)}
	if o.value != nil {
		k.value = o.value(doc)
	}
	return k
}

// compare compares the key of a document with k. It looks at the identifier only if it has to.
func (o *order) compare(doc uint32, k key) int {
	if o.value != nil {
		if c := o.value(doc).compare(k.value); c != 0 {
			return c
		}
	}
	return o.ids.at(doc).compare(k.id)
}

// before returns the place before the document with the key k, be there one or not.
func (o *order) before(k key) place { return o.find(k, 0) }

// behind returns the place behind it.
func (o *order) behind(k key) place { return o.find(k, 1) }

// find returns the place before the first document that compares to k with least or more.
func (o *order) find(k key, least int) place {
	i := o.chunk(k, least)
	if i < 0 {
		return place{}
	}
	c := &o.chunks[i]
	return place{i, sort.Search(len(c.docs), func(at int) bool { return o.compare(c.at(at), k) >= least })}
}

// chunk returns the chunk in which that place is; -1 if it is before all.
func (o *order) chunk(k key, least int) int {
	return sort.Search(len(o.chunks), func(i int) bool { return o.chunks[i].head.compare(k) >= least }) - 1
}

// reaches reports whether k is not behind all documents, as it is with what has just come.
func (o *order) reaches(k key) bool {
	last := len(o.chunks) - 1
	return last >= 0 && o.compare(o.chunks[last].docs[len(o.chunks[last].docs)-1], k) >= 0
}

// insert adds doc, which is not there.
func (o *order) insert(doc uint32) {
	o.length++
	if len(o.chunks) == 0 {
		o.chunks = append(o.chunks, o.newChunk([]uint32{doc}))
		return
	}
	k, last := o.key(doc), len(o.chunks)-1
	p := place{last, len(o.chunks[last].docs)}
	if o.reaches(k) {
		p = o.before(k)
	}
	if len(o.chunks[p.i].docs) == maxChunk {
		p = o.split(p)
	}
	c := &o.chunks[p.i]
	c.even = c.even && p.at == len(c.docs) && doc == c.last+1
	c.docs = slices.Insert(c.docs, p.at, doc)
	if p.at == 0 {
		c.head = k
	}
	c.first, c.last = min(c.first, doc), max(c.last, doc)
}

// split makes room at p, where a chunk is full, and returns where that is now. The chunk is halved, save for the last
// one when it grows at its end.
func (o *order) split(p place) place {
	full := o.chunks[p.i].docs
	cut := maxChunk / 2
	if p.at == maxChunk && p.i == len(o.chunks)-1 {
		cut = maxChunk - 1
	}
	right := append(make([]uint32, 0, maxChunk), full[cut:]...)
	o.chunks[p.i] = o.newChunk(full[:cut])
	o.chunks = slices.Insert(o.chunks, p.i+1, o.newChunk(right))
	if p.at > cut {
		return place{p.i + 1, p.at - cut}
	}
	return p
}

// remove takes doc out, which is there. Its key must still be what it was.
func (o *order) remove(doc uint32) {
	o.length--
	i := o.chunk(o.key(doc), 1)
	c := &o.chunks[i]
	at := slices.Index(c.docs, doc) // costs less than to look at the keys of some
	c.even = c.even && at == len(c.docs)-1
	c.docs = slices.Delete(c.docs, at, at+1)
	switch {
	case len(c.docs) == 0:
		o.chunks = slices.Delete(o.chunks, i, i+1)
	case at == 0 || doc == c.first || doc == c.last:
		*c = o.newChunk(c.docs)
	}
}
