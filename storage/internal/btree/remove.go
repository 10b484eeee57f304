package btree

// remove takes the key of s, which is there, from below n. It may leave n with one item
// too few, never a child of n.
func (m *Map[T]) remove(n *node[T], s *search) {
	i, found := m.in(n.items, s)
	switch {
	case n.leaf():
		m.edit(n).take(i)
	case found: // the greatest item below it takes its place
		last := m.removeLast(m.child(n, i))
		m.replace(m.edit(n), i, last)
		m.refill(n, i)
	default:
		m.remove(m.child(n, i), s)
		m.refill(n, i)
	}
}

// removeLast takes the greatest item from below n, as remove would.
func (m *Map[T]) removeLast(n *node[T]) T {
	if n.leaf() {
		return m.edit(n).take(n.count - 1)
	}
	last := n.count
	it := m.removeLast(m.child(n, last))
	m.refill(n, last)
	return it
}

// refill brings the i-th child of n back to minItems, with an item of a
// neighbour that can spare one, else by merging the two.
func (m *Map[T]) refill(n *node[T], i int) {
	switch spare := func(i int) bool {
		return i >= 0 && i <= n.count && n.children[i].count > minItems
	}; {
	case n.children[i].count >= minItems:
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
func (m *Map[T]) shiftRight(n *node[T], i int) {
	left, right := m.child(n, i), m.child(n, i+1)
	if !left.leaf() {
		right.putChild(0, left.takeChild(left.count))
	}
	m.put(m.edit(right), 0, n.at[i])
	m.replace(m.edit(n), i, m.edit(left).take(left.count-1))
}

// shiftLeft moves the first item of child i+1 up into n and the one that was
// there down into child i.
func (m *Map[T]) shiftLeft(n *node[T], i int) {
	left, right := m.child(n, i), m.child(n, i+1)
	if !right.leaf() {
		left.children[left.count+1] = right.takeChild(0)
	}
	m.put(m.edit(left), left.count, n.at[i])
	m.replace(m.edit(n), i, m.edit(right).take(0))
}

// merge makes one of the children i and i+1 and the item between them.
func (m *Map[T]) merge(n *node[T], i int) {
	left, right := m.child(n, i), n.children[i+1]
	if !left.leaf() {
		copy(left.children[left.count+1:], right.children[:right.count+1])
	}
	to := m.edit(left)
	to.at[to.count] = n.at[i]
	copy(to.at[to.count+1:], right.at[:right.count])
	to.count += 1 + right.count
	m.measure(to)
	m.edit(n).take(i)
	n.takeChild(i + 1)
}
