package callindex

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxGathered is how many documents are written down before they are sorted.
const maxGathered = 1 << 16

// gathering is many sets that are filled together with documents that come one after the other. Which sets some
// of them are in is written down in a row, and sorted then: to go to each set for each costs more.
type gathering struct {
	sets   []docs
	taken  []uint32 // the sets of the first document, and then those of the next
	ends   []int    // where each ends
	sorted []uint32
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

// flush puts the documents since the last time into their sets. They are those from the first on.
func (g *gathering) flush(first uint32) {
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
	for i, to := range g.ends {
		for _, set := range g.taken[from:to] {
			g.sorted[g.until[set]] = first + uint32(i)
			g.until[set]++
		}
		from = to
	}
	from = 0
	for set, to := range g.until {
		g.sets[set].addMany(slices.Compact(g.sorted[from:to]))
		from = to
	}
	g.taken, g.ends = g.taken[:0], g.ends[:0]
}

// packed returns a set that nothing is added to any more.
func (g *gathering) packed(set uint32) docs {
	g.sets[set].pack()
	return g.sets[set]
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
	g := gathering{sets: make([]docs, numbers)}
	for doc := range uint32(length) {
		g.take(of(doc))
		if g.next(); len(g.ends) == maxGathered || int(doc) == length-1 {
			g.flush(doc + 1 - uint32(len(g.ends)))
		}
	}
	for n := range g.sets {
		g.sets[n].pack()
	}
	return g.sets
}
