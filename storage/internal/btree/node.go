package btree

import (
	"bytes"
	"slices"
)

// A node other than the root holds minItems to maxItems items; while it is being
// written it may hold one more or one less.
const (
	maxItems = 31
	minItems = maxItems / 2
)

// item is never changed once it is in a node: nodes hold pointers, so that a copy of
// one is small.
type item struct{ key, value []byte }

// node is a leaf, with no children, or a branch with one child more than it has
// items: the keys of children[i] lie between those of items[i-1] and items[i].
type node struct {
	owner    *owner
	items    []*item
	children []*node
}

func (n *node) leaf() bool { return len(n.children) == 0 }

// search returns the position of the first item whose key is not less than key,
// and whether it is key.
func (n *node) search(key []byte) (int, bool) {
	low, high := 0, len(n.items)
	for low < high {
		middle := int(uint(low+high) / 2)
		switch c := bytes.Compare(n.items[middle].key, key); {
		case c == 0:
			return middle, true
		case c < 0:
			low = middle + 1
		default:
			high = middle
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
		if i == len(n.items) {
			return true
		}
		it := n.items[i]
		if to != nil && bytes.Compare(it.key, to) >= 0 || !yield(it.key, it.value) {
			return false
		}
		from, found = nil, false // everything further right is greater
	}
}

// writable returns n if it is m's own, else a copy that is.
func (m *Map) writable(n *node) *node {
	if n.owner == m.owner {
		return n
	}
	c := &node{owner: m.owner}
	c.items = append(make([]*item, 0, len(n.items)+1), n.items...)
	if !n.leaf() {
		c.children = append(make([]*node, 0, len(n.children)+1), n.children...)
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
		n.items = slices.Insert(n.items, i, it)
		return nil
	}
	child := m.child(n, i)
	old := m.insert(child, it)
	if len(child.items) > maxItems {
		middle, right := m.split(child)
		n.items = slices.Insert(n.items, i, middle)
		n.children = slices.Insert(n.children, i+1, right)
	}
	return old
}

// split leaves the lower half in n and returns what lies between and the upper
// half, which shares no memory with n.
func (m *Map) split(n *node) (*item, *node) {
	at := len(n.items) / 2
	middle := n.items[at]
	right := &node{owner: m.owner, items: slices.Clone(n.items[at+1:])}
	clear(n.items[at:])
	n.items = n.items[:at]
	if !n.leaf() {
		right.children = slices.Clone(n.children[at+1:])
		clear(n.children[at+1:])
		n.children = n.children[:at+1]
	}
	return middle, right
}
