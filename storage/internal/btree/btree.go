// Package btree is an ordered map from byte strings to byte strings that can be
// copied in constant time.
//
// It is for states that many read while one writes: the writer clones the map,
// changes the clone, and hands it to the readers when it is done. The package
// must never know what keys and values mean, nor whether they are on a disk.
package btree

import "iter"

// Map is a B-tree whose nodes are copied when they are written and shared until
// then. The zero value is an empty map.
//
// Keys and values that are handed in belong to the map from then on: the caller
// must not change them. What the map hands out is shared with every clone and is
// for reading only. A nil value is kept as it is and differs from no value.
//
// Any number of goroutines may read one Map while nobody writes it. Set, Delete
// and Clone count as writes of this Map, but not of its clones: a clone may be
// read, or written, while the map it was taken from is written.
//
// A Map must not be copied except by Clone.
type Map struct {
	root   *node
	length int
	owner  *owner
}

// owner says whose a node is: a map writes in place only the nodes that carry
// its own mark. It has a size, so that two of them never share an address.
type owner struct{ _ byte }

// Clone returns a copy of m in constant time. Later writes of either are not
// seen by the other.
func (m *Map) Clone() *Map {
	// Neither map owns the shared nodes from here on. A map that owns nothing
	// already is left alone, so that a frozen one can be cloned concurrently.
	if m.owner != nil {
		m.owner = nil
	}
	return &Map{root: m.root, length: m.length}
}

// Len returns the number of keys.
func (m *Map) Len() int { return m.length }

// Get returns the value of key, and whether the map has it.
func (m *Map) Get(key []byte) ([]byte, bool) {
	for n := m.root; n != nil; {
		i, found := n.search(key)
		if found {
			return n.items[i].value, true
		}
		if n.leaf() {
			break
		}
		n = n.children[i]
	}
	return nil, false
}

// Set gives key the value, and returns the one that it had, and whether it had one.
func (m *Map) Set(key, value []byte) (old []byte, had bool) {
	m.own()
	if m.root == nil {
		m.root = &node{owner: m.owner}
	}
	m.root = m.writable(m.root)
	before := m.insert(m.root, &item{key, value})
	if before == nil {
		m.length++
	} else {
		old, had = before.value, true
	}
	if left := m.root; left.count > maxItems {
		middle, right := m.split(left)
		m.root = &node{owner: m.owner, children: &[maxItems + 2]*node{left, right}}
		m.root.put(0, middle)
	}
	return old, had
}

// Delete removes key and tells whether the map had it.
func (m *Map) Delete(key []byte) bool {
	if _, ok := m.Get(key); !ok {
		return false // before any node is copied for nothing
	}
	m.own()
	m.root = m.writable(m.root)
	m.remove(m.root, key)
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

// Ascend yields the keys k with from ≤ k < to, in rising order. A nil bound is
// no bound. The map must not be written during the loop; loop over a Clone where
// that is needed.
func (m *Map) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		if m.root != nil {
			m.root.ascend(from, to, yield)
		}
	}
}

// own gives m a mark of its own if a Clone has taken it away.
func (m *Map) own() {
	if m.owner == nil {
		m.owner = new(owner)
	}
}
