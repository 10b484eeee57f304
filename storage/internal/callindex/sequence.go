package callindex

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// maxChunk is the most entries of a chunk. With it, both a chunk and the list of the chunks of a million entries are
// copied in a microsecond or two.
const maxChunk = 1024

// sequence is the entries of a tenant in the order of [arrival], in chunks that are copied when they are written and
// shared until then.
//
// Invariants: no chunk is empty or longer than maxChunk; entries rise strictly within and across chunks; length is
// their number. A chunk is written only by the sequence whose mark it bears.
type sequence struct {
	chunks []*chunk
	length int
	mark   *mark // nil when nothing of it may be written, because a copy was taken
}

type chunk struct {
	mark    *mark
	entries []*Entry
}

// mark says whose a chunk is. It has a size, so that two of them never share an address.
type mark struct{ _ byte }

// arrival is the order of a sequence, and that of the list when it is sorted by inserted_at.
func arrival(a, b *Entry) int {
	return cmp.Or(cmp.Compare(a.second, b.second), strings.Compare(a.id, b.id))
}

// freeze returns a copy that shares everything and is only to be read.
func (s *sequence) freeze() sequence {
	s.mark = nil
	return *s
}

// own makes the list of chunks the sequence's own.
func (s *sequence) own() {
	if s.mark == nil {
		s.mark = new(mark)
		s.chunks = append(make([]*chunk, 0, len(s.chunks)+1), s.chunks...)
	}
}

// writable makes the i-th chunk the sequence's own.
func (s *sequence) writable(i int) *chunk {
	s.own()
	c := s.chunks[i]
	if c.mark != s.mark {
		c = &chunk{mark: s.mark, entries: append(make([]*Entry, 0, len(c.entries)+1), c.entries...)}
		s.chunks[i] = c
	}
	return c
}

// find returns where e is, or where it would be inserted: behind the last entry of a chunk rather than before the
// first of the next one.
func (s *sequence) find(e *Entry) (i, at int, found bool) {
	if len(s.chunks) == 0 {
		return 0, 0, false
	}
	i, found = slices.BinarySearchFunc(s.chunks, e, func(c *chunk, e *Entry) int {
		return arrival(c.entries[0], e)
	})
	if !found {
		i = max(i-1, 0)
	}
	at, found = slices.BinarySearchFunc(s.chunks[i].entries, e, arrival)
	return i, at, found
}

// insert adds e, which is not there.
func (s *sequence) insert(e *Entry) {
	s.length++
	if len(s.chunks) == 0 {
		s.own()
		s.chunks = append(s.chunks, &chunk{mark: s.mark, entries: []*Entry{e}})
		return
	}
	i, at, _ := s.find(e)
	c := s.writable(i)
	if len(c.entries) < maxChunk {
		c.entries = slices.Insert(c.entries, at, e)
		return
	}
	// A full chunk is halved, save for the last one when it grows at its end: calls come in one after the other.
	cut := maxChunk / 2
	if at == maxChunk && i == len(s.chunks)-1 {
		cut = maxChunk
	}
	right := &chunk{mark: s.mark, entries: append(make([]*Entry, 0, maxChunk), c.entries[cut:]...)}
	clear(c.entries[cut:])
	c.entries = c.entries[:cut]
	if at >= cut {
		right.entries = slices.Insert(right.entries, at-cut, e)
	} else {
		c.entries = slices.Insert(c.entries, at, e)
	}
	s.chunks = slices.Insert(s.chunks, i+1, right)
}

// replace puts e in the place of the entry that is equal to it in the order.
func (s *sequence) replace(e *Entry) {
	i, at, _ := s.find(e)
	s.writable(i).entries[at] = e
}

// remove takes e out, which is there.
func (s *sequence) remove(e *Entry) {
	i, at, _ := s.find(e)
	c := s.writable(i)
	c.entries = slices.Delete(c.entries, at, at+1)
	if len(c.entries) == 0 {
		s.chunks = slices.Delete(s.chunks, i, i+1)
	}
	s.length--
}

// rank returns how many entries come before e, which need not be there itself.
func (s *sequence) rank(e *Entry) int {
	i, rank, _ := s.find(e)
	for _, c := range s.chunks[:i] {
		rank += len(c.entries)
	}
	return rank
}

// has reports whether an entry is there that is equal to e in the order.
func (s *sequence) has(e *Entry) bool {
	_, _, found := s.find(e)
	return found
}

// scan yields the entries with the ranks from ≤ rank < to, with their ranks, in rising order or in falling.
func (s *sequence) scan(from, to int, rising bool) iter.Seq2[int, *Entry] {
	if rising {
		return s.ascend(from, to)
	}
	return s.descend(from, to)
}

// ascend yields the entries with the ranks from ≤ rank < to.
func (s *sequence) ascend(from, to int) iter.Seq2[int, *Entry] {
	return func(yield func(int, *Entry) bool) {
		rank := 0
		for _, c := range s.chunks {
			if rank >= to {
				return
			}
			if rank+len(c.entries) <= from {
				rank += len(c.entries)
				continue
			}
			for i := max(from-rank, 0); i < min(to-rank, len(c.entries)); i++ {
				if !yield(rank+i, c.entries[i]) {
					return
				}
			}
			rank += len(c.entries)
		}
	}
}

// descend yields what ascend does, backwards.
func (s *sequence) descend(from, to int) iter.Seq2[int, *Entry] {
	return func(yield func(int, *Entry) bool) {
		rank := s.length
		for _, c := range slices.Backward(s.chunks) {
			rank -= len(c.entries)
			if rank+len(c.entries) <= from {
				return
			}
			for i := min(to-rank, len(c.entries)) - 1; i >= max(from-rank, 0); i-- {
				if !yield(rank+i, c.entries[i]) {
					return
				}
			}
		}
	}
}
