package callindex

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/avanter/voki/call"
)

// ordered reports whether the order of arrival is that of q. It is when sorted by inserted_at, save that a call
// without that time, of which there should be none, is last in both directions and here the first.
func (s Snapshot) ordered(q call.Query) bool {
	if q.Sort != "" && q.Sort != call.SortInsertedAt {
		return false
	}
	if !q.Asc {
		return true
	}
	for _, first := range s.order.ascend(0, 1) {
		if first.second == noSecond {
			return false
		}
	}
	return q.After == nil || !q.After.InsertedAt.IsZero()
}

// walk answers a query in the order of arrival.
func (s Snapshot) walk(q call.Query, f filter) (rows []*Entry, total int) {
	first, end := s.behind(q, f)
	if f.all() {
		return s.cut(q, first, end), f.end - f.first
	}
	skip := q.Offset
	for rank, e := range s.order.scan(f.first, f.end, q.Asc) {
		if !f.matches(e) {
			continue
		}
		total++
		switch {
		case rank < first || rank >= end || len(rows) == q.Limit:
		case skip > 0:
			skip--
		default:
			rows = append(rows, e)
		}
	}
	return rows, total
}

// behind returns the ranks of what is left of the filter's range behind After.
func (s Snapshot) behind(q call.Query, f filter) (first, end int) {
	if q.After == nil {
		return f.first, f.end
	}
	after := NewEntry(*q.After)
	at := s.order.rank(&after)
	if !q.Asc {
		return f.first, min(f.end, at)
	}
	if s.order.has(&after) {
		at++
	}
	return max(f.first, at), f.end
}

// cut returns the rows of q if all entries between the ranks match; it looks at no others.
func (s Snapshot) cut(q call.Query, first, end int) (rows []*Entry) {
	length := max(end-first, 0)
	skip := min(q.Offset, length)
	take := min(q.Limit, length-skip)
	if q.Asc {
		first += skip
		end = first + take
	} else {
		end -= skip
		first = end - take
	}
	for _, e := range s.order.scan(first, end, q.Asc) {
		rows = append(rows, e)
	}
	return rows
}

// choose answers a query in any order.
func (s Snapshot) choose(q call.Query, f filter) (rows []*Entry, total int) {
	o := orderOf(q)
	var after *Entry
	if q.After != nil {
		e := NewEntry(*q.After)
		after = &e
	}
	most := math.MaxInt
	if q.Offset < most-q.Limit {
		most = q.Offset + q.Limit
	}
	best := first{order: o, most: most}
	for _, e := range s.order.ascend(f.first, f.end) {
		if !f.matches(e) {
			continue
		}
		total++
		if after == nil || o.compare(after, e) < 0 {
			best.add(e)
		}
	}
	return best.page(q.Offset), total
}

// first keeps the first so many of the entries that it is given, in time that is linear in their number: it collects
// twice as many and then drops the worse half. No two entries may compare equal.
type first struct {
	order   order
	most    int
	entries []*Entry
	worst   *Entry // of those kept at the last cut: what comes behind it is not wanted
}

func (b *first) add(e *Entry) {
	if b.worst != nil && b.order.compare(e, b.worst) > 0 {
		return
	}
	b.entries = append(b.entries, e)
	if len(b.entries)/2 >= b.most {
		b.cut()
	}
}

func (b *first) cut() {
	b.partition(b.entries, b.most)
	clear(b.entries[b.most:])
	b.entries = b.entries[:b.most]
	b.worst = slices.MaxFunc(b.entries, b.order.compare)
}

// page returns the entries behind the first offset ones, in order.
func (b *first) page(offset int) []*Entry {
	if len(b.entries) > b.most {
		b.cut()
	}
	if offset >= len(b.entries) {
		return nil
	}
	b.partition(b.entries, offset)
	page := b.entries[offset:]
	slices.SortFunc(page, b.order.compare)
	return page
}

// partition moves the first n entries of the order to the front, in any order.
func (b *first) partition(entries []*Entry, n int) {
	for n > 0 && n < len(entries) {
		at := rand.IntN(len(entries)) //nolint:gosec // no secret: it is there so that no data makes this slow
		last := len(entries) - 1
		entries[at], entries[last] = entries[last], entries[at]
		pivot, low := entries[last], 0
		for i, e := range entries[:last] {
			if b.order.compare(e, pivot) < 0 {
				entries[low], entries[i] = entries[i], entries[low]
				low++
			}
		}
		entries[low], entries[last] = entries[last], entries[low]
		switch {
		case n < low:
			entries = entries[:low]
		case n > low+1:
			entries, n = entries[low+1:], n-low-1
		default: // the pivot is the last of them, or the first of the others
			return
		}
	}
}
