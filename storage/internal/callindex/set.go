package callindex

import (
	"iter"
	"math/bits"
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

// keep takes out what is not good.
func (s set) keep(good func(uint32) bool) {
	for n := range s.all() {
		if !good(n) {
			s[n/64] &^= 1 << (n % 64)
		}
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
