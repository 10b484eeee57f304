package btree

import (
	"bytes"
	"encoding/binary"
)

// A node other than the root holds minItems to maxItems items; while it is being
// written it may hold one more or one less.
const (
	maxItems = 15
	minItems = maxItems / 2
)

// node is a leaf, with no children, or a branch with one child more than it has
// items: the keys of children[i] lie between those of items[i-1] and items[i].
//
// Most steps of a search are decided by heads, which lie side by side, and not by
// keys, each of which is somewhere else in memory.
type node[T any] struct {
	owner    uint64
	count    int                     // of items
	shared   int                     // the first so many bytes are the same in all keys
	heads    [maxItems + 1]uint64    // of each key, what follows on these; see head
	items    [maxItems + 1]T         //
	children *[maxItems + 2]*node[T] // nil in a leaf
}

func (n *node[T]) leaf() bool { return n.children == nil }

// head is the first eight bytes of b as a number. Where two differ, so do the texts,
// in the same direction; where they do not, the texts may.
func head(b []byte) (h uint64) {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	for i, c := range b {
		h |= uint64(c) << (56 - 8*i)
	}
	return h
}

// search returns the position of the first item whose key is not less than key,
// and whether it is key.
func (m *Map[T]) search(n *node[T], key []byte) (int, bool) {
	if n.count == 0 {
		return 0, false
	}
	if n.shared > 0 {
		switch front := m.key(n.items[0])[:n.shared]; bytes.Compare(key[:min(len(key), n.shared)], front) {
		case -1:
			return 0, false
		case 1:
			return n.count, false
		}
		key = key[n.shared:]
	}
	h := head(key)
	low, high := 0, n.count
	for low < high {
		if middle := int(uint(low+high) / 2); n.heads[middle] < h {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for ; low < n.count && n.heads[low] == h; low++ {
		if c := bytes.Compare(m.key(n.items[low])[n.shared:], key); c >= 0 {
			return low, c == 0
		}
	}
	return low, false
}

// ascend yields the range and reports whether the walk is to go on.
func (m *Map[T]) ascend(n *node[T], from, to []byte, yield func(T) bool) bool {
	i, found := 0, false
	if from != nil {
		i, found = m.search(n, from)
	}
	for ; ; i++ {
		// Below an item that is from itself everything is less than from.
		if !n.leaf() && !found && !m.ascend(n.children[i], from, to, yield) {
			return false
		}
		if i == n.count {
			return true
		}
		it := n.items[i]
		if to != nil && bytes.Compare(m.key(it), to) >= 0 || !yield(it) {
			return false
		}
		from, found = nil, false // everything further right is greater
	}
}

// put makes it the i-th item, and those behind follow.
func (m *Map[T]) put(n *node[T], i int, it T) {
	copy(n.items[i+1:n.count+1], n.items[i:n.count])
	n.items[i] = it
	n.count++
	key := m.key(it)
	if n.count == 1 {
		n.shared = len(key)
	}
	first := m.key(n.items[0])
	if i == 0 && n.count > 1 {
		first = m.key(n.items[1])
	}
	if len(key) < n.shared || !bytes.Equal(key[:n.shared], first[:n.shared]) {
		m.measure(n)
		return
	}
	copy(n.heads[i+1:n.count], n.heads[i:n.count-1])
	n.heads[i] = head(key[n.shared:])
}

// take removes the i-th item and returns it.
func (n *node[T]) take(i int) T {
	it := n.items[i]
	copy(n.items[i:], n.items[i+1:n.count])
	copy(n.heads[i:], n.heads[i+1:n.count])
	n.count--
	clear(n.items[n.count : n.count+1])
	return it
}

// replace makes it the i-th item in the place of the one that is.
func (m *Map[T]) replace(n *node[T], i int, it T) {
	n.take(i)
	m.put(n, i, it)
}

// measure finds what all keys share, and the heads.
func (m *Map[T]) measure(n *node[T]) {
	first, last := m.key(n.items[0]), m.key(n.items[n.count-1]) // as keys rise, all between share what these do
	n.shared = 0
	for n.shared < min(len(first), len(last)) && first[n.shared] == last[n.shared] {
		n.shared++
	}
	for i, it := range n.items[:n.count] {
		n.heads[i] = head(m.key(it)[n.shared:])
	}
}

// putChild makes c the i-th child. It is called when the item beside it was put, or
// taken from a leaf's.
func (n *node[T]) putChild(i int, c *node[T]) {
	copy(n.children[i+1:], n.children[i:])
	n.children[i] = c
}

// takeChild removes the i-th child and returns it.
func (n *node[T]) takeChild(i int) *node[T] {
	c := n.children[i]
	copy(n.children[i:], n.children[i+1:])
	n.children[len(n.children)-1] = nil
	return c
}

// writable returns n if it is m's own, else a copy that is.
func (m *Map[T]) writable(n *node[T]) *node[T] {
	if n.owner == m.owner {
		return n
	}
	c := new(node[T])
	*c = *n
	c.owner = m.owner
	if !n.leaf() {
		children := *n.children
		c.children = &children
	}
	return c
}

// child makes the i-th child of n, which is m's own, m's own as well.
func (m *Map[T]) child(n *node[T], i int) *node[T] {
	c := m.writable(n.children[i])
	n.children[i] = c
	return c
}

// insert puts it below n, which may be left with one item too many, and returns
// the item that it takes the place of, if there is one.
func (m *Map[T]) insert(n *node[T], key []byte, it T) (old T, had bool) {
	i, found := m.search(n, key)
	if found {
		old = n.items[i]
		n.items[i] = it
		return old, true
	}
	if n.leaf() {
		m.put(n, i, it)
		return old, false
	}
	child := m.child(n, i)
	old, had = m.insert(child, key, it)
	if child.count > maxItems {
		middle, right := m.split(child)
		m.put(n, i, middle)
		n.putChild(i+1, right)
	}
	return old, had
}

// split leaves the lower half in n and returns what lies between and the upper
// half, which shares no memory with n.
func (m *Map[T]) split(n *node[T]) (T, *node[T]) {
	at := n.count / 2
	middle := n.items[at]
	right := &node[T]{owner: m.owner, count: n.count - at - 1}
	copy(right.items[:], n.items[at+1:n.count])
	clear(n.items[at:])
	if !n.leaf() {
		right.children = new([maxItems + 2]*node[T])
		copy(right.children[:], n.children[at+1:])
		clear(n.children[at+1:])
	}
	n.count = at
	m.measure(n)
	m.measure(right)
	return middle, right
}
