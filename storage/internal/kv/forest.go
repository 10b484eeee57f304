package kv

import (
	"iter"

	"github.com/avanter/voki/storage/internal/btree"
)

// forest is an ordered map of places that has a tree for each first byte of a key, which is a table to who writes the
// rows. A tree of one table is lower, and its keys begin alike, of which a search makes use; and a log grows at the edge
// of its tree.
//
// It is read and cloned as a btree.Map is.
type forest struct {
	key    func(place) []byte
	trees  []*btree.Map[place] // see number; nil where there was no key
	length int
}

func newForest(key func(place) []byte) *forest { return &forest{key: key} }

func (f *forest) Len() int { return f.length }

func (f *forest) Clone() *forest {
	c := &forest{f.key, make([]*btree.Map[place], len(f.trees)), f.length}
	for first, t := range f.trees {
		if t != nil {
			c.trees[first] = t.Clone()
		}
	}
	return c
}

func (f *forest) Get(key []byte) (p place, found bool) {
	if t := f.tree(key); t != nil {
		return t.Get(key)
	}
	return 0, false
}

func (f *forest) Set(p place) (old place, had bool) {
	key := f.key(p)
	t := f.tree(key)
	if t == nil {
		t = f.plant(number(key))
	}
	if old, had = t.Set(p); !had {
		f.length++
	}
	return old, had
}

func (f *forest) Delete(key []byte) {
	if t := f.tree(key); t != nil && t.Delete(key) {
		f.length--
	}
}

// Ascend yields the places of the keys k that have from ≤ k < to, in rising order. A nil bound is no bound.
func (f *forest) Ascend(from, to []byte) iter.Seq[place] {
	return func(yield func(place) bool) {
		first, last := number(from), len(f.trees)-1
		if to != nil {
			last = min(last, number(to))
		}
		for ; first <= last; first++ {
			t := f.trees[first]
			if t == nil {
				continue
			}
			for p := range t.Ascend(from, to) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// number is that of the tree to which key belongs.
func number(key []byte) int {
	if len(key) == 0 {
		return 0
	}
	return int(key[0])
}

// tree returns the tree to which key belongs; nil if there is none yet.
func (f *forest) tree(key []byte) *btree.Map[place] {
	if n := number(key); n < len(f.trees) {
		return f.trees[n]
	}
	return nil
}

// plant makes the n-th tree.
func (f *forest) plant(n int) *btree.Map[place] {
	for len(f.trees) <= n {
		f.trees = append(f.trees, nil)
	}
	f.trees[n] = btree.New(f.key)
	return f.trees[n]
}
