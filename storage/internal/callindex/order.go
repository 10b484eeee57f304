package callindex

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/avanter/voki/call"
)

// value is what a call is sorted by: a number or a text, or none.
type value struct {
	none   bool
	number int64
	text   string
}

func (v value) compare(o value) int {
	return cmp.Or(cmp.Compare(v.number, o.number), strings.Compare(v.text, o.text))
}

// The orders of a tenant's documents that are kept. Other sorts have few values and are told by a [group].
const (
	byInserted = iota
	byStarted
	byCompleted
	byDuration
	byWait
	byName
	orders
)

// kept is where the order of a sort is kept.
var kept = map[call.Sort]int{
	"":                    byInserted,
	call.SortInsertedAt:   byInserted,
	call.SortStartedAt:    byStarted,
	call.SortCompletedAt:  byCompleted,
	call.SortDuration:     byDuration,
	call.SortWaitTime:     byWait,
	call.SortCustomerName: byName,
}

// grouped is the group that tells a sort.
var grouped = map[call.Sort]int{
	call.SortStatus:         byStatus,
	call.SortDepartmentName: byDepartment,
	call.SortUserName:       byUser,
	call.SortRating:         byRating,
}

// value returns what a record is sorted by in one of the orders.
func (t *calls) value(by int, r *record) value {
	switch by {
	case byInserted:
		return timeValue(r.second())
	case byStarted:
		return timeValue(r.started)
	case byCompleted:
		return timeValue(r.completed)
	case byDuration:
		return between(r.started, r.completed)
	case byWait:
		return between(r.second(), r.started)
	}
	name := t.names.text(r.name)
	return value{none: name == "", text: name}
}

func timeValue(second int64) value { return value{none: second == noTime, number: second} }

func between(from, to int64) value {
	if from == noTime || to == noTime {
		return value{none: true}
	}
	return value{number: to - from}
}

// key is the place of a call in an order: what it is sorted by, and its identifier.
type key struct {
	value
	id id
}

func (k key) compare(o key) int {
	if c := k.value.compare(o.value); c != 0 {
		return c
	}
	return k.id.compare(o.id)
}

// maxChunk is the most documents of a chunk.
const maxChunk = 1024

// order is the documents that have a value, by their keys, in chunks.
//
// Invariants: no chunk is empty or longer than maxChunk; keys rise strictly within and across chunks; length is the
// number of documents.
type order struct {
	key    func(doc uint32) key
	chunks []chunk
	length int
	none   docs // those without a value
}

// chunk is some of the documents of an order. As most orders follow the order of arrival, many a chunk has all
// documents from its first number to its last one, and can be counted without looking at each.
type chunk struct {
	docs        []uint32
	first, last uint32 // the lowest and the highest number
}

func newChunk(docs []uint32) chunk { return chunk{docs, slices.Min(docs), slices.Max(docs)} }

// solid reports whether c has all numbers between first and last.
func (c *chunk) solid() bool { return int(c.last-c.first)+1 == len(c.docs) }

// count returns how many documents there are in m, nil being all, from ≤ i < to.
func (c *chunk) count(m set, from, to int) (n int) {
	switch {
	case m == nil:
		return to - from
	case to-from == len(c.docs) && c.solid():
		return m.countRange(c.first, c.last+1)
	}
	for _, doc := range c.docs[from:to] {
		n += m.bit(doc)
	}
	return n
}

// place is between two documents of an order: before the at-th of the i-th chunk, or behind its last one.
type place struct{ i, at int }

// find returns the place behind all documents that are before, which are the first ones.
func (o *order) find(before func(doc uint32) bool) place {
	i := sort.Search(len(o.chunks), func(i int) bool { return !before(o.chunks[i].docs[0]) })
	if i == 0 {
		return place{}
	}
	docs := o.chunks[i-1].docs
	return place{i - 1, sort.Search(len(docs), func(at int) bool { return !before(docs[at]) })}
}

// before returns the place before the document with the key k, be there one or not.
func (o *order) before(k key) place {
	return o.find(func(doc uint32) bool { return o.key(doc).compare(k) < 0 })
}

// behind returns the place behind it.
func (o *order) behind(k key) place {
	return o.find(func(doc uint32) bool { return o.key(doc).compare(k) <= 0 })
}

// reaches reports whether k is not behind all documents, as it is with what has just come.
func (o *order) reaches(k key) bool {
	last := len(o.chunks) - 1
	return last >= 0 && o.key(o.chunks[last].docs[len(o.chunks[last].docs)-1]).compare(k) >= 0
}

// insert adds doc, which is not there.
func (o *order) insert(doc uint32) {
	o.length++
	if len(o.chunks) == 0 {
		o.chunks = append(o.chunks, newChunk([]uint32{doc}))
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
	c.docs = slices.Insert(c.docs, p.at, doc)
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
	o.chunks[p.i] = newChunk(full[:cut])
	o.chunks = slices.Insert(o.chunks, p.i+1, newChunk(right))
	if p.at > cut {
		return place{p.i + 1, p.at - cut}
	}
	return p
}

// remove takes doc out, which is there. Its key must still be what it was.
func (o *order) remove(doc uint32) {
	o.length--
	p := o.behind(o.key(doc))
	c := &o.chunks[p.i]
	c.docs = slices.Delete(c.docs, p.at-1, p.at)
	switch {
	case len(c.docs) == 0:
		o.chunks = slices.Delete(o.chunks, p.i, p.i+1)
	case doc == c.first || doc == c.last:
		*c = newChunk(c.docs)
	}
}
