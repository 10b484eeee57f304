package callindex

import (
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// recentBits is how many of the sets that were last looked for are kept at hand: 1<<recentBits of them.
const recentBits = 14

// growing is a set of texts that is being filled, with rising numbers. They are gathered in a list that is used again
// and again, and put into the bitmap some at a time, as a bitmap takes many at once better than one.
type growing struct {
	docs
	all *roaring.Bitmap
}

// fill puts count texts into g, which is empty.
func (g grams) fill(count int, text func(n uint32) *string) {
	const block = 1 << 16 // what a bitmap has in one piece
	sets := make(map[uint32]*growing)
	recent := make([]struct {
		gram uint32
		set  *growing
	}, 1<<min(bits.Len(uint(count)), recentBits))
	find := func(gram uint32) *growing {
		r := &recent[gram*2654435769>>16&uint32(len(recent)-1)]
		if r.set != nil && r.gram == gram {
			return r.set
		}
		r.gram, r.set = gram, sets[gram]
		if r.set == nil {
			r.set = new(growing)
			sets[gram] = r.set
		}
		return r.set
	}
	for n := range uint32(count) {
		g.each(*text(n), func(gram uint32) { find(gram).append(n) })
		if (n+1)%block == 0 {
			for _, s := range sets {
				s.flush()
			}
		}
	}
	for gram, s := range sets {
		g[gram] = s.packed()
	}
}

// flush puts the list into the bitmap, if it is long enough for one.
func (s *growing) flush() {
	if s.all == nil {
		if len(s.few) <= maxFew {
			return
		}
		s.all = roaring.New()
	}
	s.all.AddMany(s.few)
	s.few = s.few[:0]
}

// packed returns the set as it is kept, with no more room than it needs.
func (s *growing) packed() *docs {
	if s.flush(); s.all != nil {
		return &docs{many: s.all.Clone()}
	}
	return &docs{few: append([]uint32(nil), s.few...)}
}
