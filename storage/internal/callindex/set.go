package callindex

import (
	"iter"
	"math/bits"
)

// set is a set of documents while a query is answered: a bit for each document there is. All of one query have one
// length.
//
// Invariant: its span lies within the words, and all words outside of it are zero.
type set struct {
	words []uint64
	span
}

// span is some of the words of sets: from ≤ i < to.
type span struct{ from, to int }

func (w span) empty() bool { return w.from >= w.to }

func (w span) and(o span) span { return span{max(w.from, o.from), min(w.to, o.to)} }

func (w span) or(o span) span {
	switch {
	case w.empty():
		return o
	case o.empty():
		return w
	}
	return span{min(w.from, o.from), max(w.to, o.to)}
}

// whole is all words of s.
func (s *set) whole() span { return span{0, len(s.words)} }

func (s *set) has(n uint32) bool { return s.words[n/64]>>(n%64)&1 != 0 }

// bit is has as a number.
func (s *set) bit(n uint32) int { return int(s.words[n/64] >> (n % 64) & 1) }

// gap returns how many numbers behind n, or else before it, are not there either; at least those within its word.
func (s *set) gap(n uint32, behind bool) int {
	w := s.words[n/64]
	if behind {
		return min(bits.TrailingZeros64(w>>(n%64)), int(64-n%64)) - 1
	}
	return min(bits.LeadingZeros64(w<<(63-n%64)), int(n%64+1)) - 1
}

func (s *set) count() (n int) {
	for _, w := range s.words[s.from:s.to] {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s *set) add(n uint32) {
	s.span = s.or(span{int(n / 64), int(n/64) + 1})
	s.words[n/64] |= 1 << (n % 64)
}

// addList puts the numbers of a list in, and returns how many more there are.
func (s *set) addList(list []uint32) (more int) {
	if len(list) == 0 {
		return 0
	}
	low, high := list[0], list[0]
	for _, n := range list {
		low, high = min(low, n), max(high, n)
		w := &s.words[n/64]
		more += int(^*w >> (n % 64) & 1)
		*w |= 1 << (n % 64)
	}
	s.span = s.or(span{int(low / 64), int(high/64) + 1})
	return more
}

// addRange adds from ≤ n < to.
func (s *set) addRange(from, to uint32) {
	if from >= to {
		return
	}
	s.span = s.or(span{int(from / 64), int(to-1)/64 + 1})
	for n := from; n < to; {
		next := min(n/64*64+64, to)
		s.words[n/64] |= mask(n%64, next-n)
		n = next
	}
}

// countRange returns how many n there are with from ≤ n < to.
func (s *set) countRange(from, to uint32) (count int) {
	from, to = max(from, uint32(s.from)*64), min(to, uint32(s.to)*64)
	for n := from; n < to; {
		next := min(n/64*64+64, to)
		count += bits.OnesCount64(s.words[n/64] & mask(n%64, next-n))
		n = next
	}
	return count
}

// mask has length bits set, the first of which is at.
func mask(at, length uint32) uint64 { return ^uint64(0) >> (64 - length) << at }

// within leaves no more than a span, and clears the rest.
func (s *set) within(w span) {
	if w = s.and(w); w.empty() {
		w = span{s.from, s.from}
	}
	clear(s.words[s.from:w.from])
	clear(s.words[w.to:max(w.to, s.to)])
	s.span = w
}

func (s *set) intersect(o *set) {
	s.within(o.span)
	words := s.words[s.from:s.to]
	for i, w := range o.words[s.from:s.to] {
		words[i] &= w
	}
}

func (s *set) unite(o *set) {
	if o.empty() {
		return
	}
	s.span = s.or(o.span)
	to := s.words[o.from:o.to]
	for i, w := range o.words[o.from:o.to] {
		to[i] |= w
	}
}

// keep takes out what is not good.
func (s *set) keep(good func(uint32) bool) {
	for n := range s.all() {
		if !good(n) {
			s.words[n/64] &^= 1 << (n % 64)
		}
	}
}

// all yields the documents, rising.
func (s *set) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for n := range all(s.words[s.from:s.to]) {
			if !yield(uint32(s.from)*64 + n) {
				return
			}
		}
	}
}

// all yields the numbers of the bits that are set, rising.
func all(words []uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range words {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}
