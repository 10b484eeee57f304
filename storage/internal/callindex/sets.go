package callindex

import (
	"math/bits"
	"sync"
)

// sets lends out sets. It remembers those that a query has used, so that they are used again.
type sets struct{ pool sync.Pool }

// get returns an empty set for the numbers below n.
func (p *sets) get(n int) set {
	words := (n + 63) / 64
	if old, _ := p.pool.Get().(*set); old != nil && cap(*old) >= words {
		s := (*old)[:words]
		clear(s)
		return s
	}
	return make(set, words, words+words/8)
}

func (p *sets) put(s set) { p.pool.Put(&s) }

// of returns the numbers of d as a set that is as long as s.
func (p *sets) of(d *docs, s set) set {
	other := p.get(len(s) * 64)
	if d.many != nil {
		d.many.WriteDenseTo(other)
	} else {
		p.addDocs(other, d)
	}
	return other
}

// addDocs adds all of d.
func (p *sets) addDocs(s set, d *docs) {
	if d.sparse(s) {
		for some := range d.pieces() {
			for _, n := range some {
				s.add(n)
			}
		}
		return
	}
	other := p.of(d, s)
	s.or(other)
	p.put(other)
}

// addKnown adds all of d, if there is one.
func (p *sets) addKnown(s set, d *docs) {
	if d != nil {
		p.addDocs(s, d)
	}
}

// intersect leaves in s only what is in d.
func (p *sets) intersect(s set, d *docs) {
	other := p.of(d, s)
	s.and(other)
	p.put(other)
}

// countBoth returns how many are in both.
func (p *sets) countBoth(s set, d *docs) (n int) {
	if d.sparse(s) {
		for some := range d.pieces() {
			for _, doc := range some {
				n += s.bit(doc)
			}
		}
		return n
	}
	other := p.of(d, s)
	for i, w := range other {
		n += bits.OnesCount64(w & s[i])
	}
	p.put(other)
	return n
}
