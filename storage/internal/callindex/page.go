package callindex

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/avanter/voki/call"
)

// few is how many matches are rather sorted than found on a walk along an order.
const few = 256

// segment is a part of a list: the documents of an order, or those of it that are within some. It has one of the values
// by which the list is sorted, or several if its order is the list's, or none.
type segment struct {
	order  *order
	within union  // nil for all
	name   string // its value, if within is set
	none   bool
}

// segments returns the parts of a list, rising, and last that of the calls without a value.
func (t *calls) segments(by call.Sort) []segment {
	if g, ok := grouped[by]; ok {
		return t.groups[g].segments(&t.byID)
	}
	o := &t.orders[kept[by]]
	return []segment{{order: o}, {order: &t.byID, none: true, within: union{&o.none}}}
}

// sortKey is the key of an entry in the order of a sort.
func sortKey(by call.Sort, e Entry) key {
	k := key{id: e.id}
	if g, ok := grouped[by]; ok {
		name := [groups]ref{byStatus: e.status, byDepartment: e.department, byUser: e.user, byRating: e.rating}[g].name
		k.value = textValue(name)
	} else if kept[by] == byName {
		k.value = textValue(e.name)
	} else {
		r := record{times: e.times}
		k.value = r.value(kept[by])
	}
	return k
}

// reader reads a page, one segment after the other.
type reader struct {
	lent  *sets
	m     *roaring.Bitmap // what matches; nil for all
	total int
	asc   bool

	skip, take int // of what is to come
	docs       []uint32
}

// page appends the documents that q shows of those that match to room, which is empty.
func (t *calls) page(lent *sets, q call.Query, m *roaring.Bitmap, total int, room []uint32) []uint32 {
	room = slices.Grow(room, min(q.Limit, total))
	r := reader{lent: lent, m: m, total: total, asc: q.Asc, skip: q.Offset, take: q.Limit, docs: room}
	list := t.segments(q.Sort)
	if !q.Asc {
		slices.Reverse(list[:len(list)-1])
	}
	if q.After != nil {
		r.behind(list, sortKey(q.Sort, NewEntry(*q.After)))
		return r.docs
	}
	if q.Offset >= total {
		return room
	}
	// A page in the second half is read backwards.
	r.take = min(q.Limit, total-q.Offset)
	back := total - q.Offset - r.take
	if back >= q.Offset {
		r.read(list)
		return r.docs
	}
	r.skip, r.asc = back, !q.Asc
	slices.Reverse(list)
	r.read(list)
	slices.Reverse(r.docs)
	return r.docs
}

// behind reads what is behind the key.
func (r *reader) behind(list []segment, after key) {
	for i, s := range list {
		if after.none != s.none {
			continue
		}
		if s.within != nil && !s.none {
			if s.name != after.text && s.name > after.text != r.asc {
				continue
			}
			if s.name != after.text {
				r.read(list[i:])
				return
			}
			after.value = value{} // in a segment of one value, the identifiers are in order
		}
		if s.none {
			after.value = value{}
		}
		r.segment(s, &after)
		r.read(list[i+1:])
		return
	}
	r.read(list[len(list)-1:]) // no value is behind it
}

func (r *reader) read(list []segment) {
	for _, s := range list {
		if r.take == 0 {
			return
		}
		r.segment(s, nil)
	}
}

// segment reads what is wanted of a segment, or of its part behind a key.
func (r *reader) segment(s segment, after *key) {
	count := r.count(s)
	if count == 0 || after == nil && count <= r.skip {
		if after == nil {
			r.skip -= count
		}
		return
	}
	m := r.m
	if s.within != nil {
		m = r.members(s)
	}
	if m != nil && m.GetCardinality() <= few {
		r.sort(s.order, m, after)
		return
	}
	var in *walked
	if m != nil {
		in = &walked{r.lent.get(), m.Minimum(), m.Maximum()}
		m.WriteDenseTo(in.set)
		defer r.lent.put(in.set)
	}
	if r.asc {
		p := place{}
		if after != nil {
			p = s.order.behind(*after)
		}
		r.rise(s.order, in, p)
	} else {
		p := place{i: len(s.order.chunks)}
		if after != nil {
			p = s.order.before(*after)
		}
		r.fall(s.order, in, p)
	}
}

// count returns how many documents of a segment match.
func (r *reader) count(s segment) (n int) {
	if s.within == nil && r.m == nil {
		return s.order.length
	}
	within := s.within
	if within == nil {
		within = union{&s.order.none}
	}
	if r.m == nil {
		n = within.len()
	} else {
		n = within.countIn(r.m)
	}
	if s.within == nil {
		return r.total - n
	}
	return n
}

// members returns the documents of a segment that match.
func (r *reader) members(s segment) *roaring.Bitmap {
	all := []union{s.within}
	if r.m != nil {
		all = append(all, union{{many: r.m}})
	}
	return r.lent.meet(all)
}

// sort reads a segment of few matches. Of m it takes those with a value: the others are another segment's.
func (r *reader) sort(o *order, m *roaring.Bitmap, after *key) {
	type match struct {
		doc uint32
		key key
	}
	found := make([]match, 0, few)
	for doc := range roaring.Values(m) {
		if k := o.key(doc); !k.none && (after == nil || k.compare(*after) > 0 == r.asc && k.compare(*after) != 0) {
			found = append(found, match{doc, k})
		}
	}
	slices.SortFunc(found, func(a, b match) int { return a.key.compare(b.key) })
	if !r.asc {
		slices.Reverse(found)
	}
	skip := min(r.skip, len(found))
	r.skip -= skip
	for _, f := range found[skip:] {
		if r.take == 0 {
			return
		}
		r.docs = append(r.docs, f.doc)
		r.take--
	}
}

// rise reads what matches behind a place.
func (r *reader) rise(o *order, m *walked, p place) {
	for i := p.i; i < len(o.chunks) && r.take > 0; i++ {
		r.chunk(&o.chunks[i], m, p.at, len(o.chunks[i].docs))
		p.at = 0
	}
}

// fall reads what matches before a place, backwards.
func (r *reader) fall(o *order, m *walked, p place) {
	if p.i < len(o.chunks) {
		r.chunk(&o.chunks[p.i], m, 0, p.at)
	}
	for i := p.i - 1; i >= 0 && r.take > 0; i-- {
		r.chunk(&o.chunks[i], m, 0, len(o.chunks[i].docs))
	}
}

// chunk reads what matches in a part of a chunk.
func (r *reader) chunk(c *chunk, m *walked, from, to int) {
	if n := c.count(m, from, to); n <= r.skip {
		r.skip -= n
		return
	}
	for at := from; at < to && r.take > 0; at++ {
		n := at
		if !r.asc {
			n = to - 1 - (at - from)
		}
		doc := c.docs[n]
		if m != nil && !m.has(doc) {
			if c.even {
				at += m.gap(doc, r.asc)
			}
			continue
		}
		if r.skip > 0 {
			r.skip--
			continue
		}
		r.docs = append(r.docs, doc)
		r.take--
	}
}
