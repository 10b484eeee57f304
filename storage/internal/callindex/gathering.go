package callindex

import (
	"math/bits"
	"slices"
)

// gathering is many sets that are filled together with documents that come one after the other. Which sets those of a
// block are in is written down in a row, and sorted when the block is full: to go to each set for each costs more.
type gathering struct {
	sets   []docs
	taken  []uint32 // the sets of the first document, and then those of the next
	ends   []int    // where each ends
	sorted []uint16
	until  []int // by set, where its documents end in sorted
}

// add adds a set, and returns its number.
func (g *gathering) add() uint32 {
	g.sets = append(g.sets, docs{})
	return uint32(len(g.sets) - 1)
}

// take notes that the next document is in a set.
func (g *gathering) take(set uint32) { g.taken = append(g.taken, set) }

// next ends a document.
func (g *gathering) next() { g.ends = append(g.ends, len(g.taken)) }

// flush puts the documents since the last time into their sets. They are the first of a block.
func (g *gathering) flush(high int) {
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
		g.sets[set].put(high, slices.Compact(g.sorted[from:to]))
		from = to
	}
	g.taken, g.ends = g.taken[:0], g.ends[:0]
}

// put adds the numbers of a block, of which d has none, nor any higher ones.
func (d *docs) put(high int, lows []uint16) {
	if d.many == nil && len(d.few)+len(lows) <= maxFew {
		for _, low := range lows {
			d.few = append(d.few, uint32(high)<<blockBits|uint32(low))
		}
	} else if len(lows) > 0 {
		b := block{length: len(lows)}
		if len(lows) <= maxListed {
			b.list = slices.Clone(lows)
		} else {
			b.bits = bitsOf(lows)
		}
		d.putBlock(high, b)
	}
}

func (d *docs) putBlock(high int, b block) {
	d.spread()
	m := d.many
	if n := high + 1 - len(m.list); n > 0 {
		m.list = append(m.list, make([]block, n)...)
	}
	m.list[high] = b
	m.length += b.length
}

// packed returns a set that nothing is added to any more.
func (g *gathering) packed(set uint32) docs {
	g.sets[set].pack()
	return g.sets[set]
}

// gatheringBytes is the sets of the bytes that texts have. As there are many of each text, and nearly all texts have them,
// they have bits at once, of which the last word is at hand.
type gatheringBytes struct {
	last [256]uint64
	bits [256]*[blockWords]uint64
}

func (g *gatheringBytes) add(text string, low uint16) {
	bit := uint64(1) << (low % 64)
	for i := range len(text) {
		g.last[text[i]] |= bit
	}
}

// flush ends a word.
func (g *gatheringBytes) flush(low uint16) {
	for c, w := range g.last {
		if w != 0 {
			if g.bits[c] == nil {
				g.bits[c] = new([blockWords]uint64)
			}
			g.bits[c][low/64], g.last[c] = w, 0
		}
	}
}

// flushBlock puts what there is into the sets.
func (g *gatheringBytes) flushBlock(high int, to grams) {
	for c, words := range g.bits {
		if words == nil {
			continue
		}
		b := block{bits: words}
		for _, w := range words {
			b.length += bits.OnesCount64(w)
		}
		if b.length <= maxListed {
			b.list, b.bits = listOf(words, b.length), nil
		}
		to.of(uint32(c)).putBlock(high, b)
		g.bits[c] = nil
	}
}

// distribute returns for each of so many numbers the documents that have it.
func distribute(length, numbers int, of func(doc uint32) uint32) []docs {
	g := gathering{sets: make([]docs, numbers)}
	for doc := range uint32(length) {
		g.take(of(doc))
		if g.next(); uint16(doc) == 1<<blockBits-1 || int(doc) == length-1 {
			g.flush(int(doc >> blockBits))
		}
	}
	for n := range g.sets {
		g.sets[n].pack()
	}
	return g.sets
}
