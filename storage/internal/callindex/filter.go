package callindex

import (
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/avanter/voki/call"
)

// filter returns the documents that match q, nil for all, and how many they are. They may be a set that is kept.
func (t *calls) filter(lent *sets, q call.Query) (m *roaring.Bitmap, total int) {
	var all []union
	if q.Statuses != nil {
		statuses := make([]string, len(q.Statuses))
		for i, status := range q.Statuses {
			statuses[i] = string(status)
		}
		all = append(all, t.groups[byStatus].of(statuses))
	}
	if q.Departments != nil {
		all = append(all, t.groups[byDepartment].of(q.Departments))
	}
	if q.Users != nil {
		all = append(all, t.groups[byUser].of(q.Users))
	}
	if !q.From.IsZero() || !q.Until.IsZero() {
		all = append(all, t.within(lent, q.From, q.Until))
	}
	if part := call.Fold(q.Search); part != "" {
		m = lent.either(all, t.search(part))
	} else if len(all) > 0 {
		m = lent.meet(all)
	} else {
		return nil, t.records.length
	}
	return m, int(m.GetCardinality())
}

// within returns the documents that came in at from or later, and before until, each of which may be zero.
func (t *calls) within(lent *sets, from, until time.Time) (u union) {
	s, o := lent.get(), &t.orders[byInserted]
	first, last := int64(math.MinInt64), int64(math.MaxInt64) // first ≤ micros ≤ last
	if !from.IsZero() {
		first = ceilMicro(from)
	}
	if !until.IsZero() {
		last = ceilMicro(until) - 1
	}
	if zero := (time.Time{}).UnixMicro(); first <= zero && zero <= last {
		u = append(u, &o.none) // which have the zero time
	}
	// The order knows seconds. Within the first and the last one each document is looked at.
	since := func(second int64) place { return o.before(key{value{number: second}, newID("")}) }
	begin, finish := since(floorSecond(first)), since(floorSecond(last)+1)
	edge := func(second int64) bool { return second == floorSecond(first) || second == floorSecond(last) }
	for i := begin.i; i < len(o.chunks) && i <= finish.i; i++ {
		c, low, high := &o.chunks[i], 0, len(o.chunks[i].docs)
		if i == begin.i {
			low = begin.at
		}
		if i == finish.i {
			high = finish.at
		}
		if low >= high {
			continue
		}
		head, tail := t.records.at(c.docs[low]).second(), t.records.at(c.docs[high-1]).second()
		switch {
		case edge(head) || edge(tail):
			for _, doc := range c.docs[low:high] {
				if at := t.records.at(doc).inserted; first <= at && at <= last {
					s.add(doc)
				}
			}
		case low == 0 && high == len(c.docs) && c.solid():
			s.addRange(c.first, c.last+1)
		default:
			s.addList(c.docs[low:high])
		}
	}
	return append(u, &docs{many: lent.bitmap(s)})
}

// ceilMicro is the first microsecond that is not before t.
func ceilMicro(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }
