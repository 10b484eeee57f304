package callindex

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// numbered is a document and the number that it is sorted by.
type numbered struct {
	number uint64
	doc    uint32
}

// numbersOf returns what the documents are sorted by in an order that is not that of names.
func (t *calls) numbersOf(by int) func(doc uint32) (number uint64, none bool) {
	return func(doc uint32) (uint64, bool) {
		v := t.records.at(doc).value(by)
		return uint64(v.number) ^ 1<<63, v.none
	}
}

// rankOf returns the places of the documents' names among all names.
func (t *calls) rankOf() func(doc uint32) (number uint64, none bool) {
	ranks, unnamed := t.names.ranks(), t.names.byText
	empty, some := unnamed[""]
	return func(doc uint32) (uint64, bool) {
		n := *t.names.numbers.at(doc)
		return uint64(ranks[n]), some && n == empty
	}
}

// ranks returns the places of the texts in their order, by number.
func (t *texts) ranks() []uint32 {
	type begun struct {
		first uint64 // its first bytes, which most comparisons need alone
		n     uint32
	}
	list := make([]begun, t.list.length)
	for n := range list {
		var first [8]byte
		copy(first[:], *t.list.at(uint32(n)))
		list[n] = begun{binary.BigEndian.Uint64(first[:]), uint32(n)}
	}
	slices.SortFunc(list, func(a, b begun) int {
		if a.first != b.first {
			return cmp.Compare(a.first, b.first)
		}
		return cmp.Compare(*t.list.at(a.n), *t.list.at(b.n))
	})
	ranks := make([]uint32, len(list))
	for rank, b := range list {
		ranks[b.n] = uint32(rank)
	}
	return ranks
}

// load fills an order, which is empty, with those of the documents that have a number; they come by their identifiers.
func (o *order) load(byID []uint32, of func(doc uint32) (number uint64, none bool)) {
	list := make([]numbered, 0, len(byID))
	var nones []uint32
	for _, doc := range byID {
		if number, none := of(doc); none {
			nones = append(nones, doc)
		} else {
			list = append(list, numbered{number, doc})
		}
	}
	docs := make([]uint32, len(list))
	for i, n := range sortNumbered(list) {
		docs[i] = n.doc
	}
	o.fill(docs)
	slices.Sort(nones)
	for _, doc := range nones {
		o.none.add(doc)
	}
	o.none.pack()
}

// fill puts documents into an order that is empty.
func (o *order) fill(docs []uint32) {
	o.length = len(docs)
	for some := range slices.Chunk(docs, maxChunk) {
		o.chunks = append(o.chunks, o.newChunk(slices.Clone(some)))
	}
}

// digitBits is how much of a number is looked at in one turn of sortNumbered.
const digitBits = 11

// sortNumbered returns the list by number; what has the same number stays as it was. The list itself is spoilt. It looks
// at one digit after the other, from the least, and only at those in which the numbers differ.
func sortNumbered(list []numbered) []numbered {
	byNumber := func(a, b numbered) int { return cmp.Compare(a.number, b.number) }
	if slices.IsSortedFunc(list, byNumber) {
		return list
	}
	if len(list) < 1<<digitBits {
		slices.SortStableFunc(list, byNumber)
		return list
	}
	least, most := list[0].number, list[0].number
	for _, n := range list {
		least, most = min(least, n.number), max(most, n.number)
	}
	other := make([]numbered, len(list))
	for shift := 0; shift < 64 && (most-least)>>shift > 0; shift += digitBits {
		digit := func(n numbered) uint64 { return (n.number - least) >> shift & (1<<digitBits - 1) }
		var at [1 << digitBits]int
		for _, n := range list {
			at[digit(n)]++
		}
		sum := 0
		for d, count := range at {
			at[d], sum = sum, sum+count
		}
		for _, n := range list {
			d := digit(n)
			other[at[d]] = n
			at[d]++
		}
		list, other = other, list
	}
	return list
}
