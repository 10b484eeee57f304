// Package btree is an ordered map of items whose keys are byte strings, which can be
// copied in constant time.
//
// It is for states that many read while one writes: the writer clones the map,
// changes the clone, and hands it to the readers when it is done. The package
// must never know what keys and items mean, nor where they are.
package btree

import (
	"iter"
	"sync/atomic"
)

// Map is a B-tree whose nodes are copied when they are written and shared until
// then. New returns one. An item should be one word, as nodes hold items by value.
//
// Keys, and what belongs to an item that is in a map, must not change. What the map
// hands out is shared with every clone and is for reading only.
//
// Any number of goroutines may read one Map while nobody writes it. Set, Delete
// and Clone count as writes of this Map, but not of its clones: a clone may be
// read, or written, while the map it was taken from is written.
//
// A Map must not be copied except by Clone.
type Map[T any] struct {
	key    func(T) []byte
	root   *node[T]
	length int
	owner  uint64 // the mark of the nodes that it writes in place; 0 if there are none
}

// owners is the newest mark.
var owners atomic.Uint64

// New returns an empty map, of items that have such keys.
func New[T any](key func(T) []byte) *Map[T] { return &Map[T]{key: key} }

// Clone returns a copy of m in constant time. Later writes of either are not
// seen by the other.
func (m *Map[T]) Clone() *Map[T] {
	// Neither map owns the shared nodes from here on. A map that owns nothing
	// already is left alone, so that a frozen one can be cloned concurrently.
	if m.owner != 0 {
		m.owner = 0
	}
	return &Map[T]{key: m.key, root: m.root, length: m.length}
}

// Len returns the number of keys.
func (m *Map[T]) Len() int { return m.length }

// Get returns the item of key, and whether the map has one.
func (m *Map[T]) Get(key []byte) (item T, found bool) {
	s := search{key: key}
	for n := m.root; n != nil; {
		i, found := m.in(n.items, &s)
		if found {
			return n.at[i], true
		}
		if n.leaf() {
			break
		}
		n = n.children[i]
	}
	return item, false
}

// Set puts it in the place of the item with its key, and returns that one and whether
// there was one.
func (m *Map[T]) Set(it T) (old T, had bool) {
	m.own()
	if m.root == nil {
		m.root = m.fresh()
	}
	m.root = m.writable(m.root)
	old, had = m.insert(m.root, &search{key: m.key(it)}, it)
	if !had {
		m.length++
	}
	if left := m.root; left.count > maxItems {
		middle, right := m.split(left)
		m.root = m.branch(&items[T]{writer: m.owner}, &[maxItems + 2]*node[T]{left, right})
		m.put(m.root.items, 0, middle)
	}
	return old, had
}

// Delete removes key and tells whether the map had it.
func (m *Map[T]) Delete(key []byte) bool {
	if _, ok := m.Get(key); !ok {
		return false // before any node is copied for nothing
	}
	m.own()
	m.root = m.writable(m.root)
	m.remove(m.root, &search{key: key})
	m.length--
	if m.root.count == 0 {
		if m.root.leaf() {
			m.root = nil
		} else {
			m.root = m.root.children[0]
		}
	}
	return true
}

// Ascend yields the items whose keys k have from ≤ k < to, in rising order. A nil bound is
// no bound. The map must not be written during the loop; loop over a Clone where
// that is needed.
func (m *Map[T]) Ascend(from, to []byte) iter.Seq[T] {
	return func(yield func(T) bool) {
		if m.root == nil {
			return
		}
		var s *search
		if from != nil {
			s = &search{key: from}
		}
		m.ascend(m.root, s, to, yield)
	}
}

// own gives m a mark of its own if a Clone has taken it away.
func (m *Map[T]) own() {
	if m.owner == 0 {
		m.owner = owners.Add(1)
	}
}
