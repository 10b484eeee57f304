package callindex

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// blockBits is how many bits of a number tell it from the others of its block. A roaring bitmap is made of such blocks.
const blockBits = 16

// gathering is many sets that are filled together with documents that come one after the other. Which sets those of a
// block are in is written down in a row, and sorted when the block is full: to go to each set for each costs more.
type gathering struct {
	sets   []gathered
	taken  []uint32 // the sets of the first document, and then those of the next
	ends   []int    // where each ends
	sorted []uint16
	until  []int  // by set, where its documents end in sorted
	buffer []byte // of the set that is packed
}

// gathered is a set: the low bits of its numbers, those of one block after the other.
type gathered struct {
	lows   []uint16
	blocks []gatheredBlock
}

// gatheredBlock is the high bits of some numbers, and how many have them.
type gatheredBlock struct{ high, length uint32 }

// add adds a set, and returns its number.
func (g *gathering) add() uint32 {
	g.sets = append(g.sets, gathered{})
	return uint32(len(g.sets) - 1)
}

// take notes that the next document is in a set.
func (g *gathering) take(set uint32) { g.taken = append(g.taken, set) }

// next ends a document.
func (g *gathering) next() { g.ends = append(g.ends, len(g.taken)) }

// flush puts the documents since the last time into their sets. They are the first of a block.
func (g *gathering) flush(high uint32) {
	g.until = append(g.until[:0], make([]int, len(g.sets))...)
	for _, set := range g.taken {
		g.until[set]++
	}
	sum := 0
	for set, count := range g.until {
		g.until[set], sum = sum, sum+count
	}
	g.sorted = slices.Grow(g.sorted[:0], sum)[:sum]
	from := 0
	for low, to := range g.ends {
		for _, set := range g.taken[from:to] {
			g.sorted[g.until[set]] = uint16(low)
			g.until[set]++
		}
		from = to
	}
	from = 0
	for set, to := range g.until {
		if lows := slices.Compact(g.sorted[from:to]); len(lows) > 0 {
			s := &g.sets[set]
			s.lows = append(s.lows, lows...)
			s.blocks = append(s.blocks, gatheredBlock{high, uint32(len(lows))})
		}
		from = to
	}
	g.taken, g.ends = g.taken[:0], g.ends[:0]
}

// packed returns a set that nothing is added to any more, and forgets it.
func (g *gathering) packed(set uint32) (d docs) {
	s := g.sets[set]
	g.sets[set] = gathered{}
	if len(s.lows) > maxFew {
		d.many = g.bitmap(s)
		return d
	}
	d.few = make([]uint32, 0, len(s.lows))
	for _, b := range s.blocks {
		for _, low := range s.lows[len(d.few):][:b.length] {
			d.few = append(d.few, b.high<<blockBits|uint32(low))
		}
	}
	return d
}

// bitmap writes a set in the format of RoaringFormatSpec, which is read as it is: to add one number after the other takes
// longer.
func (g *gathering) bitmap(s gathered) *roaring.Bitmap {
	const cookie, mostListed = 12346, 4096
	order, b := binary.LittleEndian, g.buffer[:0]
	b = order.AppendUint32(order.AppendUint32(b, cookie), uint32(len(s.blocks)))
	for _, block := range s.blocks {
		b = order.AppendUint16(order.AppendUint16(b, uint16(block.high)), uint16(block.length-1))
	}
	b = append(b, make([]byte, 4*len(s.blocks))...) // where each is, which is not read
	for _, block := range s.blocks {
		lows := s.lows[:block.length]
		s.lows = s.lows[block.length:]
		if len(lows) <= mostListed {
			for _, low := range lows {
				b = order.AppendUint16(b, low)
			}
			continue
		}
		from := len(b)
		b = append(b, make([]byte, 1<<blockBits/8)...)
		for _, low := range lows {
			b[from+int(low/8)] |= 1 << (low % 8)
		}
	}
	g.buffer = b
	m := roaring.New()
	if _, err := m.ReadFrom(bytes.NewReader(b)); err != nil {
		panic(err) // it was written above
	}
	return m
}

// gatheringBytes is the sets of the bytes that texts have. As there are many of each text, and nearly all texts have them,
// they have bits at once, of which the last word is at hand.
type gatheringBytes struct {
	length int // how many documents there will be
	last   [256]uint64
	sets   [256]set
}

func (g *gatheringBytes) add(text string, doc uint32) {
	bit := uint64(1) << (doc % 64)
	for i := range len(text) {
		g.last[text[i]] |= bit
	}
}

// flush ends a word.
func (g *gatheringBytes) flush(doc uint32) {
	for c, w := range g.last {
		if w != 0 {
			if g.sets[c] == nil {
				g.sets[c] = make(set, (g.length+63)/64)
			}
			g.sets[c][doc/64], g.last[c] = w, 0
		}
	}
}

// done puts what there is into the sets.
func (g *gatheringBytes) done(to grams) {
	for c, s := range g.sets {
		if s != nil {
			d := to.of(uint32(c))
			d.many = roaring.FromDense(s, true)
			d.shrink()
		}
	}
}

// distribute returns for each of so many numbers the documents that have it.
func distribute(length, numbers int, of func(doc uint32) uint32) []docs {
	g := gathering{sets: make([]gathered, numbers)}
	for doc := range uint32(length) {
		g.take(of(doc))
		if g.next(); uint16(doc) == 1<<blockBits-1 || int(doc) == length-1 {
			g.flush(doc >> blockBits)
		}
	}
	list := make([]docs, numbers)
	for n := range list {
		list[n] = g.packed(uint32(n))
	}
	return list
}
