package callindex

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// recent is how many of the sets that were last looked for are kept at hand.
const recent = 1 << 14

// gathering is a set of texts that is being filled, with rising numbers. They are gathered in a list, and put into the
// bitmap some at a time, for a bitmap takes many at once better than one.
type gathering struct {
	list []uint32
	all  *roaring.Bitmap
}

// fill puts count texts into g, which is empty.
func (g grams) fill(count int, text func(n uint32) *string) {
	if count < recent {
		for n := range uint32(count) {
			g.add(*text(n), n)
		}
		return
	}
	const block = 1 << 16 // what a bitmap has in one piece
	var bytes [256]set
	sets := make(map[uint32]*gathering)
	atHand := make([]struct {
		gram uint32
		set  *gathering
	}, recent)
	for n := range uint32(count) {
		s := *text(n)
		for i := range len(s) {
			if bytes[s[i]] == nil {
				bytes[s[i]] = make(set, (count+63)/64)
			}
			bytes[s[i]].add(n)
		}
		trigrams(s, func(gram uint32) {
			r := &atHand[gram*2654435769>>16%recent]
			if r.set == nil || r.gram != gram {
				r.gram, r.set = gram, sets[gram]
				if r.set == nil {
					r.set = new(gathering)
					sets[gram] = r.set
				}
			}
			r.set.add(n)
		})
		if (n+1)%block == 0 {
			for _, s := range sets {
				s.flush()
			}
		}
	}
	for c, s := range bytes {
		if s != nil {
			g[uint32(c)] = s.docs()
		}
	}
	for gram, s := range sets {
		g[gram] = s.docs()
	}
}

func (s *gathering) add(n uint32) {
	if last := len(s.list) - 1; last < 0 || s.list[last] < n {
		s.list = append(s.list, n)
	}
}

// flush puts the list into the bitmap, if there is one or it is long enough for one.
func (s *gathering) flush() {
	if s.all == nil {
		if len(s.list) <= maxFew {
			return
		}
		s.all = roaring.New()
	}
	s.all.AddMany(s.list)
	s.list = s.list[:0]
}

// docs returns the set as it is kept, with no more room than it needs.
func (s *gathering) docs() *docs {
	if s.flush(); s.all != nil {
		return &docs{many: s.all.Clone()}
	}
	return &docs{few: slices.Clone(s.list)}
}

// docs returns s as it is kept.
func (s set) docs() *docs {
	d := docs{many: roaring.FromDense(s, true)}
	if d.len() <= maxFew {
		d = docs{few: d.many.ToArray()}
	}
	return &d
}
