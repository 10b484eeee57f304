package callindex

import (
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxFew is the most documents that are kept as a list; a bitmap of fewer costs more.
const maxFew = 128

// docs is a set of documents, or of other small numbers, that is kept. Its zero value is empty.
type docs struct {
	few  []uint32 // rising; nil if there is a bitmap
	many *roaring.Bitmap
}

// add puts n in.
func (d *docs) add(n uint32) {
	if d.many != nil {
		d.many.Add(n)
		return
	}
	last := len(d.few) - 1
	if last < 0 || d.few[last] < n { // as it is with what has just come
		d.few = append(d.few, n)
	} else if at, found := slices.BinarySearch(d.few, n); !found {
		d.few = slices.Insert(d.few, at, n)
	}
	d.pack()
}

// append puts n in, which is the highest, and leaves a list of any length behind. Until it is packed nothing else may be
// done.
func (d *docs) append(n uint32) {
	if last := len(d.few) - 1; last < 0 || d.few[last] < n {
		d.few = append(d.few, n)
	}
}

// pack makes a bitmap of a list that has become too long.
func (d *docs) pack() {
	if len(d.few) > maxFew {
		d.many, d.few = roaring.BitmapOf(d.few...).Clone(), nil // a clone has no more room than it needs
	}
}

// remove takes n out.
func (d *docs) remove(n uint32) {
	if d.many == nil {
		if at, found := slices.BinarySearch(d.few, n); found {
			d.few = slices.Delete(d.few, at, at+1)
		}
		return
	}
	d.many.Remove(n)
	if left := d.many.GetCardinality(); left < maxFew/2 { // and not maxFew, lest it goes to and fro
		d.few, d.many = d.many.ToArray(), nil
	}
}

func (d *docs) len() int {
	if d.many == nil {
		return len(d.few)
	}
	return int(d.many.GetCardinality())
}

// sparse reports whether to look at each number costs less than to look at each word of s.
func (d *docs) sparse(s set) bool { return d.many == nil || d.len() < len(s) }

// pieces yields all numbers, rising, some at a time. What it yields is good until the next.
func (d *docs) pieces() iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if d.many == nil {
			yield(d.few)
			return
		}
		var some [256]uint32
		for it := d.many.ManyIterator(); ; {
			n := it.NextMany(some[:])
			if n == 0 || !yield(some[:n]) {
				return
			}
		}
	}
}
