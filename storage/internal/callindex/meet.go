package callindex

import (
	"cmp"
	"slices"
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

// wanted is the documents that are in each of some unions, and within a set if there is one, and good if that is asked.
// There is at least one union, or the set. What is good is in the unions anyway: they are there to ask for few.
type wanted struct {
	all    []union
	within *set
	good   func(doc uint32) bool
}

// fewLooked is the most documents that are looked at themselves rather than for in one more set.
const fewLooked = 256

// meet returns which documents of n are wanted, and how many they are. When few are in the least union they are gone
// through one by one, else all words of the sets.
func (p *sets) meet(n int, v wanted) (s *set, count int) {
	s = p.get(n)
	slices.SortFunc(v.all, func(a, b union) int { return cmp.Compare(a.len(), b.len()) })
	by, least := v.within != nil, n
	if by {
		least = v.within.count()
	}
	if len(v.all) > 0 && v.all[0].len() <= least {
		by, least = false, v.all[0].len()
	}
	if least <= max(len(s.words), fewLooked) {
		return s, p.meetFew(s, v, by)
	}
	if by {
		s.unite(v.within)
	} else {
		in := s.whole()
		if v.within != nil {
			in = v.within.span
		}
		for _, d := range v.all[0] {
			s.uniteDocs(d, in)
		}
		if v.within != nil {
			s.intersect(v.within)
		}
		v.all = v.all[1:]
	}
	for _, u := range v.all {
		if len(u) == 1 && u[0].many != nil {
			s.intersectBlocks(u[0].many)
			continue
		}
		other := p.united(u, s)
		s.intersect(other)
		p.put(other)
	}
	if v.good != nil {
		s.keep(v.good)
	}
	return s, s.count()
}

// either returns which documents of n, and of m if it is set, are wanted in one way or another, and how many they are. It
// takes m, and the sets of the ways.
func (p *sets) either(n int, m *set, ways []wanted) (s *set, count int) {
	for i, v := range ways {
		switch {
		case m == nil:
		case v.within == nil:
			v.within = m
		default:
			v.within.intersect(m)
		}
		if good := v.good; i > 0 && good != nil {
			v.good = func(doc uint32) bool { return !s.has(doc) && good(doc) }
		}
		found, foundCount := p.meet(n, v)
		if v.within != nil && v.within != m {
			p.put(v.within)
		}
		if count == 0 {
			s, found = found, s
			count = foundCount
		} else if foundCount > 0 {
			s.unite(found)
			count = s.count()
		}
		if found != nil {
			p.put(found)
		}
	}
	if m != nil {
		p.put(m)
	}
	return s, count
}

// united returns the documents of u, those in the span of s at least.
func (p *sets) united(u union, s *set) *set {
	other := p.get(len(s.words) * 64)
	for _, d := range u {
		other.uniteDocs(d, s.span)
	}
	return other
}

// meetFew puts into s what is wanted of those within, or else of those in the first union.
func (p *sets) meetFew(s *set, v wanted, within bool) (count int) {
	borrowed := p.list()
	defer p.lists.Put(borrowed)
	list := *borrowed
	if within {
		list = slices.AppendSeq(list, v.within.all())
	} else {
		list = v.all[0].appendTo(list)
		v.all = v.all[1:]
	}
	*borrowed = list
	if v.within != nil && !within {
		list = v.within.keepIn(list)
	}
	for _, u := range v.all {
		switch {
		case v.good != nil && len(list) <= fewLooked:
		case len(u) == 1:
			list = u[0].keep(list)
		default:
			s.span = s.whole()
			other := p.united(u, s)
			s.span = span{}
			list = other.keepIn(list)
			p.put(other)
		}
	}
	if v.good != nil {
		list = slices.DeleteFunc(list, func(doc uint32) bool { return !v.good(doc) })
	}
	return s.addList(list)
}

// keepIn leaves in a list what s has.
func (s *set) keepIn(list []uint32) []uint32 {
	kept := 0
	for _, n := range list {
		list[kept] = n
		kept += s.bit(n)
	}
	return list[:kept]
}

// appendTo appends all numbers to a list, some more than once if they are in several sets.
func (u union) appendTo(list []uint32) []uint32 {
	for _, d := range u {
		list = d.appendTo(list)
	}
	return list
}
