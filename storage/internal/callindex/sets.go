package callindex

import "sync"

// sets lends out sets, and lists. It remembers those that a query has used, so that they are used again.
type sets struct{ sets, lists sync.Pool }

// get returns an empty set for the numbers below n.
func (p *sets) get(n int) *set {
	words := (n + 63) / 64
	if s, _ := p.sets.Get().(*set); s != nil && cap(s.words) >= words {
		s.words = s.words[:words]
		return s
	}
	return &set{words: make([]uint64, words, words+words/8)}
}

func (p *sets) put(s *set) {
	clear(s.words[s.from:s.to])
	s.span = span{}
	p.sets.Put(s)
}

// list returns an empty list.
func (p *sets) list() *[]uint32 {
	if list, _ := p.lists.Get().(*[]uint32); list != nil {
		*list = (*list)[:0]
		return list
	}
	return new([]uint32)
}
