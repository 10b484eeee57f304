package callindex

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxFew is the most documents that are kept as a list; a bitmap of fewer costs more.
const maxFew = 256

// docs is a set of documents, or of other small numbers, that is kept. Its zero value is empty.
type docs struct {
	few  []uint32 // rising, if many is nil
	many *roaring.Bitmap
}

func (d *docs) len() int {
	if d.many == nil {
		return len(d.few)
	}
	return int(d.many.GetCardinality())
}

// add puts n in. It costs little if n is the highest, as what has just come is.
func (d *docs) add(n uint32) {
	if d.many != nil {
		d.many.Add(n)
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

// append adds the numbers of o, which all are higher.
func (d *docs) append(o *docs) {
	if d.many == nil && o.many == nil && len(d.few)+len(o.few) <= maxFew {
		d.few = append(d.few, o.few...)
		return
	}
	d.spread()
	o.spread()
	d.many.Or(o.many)
}

// spread makes a bitmap of a list.
func (d *docs) spread() {
	if d.many == nil {
		d.few, d.many = nil, roaring.BitmapOf(d.few...).Clone() // which has no more room than it needs
	}
}

// pack gives back the room for numbers that may never come.
func (d *docs) pack() {
	if d.many != nil {
		d.many = d.many.Clone()
	} else {
		d.few = slices.Clone(d.few)
	}
}

func (d *docs) remove(n uint32) {
	if d.many == nil {
		if at, found := slices.BinarySearch(d.few, n); found {
			d.few = slices.Delete(d.few, at, at+1)
		}
		return
	}
	d.many.Remove(n)
	d.shrink()
}

// shrink makes a list of a bitmap of few numbers.
func (d *docs) shrink() {
	if d.len() < maxFew/2 { // and not maxFew, lest it goes to and fro
		d.few, d.many = d.many.ToArray(), nil
	}
}

func (d *docs) has(n uint32) bool {
	if d.many == nil {
		_, found := slices.BinarySearch(d.few, n)
		return found
	}
	return d.many.Contains(n)
}

// list returns all numbers, rising, as a list of its own.
func (d *docs) list() []uint32 {
	if d.many == nil {
		return slices.Clone(d.few)
	}
	return d.many.ToArray()
}

// countIn returns how many are in m, too.
func (d *docs) countIn(m *roaring.Bitmap) (n int) {
	if d.many != nil {
		return int(d.many.AndCardinality(m))
	}
	for _, doc := range d.few {
		if m.Contains(doc) {
			n++
		}
	}
	return n
}
