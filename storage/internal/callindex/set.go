package callindex

import (
	"iter"
	"math/bits"
	"sync"
)

// set is a set of documents while a query is answered: a bit for each there is. All of one query have one length.
type set []uint64

func (s set) add(n uint32) { s[n/64] |= 1 << (n % 64) }

func (s set) has(n uint32) bool { return s[n/64]>>(n%64)&1 != 0 }

// bit is has as a number.
func (s set) bit(n uint32) int { return int(s[n/64] >> (n % 64) & 1) }

func (s set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s set) and(o set) {
	o = o[:len(s)]
	for i := range s {
		s[i] &= o[i]
	}
}

func (s set) andNot(o set) {
	o = o[:len(s)]
	for i := range s {
		s[i] &^= o[i]
	}
}

func (s set) or(o set) {
	o = o[:len(s)]
	for i := range s {
		s[i] |= o[i]
	}
}

// addRange adds from ≤ n < to.
func (s set) addRange(from, to uint32) {
	for n := from; n < to; {
		next := min(n/64*64+64, to)
		s[n/64] |= mask(n%64, next-n)
		n = next
	}
}

// countRange returns how many n there are with from ≤ n < to.
func (s set) countRange(from, to uint32) (count int) {
	for n := from; n < to; {
		next := min(n/64*64+64, to)
		count += bits.OnesCount64(s[n/64] & mask(n%64, next-n))
		n = next
	}
	return count
}

// mask has length bits set, the first of which is at.
func mask(at, length uint32) uint64 { return ^uint64(0) >> (64 - length) << at }

func (s set) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

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

// addDocs adds all of d.
func (p *sets) addDocs(s set, d *docs) {
	if d.many == nil {
		for _, n := range d.few {
			s.add(n)
		}
		return
	}
	if d.len() < len(s) {
		var some [256]uint32
		for it := d.many.ManyIterator(); ; {
			n := it.NextMany(some[:])
			if n == 0 {
				return
			}
			for _, n := range some[:n] {
				s.add(n)
			}
		}
	}
	other := p.get(len(s) * 64) // for what is written to a dense set may replace what is there
	d.many.WriteDenseTo(other)
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
	other := p.get(len(s) * 64)
	p.addDocs(other, d)
	s.and(other)
	p.put(other)
}

// countBoth returns how many are in both.
func (p *sets) countBoth(s set, d *docs) (n int) {
	if d.many == nil {
		for _, doc := range d.few {
			n += s.bit(doc)
		}
		return n
	}
	other := p.get(len(s) * 64)
	defer p.put(other)
	p.addDocs(other, d)
	for i, w := range other {
		n += bits.OnesCount64(w & s[i])
	}
	return n
}
