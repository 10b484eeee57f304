package callindex

import (
	"math/bits"
	"slices"
)

// in returns the part of a span that is in the i-th block.
func (w span) in(i int) span { return w.and(span{i * blockWords, (i + 1) * blockWords}) }

// uniteDocs adds what is in d and in a span.
func (s *set) uniteDocs(d *docs, w span) {
	if d.many == nil {
		for _, n := range d.few {
			if i := int(n / 64); w.from <= i && i < w.to {
				s.add(n)
			}
		}
		return
	}
	for i := range d.many.list {
		b, in := &d.many.list[i], w.in(i)
		if b.length == 0 || in.empty() {
			continue
		}
		s.span = s.or(in)
		if b.bits != nil {
			words := s.words[in.from:in.to]
			for i, w := range b.bits[in.from%blockWords:][:len(words)] {
				words[i] |= w
			}
			continue
		}
		words := s.words[i*blockWords : in.to]
		for _, low := range b.listed(in) {
			words[low/64] |= 1 << (low % 64)
		}
	}
}

// listed is the part of a list that is in a span, which is within the block's.
func (b *block) listed(w span) []uint16 {
	list := b.list
	if to := w.to % blockWords; to > 0 {
		at, _ := slices.BinarySearch(list, uint16(to*64))
		list = list[:at]
	}
	if from := w.from % blockWords; from > 0 {
		at, _ := slices.BinarySearch(list, uint16(from*64))
		list = list[at:]
	}
	return list
}

// intersectBlocks leaves what is in m.
func (s *set) intersectBlocks(m *blocks) {
	s.within(span{0, len(m.list) * blockWords})
	for i := s.from / blockWords; i*blockWords < s.to; i++ {
		b, in := &m.list[i], s.in(i)
		of := b.bits
		if of == nil {
			of = bitsOf(b.list)
		}
		words := s.words[in.from:in.to]
		for i, w := range of[in.from%blockWords:][:len(words)] {
			words[i] &= w
		}
	}
}

// countDocs returns how many are in both.
func (s *set) countDocs(d *docs) (n int) {
	if d.many == nil {
		for _, doc := range d.few {
			n += s.bit(doc)
		}
		return n
	}
	for i := range d.many.list {
		b, in := &d.many.list[i], s.in(i)
		if b.length == 0 || in.empty() {
			continue
		}
		if b.bits != nil {
			words := s.words[in.from:in.to]
			for i, w := range b.bits[in.from%blockWords:][:len(words)] {
				n += bits.OnesCount64(w & words[i])
			}
			continue
		}
		words := s.words[i*blockWords : in.to]
		for _, low := range b.listed(in) {
			n += int(words[low/64] >> (low % 64) & 1)
		}
	}
	return n
}
