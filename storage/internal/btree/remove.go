package btree

import "slices"

// remove takes key, which is there, from below n. It may leave n with one item
// too few, never a child of n.
func (m *Map) remove(n *node, key []byte) {
	i, found := n.search(key)
	switch {
	case n.leaf():
		n.items = slices.Delete(n.items, i, i+1)
	case found: // the greatest item below it takes its place
		n.items[i] = m.removeLast(m.child(n, i))
		m.refill(n, i)
	default:
		m.remove(m.child(n, i), key)
		m.refill(n, i)
	}
}

// removeLast takes the greatest item from below n, as remove would.
func (m *Map) removeLast(n *node) *item {
	if n.leaf() {
		last := len(n.items) - 1
		it := n.items[last]
		n.items = slices.Delete(n.items, last, last+1)
		return it
	}
	last := len(n.children) - 1
	it := m.removeLast(m.child(n, last))
	m.refill(n, last)
	return it
}

// refill brings the i-th child of n back to minItems, with an item of a
// neighbour that can spare one, else by merging the two.
func (m *Map) refill(n *node, i int) {
	switch spare := func(i int) bool {
		return i >= 0 && i < len(n.children) && len(n.children[i].items) > minItems
	}; {
	case len(n.children[i].items) >= minItems:
	case spare(i - 1):
		m.shiftRight(n, i-1)
	case spare(i + 1):
		m.shiftLeft(n, i)
	case i > 0:
		m.merge(n, i-1)
	default:
		m.merge(n, i)
	}
}

// shiftRight moves the last item of child i up into n and the one that was there
// down into child i+1.
func (m *Map) shiftRight(n *node, i int) {
	left, right := m.child(n, i), m.child(n, i+1)
	last := len(left.items) - 1
	right.items = slices.Insert(right.items, 0, n.items[i])
	n.items[i] = left.items[last]
	left.items = slices.Delete(left.items, last, last+1)
	if !left.leaf() {
		last := len(left.children) - 1
		right.children = slices.Insert(right.children, 0, left.children[last])
		left.children = slices.Delete(left.children, last, last+1)
	}
}

// shiftLeft moves the first item of child i+1 up into n and the one that was
// there down into child i.
func (m *Map) shiftLeft(n *node, i int) {
	left, right := m.child(n, i), m.child(n, i+1)
	left.items = append(left.items, n.items[i])
	n.items[i] = right.items[0]
	right.items = slices.Delete(right.items, 0, 1)
	if !right.leaf() {
		left.children = append(left.children, right.children[0])
		right.children = slices.Delete(right.children, 0, 1)
	}
}

// merge makes one of the children i and i+1 and the item between them.
func (m *Map) merge(n *node, i int) {
	left, right := m.child(n, i), n.children[i+1]
	left.items = append(append(left.items, n.items[i]), right.items...)
	left.children = append(left.children, right.children...)
	n.items = slices.Delete(n.items, i, i+1)
	n.children = slices.Delete(n.children, i+1, i+2)
}
