package callindex

import "slices"

const (
	// maxFew is the most documents that are kept as one list; blocks of fewer cost more.
	maxFew = 256
	// maxListed is the most documents of a block that are kept as a list; bits of fewer cost more.
	maxListed = 4096

	blockBits  = 16
	blockWords = 1 << blockBits / 64
)

// docs is a set of documents, or of other small numbers, that is kept. Its zero value is empty.
type docs struct {
	few  []uint32 // rising, if many is nil
	many *blocks
}

// blocks are a set with many numbers: those with the same high bits are in one block.
type blocks struct {
	list   []block // by the high bits
	length int
}

// block is the low bits of some numbers, as a list or as bits.
type block struct {
	list   []uint16 // rising, if bits is nil
	bits   *[blockWords]uint64
	length int
}

func (d *docs) len() int {
	if d.many == nil {
		return len(d.few)
	}
	return d.many.length
}

// add puts n in. It costs little if n is the highest, as what has just come is.
func (d *docs) add(n uint32) {
	if d.many != nil {
		d.many.add(n)
		return
	}
	last := len(d.few) - 1
	if last < 0 || d.few[last] < n {
		d.few = append(d.few, n)
	} else if at, found := slices.BinarySearch(d.few, n); !found {
		d.few = slices.Insert(d.few, at, n)
	}
	if len(d.few) > maxFew {
		d.spread()
	}
}

// spread makes blocks of a list.
func (d *docs) spread() {
	if d.many == nil {
		d.many = new(blocks)
		for _, n := range d.few {
			d.many.add(n)
		}
		d.few = nil
		d.pack()
	}
}

func (d *docs) remove(n uint32) {
	if d.many == nil {
		if at, found := slices.BinarySearch(d.few, n); found {
			d.few = slices.Delete(d.few, at, at+1)
		}
		return
	}
	d.many.remove(n)
	if d.many.length < maxFew/2 { // and not maxFew, lest it goes to and fro
		d.few, d.many = d.appendTo(nil), nil
	}
}

// pack gives back the room for numbers that may never come.
func (d *docs) pack() {
	if d.many == nil {
		d.few = packed(d.few)
	} else if last := len(d.many.list) - 1; last >= 0 {
		d.many.list[last].list = packed(d.many.list[last].list)
	}
}

func packed[T any](list []T) []T {
	if cap(list)-len(list) > len(list)/8 {
		return slices.Clone(list)
	}
	return list
}

// appendTo appends all numbers, rising, to a list.
func (d *docs) appendTo(list []uint32) []uint32 {
	if d.many == nil {
		return append(list, d.few...)
	}
	for i := range d.many.list {
		b, high := &d.many.list[i], uint32(i)<<blockBits
		for _, low := range b.list {
			list = append(list, high|uint32(low))
		}
		if b.bits != nil {
			for n := range all(b.bits[:]) {
				list = append(list, high|n)
			}
		}
	}
	return list
}

// keep leaves in a list, in any order, what d has.
func (d *docs) keep(list []uint32) []uint32 {
	kept := list[:0]
	if d.many == nil {
		for _, n := range list {
			if _, found := slices.BinarySearch(d.few, n); found {
				kept = append(kept, n)
			}
		}
		return kept
	}
	for len(list) > 0 { // those of a block together
		high, some := list[0]>>blockBits, 1
		for some < len(list) && list[some]>>blockBits == high {
			some++
		}
		if int(high) < len(d.many.list) {
			kept = d.many.list[high].keep(kept, list[:some])
		}
		list = list[some:]
	}
	return kept
}

// keep appends to kept, which may be the beginning of the same list, what b has.
func (b *block) keep(kept, list []uint32) []uint32 {
	if b.bits == nil {
		for _, n := range list {
			if _, found := slices.BinarySearch(b.list, uint16(n)); found {
				kept = append(kept, n)
			}
		}
		return kept
	}
	at := len(kept)
	kept = kept[:at+len(list)]
	for _, n := range list {
		kept[at] = n
		at += int(b.bits[uint16(n)/64] >> (n % 64) & 1)
	}
	return kept[:at]
}

func (m *blocks) add(n uint32) {
	high := int(n >> blockBits)
	if had := len(m.list); high >= had {
		m.list = append(m.list, make([]block, high+1-had)...)
		if had > 0 {
			m.list[had-1].list = packed(m.list[had-1].list) // as numbers mostly rise
		}
	}
	m.length += m.list[high].add(uint16(n))
}

func (m *blocks) remove(n uint32) {
	if high := int(n >> blockBits); high < len(m.list) {
		m.length -= m.list[high].remove(uint16(n))
	}
}

// add returns how many more there are.
func (b *block) add(low uint16) (more int) {
	last := len(b.list) - 1
	switch {
	case b.bits != nil:
		more = 1 - b.bit(low)
		b.bits[low/64] |= 1 << (low % 64)
	case last < 0 || b.list[last] < low:
		b.list = append(b.list, low)
		more = 1
	default:
		if at, found := slices.BinarySearch(b.list, low); !found {
			b.list = slices.Insert(b.list, at, low)
			more = 1
		}
	}
	b.length += more
	if len(b.list) > maxListed {
		b.list, b.bits = nil, bitsOf(b.list)
	}
	return more
}

// remove returns how many fewer there are.
func (b *block) remove(low uint16) (fewer int) {
	if b.bits == nil {
		if at, found := slices.BinarySearch(b.list, low); found {
			b.list = slices.Delete(b.list, at, at+1)
			b.length--
			return 1
		}
		return 0
	}
	fewer = b.bit(low)
	b.bits[low/64] &^= 1 << (low % 64)
	b.length -= fewer
	if b.length < maxListed/2 {
		b.list, b.bits = listOf(b.bits, b.length), nil
	}
	return fewer
}

// bit is 1 if low is there, else 0.
func (b *block) bit(low uint16) int {
	if b.bits != nil {
		return int(b.bits[low/64] >> (low % 64) & 1)
	}
	if _, found := slices.BinarySearch(b.list, low); found {
		return 1
	}
	return 0
}

// bitsOf returns what is listed as bits.
func bitsOf(list []uint16) *[blockWords]uint64 {
	words := new([blockWords]uint64)
	for _, low := range list {
		words[low/64] |= 1 << (low % 64)
	}
	return words
}

// listOf returns what is in words, so many, as a list.
func listOf(words *[blockWords]uint64, length int) []uint16 {
	list := make([]uint16, 0, length)
	for n := range all(words[:]) {
		list = append(list, uint16(n))
	}
	return list
}
