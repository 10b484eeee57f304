package callindex

import (
	"cmp"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// union is the documents that are in one set or another.
type union []*docs

// len is how many they are, or more if some are in several.
func (u union) len() (n int) {
	for _, d := range u {
		n += d.len()
	}
	return n
}

// countIn returns how many are in m, too, if none is in several sets.
func (u union) countIn(m *roaring.Bitmap) (n int) {
	for _, d := range u {
		n += d.countIn(m)
	}
	return n
}

// wanted is the documents that are in each of some unions, and good if that is asked. What is good is in the unions
// anyway: they are there to ask for few.
type wanted struct {
	all  []union
	good func(doc uint32) bool
}

// meet returns which documents are in each of some unions. It may be a set that is kept, so nobody may change it.
func (p *sets) meet(all []union) *roaring.Bitmap {
	slices.SortFunc(all, func(a, b union) int { return cmp.Compare(a.len(), b.len()) })
	m := p.unite(all[0])
	for i, u := range all[1:] {
		if i == 0 {
			m = roaring.And(m, p.unite(u))
		} else {
			m.And(p.unite(u))
		}
	}
	return m
}

// unite returns the documents of a union, which may be a set that is kept.
func (p *sets) unite(u union) *roaring.Bitmap {
	if len(u) == 1 && u[0].many != nil {
		return u[0].many
	}
	s := p.get()
	for _, d := range u {
		if d.many != nil {
			p.add(s, d.many)
		} else {
			s.addList(d.few)
		}
	}
	return p.bitmap(s)
}

// either returns which documents are in each of some unions, and also wanted in one way or another.
func (p *sets) either(all []union, ways []wanted) *roaring.Bitmap {
	if len(ways) == 1 && ways[0].good == nil {
		return p.meet(append(all, ways[0].all...))
	}
	s := p.get()
	for _, v := range ways {
		m := p.meet(slices.Concat(all, v.all))
		if v.good == nil {
			p.add(s, m)
			continue
		}
		for some := range pieces(m) {
			for _, doc := range some {
				if !s.has(doc) && v.good(doc) {
					s.add(doc)
				}
			}
		}
	}
	return p.bitmap(s)
}

// pieces yields all numbers of m, rising, some at a time. What it yields is good until the next.
func pieces(m *roaring.Bitmap) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		var some [512]uint32
		for it := m.ManyIterator(); ; {
			n := it.NextMany(some[:])
			if n == 0 || !yield(some[:n]) {
				return
			}
		}
	}
}

// list returns all numbers as a list, some more than once if they are in several sets.
func (u union) list() (list []uint32) {
	for _, d := range u {
		list = append(list, d.list()...)
	}
	return list
}
