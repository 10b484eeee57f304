package callindex

import "math/bits"

// set is documents for a part of a query: a bit for each document there is. It is what a walk asks for one document after
// the other, and what is put together of single ones.
type set []uint64

func (s set) has(n uint32) bool { return s[n/64]>>(n%64)&1 != 0 }

// bit is has as a number.
func (s set) bit(n uint32) int { return int(s[n/64] >> (n % 64) & 1) }

// gap returns how many numbers behind n, or else before it, are not there either; at least those within its word.
func (s set) gap(n uint32, behind bool) int {
	w := s[n/64]
	if behind {
		return min(bits.TrailingZeros64(w>>(n%64)), int(64-n%64)) - 1
	}
	return min(bits.LeadingZeros64(w<<(63-n%64)), int(n%64+1)) - 1
}

func (s set) add(n uint32) { s[n/64] |= 1 << (n % 64) }

func (s set) addList(list []uint32) {
	for _, n := range list {
		s.add(n)
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
