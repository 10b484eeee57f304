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

// item is never changed once it is in a node: nodes hold pointers, so that a copy of
// one is small.
type item struct{ key, value []byte }

// node is a leaf, with no children, or a branch with one child more than it has
// items: the keys of children[i] lie between those of items[i-1] and items[i].
//
// Most steps of a search are decided by heads, which lie side by side, and not by
// keys, each of which is somewhere else in memory.
type node struct {
	owner    *owner
	count    int                  // of items
	shared   int                  // the first so many bytes are the same in all keys
	heads    [maxItems + 1]uint64 // of each key, what follows on these; see head
	items    [maxItems + 1]*item  //
	children *[maxItems + 2]*node // nil in a leaf
}

func (n *node) leaf() bool { return n.children == nil }

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
func (n *node) search(key []byte) (int, bool) {
	if n.count == 0 {
		return 0, false
	}
	if n.shared > 0 {
		switch front := n.items[0].key[:n.shared]; bytes.Compare(key[:min(len(key), n.shared)], front) {
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
		if c := bytes.Compare(n.items[low].key[n.shared:], key); c >= 0 {
			return low, c == 0
		}
	}
	return low, false
}

// ascend yields the range and reports whether the walk is to go on.
func (n *node) ascend(from, to []byte, yield func(key, value []byte) bool) bool {
	i, found := 0, false
	if from != nil {
		i, found = n.search(from)
	}
	for ; ; i++ {
		// Below an item that is from itself everything is less than from.
		if !n.leaf() && !found && !n.children[i].ascend(from, to, yield) {
			return false
		}
		if i == n.count {
			return true
		}
		it := n.items[i]
		if to != nil && bytes.Compare(it.key, to) >= 0 || !yield(it.key, it.value) {
			return false
		}
		from, found = nil, false // everything further right is greater
	}
}

// put makes it the i-th item, and those behind follow.
func (n *node) put(i int, it *item) {
	copy(n.items[i+1:n.count+1], n.items[i:n.count])
	n.items[i] = it
	n.count++
	if n.count == 1 {
		n.shared = len(it.key)
	}
	first := n.items[0].key
	if i == 0 && n.count > 1 {
		first = n.items[1].key
	}
	if len(it.key) < n.shared || !bytes.Equal(it.key[:n.shared], first[:n.shared]) {
		n.measure()
		return
	}
	copy(n.heads[i+1:n.count], n.heads[i:n.count-1])
	n.heads[i] = head(it.key[n.shared:])
}

// take removes the i-th item and returns it.
func (n *node) take(i int) *item {
	it := n.items[i]
	copy(n.items[i:], n.items[i+1:n.count])
	copy(n.heads[i:], n.heads[i+1:n.count])
	n.count--
	n.items[n.count] = nil
	return it
}

// replace makes it the i-th item in the place of the one that is.
func (n *node) replace(i int, it *item) {
	n.take(i)
	n.put(i, it)
}

// measure finds what all keys share, and the heads.
func (n *node) measure() {
	first, last := n.items[0].key, n.items[n.count-1].key // as keys rise, all between share what these do
	n.shared = 0
	for n.shared < min(len(first), len(last)) && first[n.shared] == last[n.shared] {
		n.shared++
	}
	for i, it := range n.items[:n.count] {
		n.heads[i] = head(it.key[n.shared:])
	}
}

// putChild makes c the i-th child. It is called when the item beside it was put, or
// taken from a leaf's.
func (n *node) putChild(i int, c *node) {
	copy(n.children[i+1:], n.children[i:])
	n.children[i] = c
}

// takeChild removes the i-th child and returns it.
func (n *node) takeChild(i int) *node {
	c := n.children[i]
	copy(n.children[i:], n.children[i+1:])
	n.children[len(n.children)-1] = nil
	return c
}

// writable returns n if it is m's own, else a copy that is.
func (m *Map) writable(n *node) *node {
	if n.owner == m.owner {
		return n
	}
	c := new(node)
	*c = *n
	c.owner = m.owner
	if !n.leaf() {
		children := *n.children
		c.children = &children
	}
	return c
}

// child makes the i-th child of n, which is m's own, m's own as well.
func (m *Map) child(n *node, i int) *node {
	c := m.writable(n.children[i])
	n.children[i] = c
	return c
}

// insert puts it below n, which may be left with one item too many, and returns
// the item that it takes the place of, or nil if the key is new.
func (m *Map) insert(n *node, it *item) *item {
	i, found := n.search(it.key)
	if found {
		old := n.items[i]
		n.items[i] = it
		return old
	}
	if n.leaf() {
		n.put(i, it)
		return nil
	}
	child := m.child(n, i)
	old := m.insert(child, it)
	if child.count > maxItems {
		middle, right := m.split(child)
		n.put(i, middle)
		n.putChild(i+1, right)
	}
	return old
}

// split leaves the lower half in n and returns what lies between and the upper
// half, which shares no memory with n.
func (m *Map) split(n *node) (*item, *node) {
	at := n.count / 2
	middle := n.items[at]
	right := &node{owner: m.owner, count: n.count - at - 1}
	copy(right.items[:], n.items[at+1:n.count])
	clear(n.items[at:])
	if !n.leaf() {
		right.children = new([maxItems + 2]*node)
		copy(right.children[:], n.children[at+1:])
		clear(n.children[at+1:])
	}
	n.count = at
	n.measure()
	right.measure()
	return middle, right
}
