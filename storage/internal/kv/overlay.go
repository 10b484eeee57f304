package kv

import (
	"bytes"
	"iter"
)

// layered is the state below with the changes of over, in which a nil value
// means that the key is deleted.
type layered struct {
	below Reader
	over  *hotRows
}

func (l layered) Get(key []byte) ([]byte, bool) {
	if v, ok := l.over.Get(key); ok {
		return v, v != nil
	}
	return l.below.Get(key)
}

func (l layered) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	if l.over.Len() == 0 {
		return l.below.Ascend(from, to)
	}
	return merge(l.below.Ascend(from, to), l.over.Ascend(from, to))
}

func (l layered) Err() error { return l.below.Err() }

// merge yields the entries of two sequences that rise. Of a key that is in both it
// yields the entry of over, and none if its value is nil.
func merge(below, over iter.Seq2[[]byte, []byte]) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		next, stop := iter.Pull2(over)
		defer stop()
		key, value, more := next()
		for k, v := range below {
			for more && bytes.Compare(key, k) < 0 {
				if value != nil && !yield(key, value) {
					return
				}
				key, value, more = next()
			}
			if more && bytes.Equal(key, k) {
				v = value
				key, value, more = next()
			}
			if v != nil && !yield(k, v) {
				return
			}
		}
		for ; more; key, value, more = next() {
			if value != nil && !yield(key, value) {
				return
			}
		}
	}
}

// overlay is a Writer whose writes go to a map of their own.
type overlay struct {
	layered
	wrote bool  // something that changes the state
	err   error // of the first entry that cannot be stored
}

var _ Writer = (*overlay)(nil)

// newOverlay returns a Writer on the state that over makes of below; over itself
// is not changed.
func newOverlay(below Reader, over *hotRows) *overlay {
	return &overlay{layered: layered{below, over.Clone()}}
}

func (o *overlay) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		layered{o.below, o.over.Clone()}.Ascend(from, to)(yield)
	}
}

func (o *overlay) Put(key, value []byte) {
	if o.err == nil {
		o.err = checkEntry(key, value)
	}
	if value == nil {
		value = []byte{} // nil is for the deleted
	}
	o.over.put(key, value)
	o.wrote = true
}

func (o *overlay) Insert(key []byte) { o.Put(key, nil) }

func (o *overlay) Delete(key []byte) {
	if _, ok := o.Get(key); ok {
		o.over.put(key, nil)
		o.wrote = true
	}
}
