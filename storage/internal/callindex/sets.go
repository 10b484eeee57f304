package callindex

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// sets lends out sets to a query. What one has given back others use again.
type sets struct {
	pool   *sync.Pool
	length int // how many documents there are
	bound  []set
}

// get returns an empty set.
func (p *sets) get() set {
	words := (p.length + 63) / 64
	if s, _ := p.pool.Get().(*set); s != nil && cap(*s) >= words {
		return (*s)[:words]
	}
	return make(set, words, words+words/8)
}

// put takes back a set that nothing uses any more.
func (p *sets) put(s set) {
	clear(s)
	p.pool.Put(&s)
}

// bitmap returns what is in s as a bitmap that uses the words of s, which the query keeps to its end.
func (p *sets) bitmap(s set) *roaring.Bitmap {
	p.bound = append(p.bound, s)
	return roaring.FromDense(s, false)
}

// done takes back the sets that bitmaps use.
func (p *sets) done() {
	for _, s := range p.bound {
		p.put(s)
	}
}

// add adds all of m to s.
func (p *sets) add(s set, m *roaring.Bitmap) {
	if m.GetCardinality() < uint64(len(s)) {
		for some := range pieces(m) {
			s.addList(some)
		}
		return
	}
	other := p.get()
	m.WriteDenseTo(other)
	for i, w := range other {
		s[i] |= w
	}
	p.put(other)
}
