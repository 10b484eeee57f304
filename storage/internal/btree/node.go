package btree

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A node other than the root holds minItems to maxItems items; while it is being
// written it may hold one more or one less.
const (
	maxItems = 15
	minItems = maxItems / 2
)

// node is a leaf, with no children, or a branch with one child more than it has
// items: the keys of children[i] lie between those of at[i-1] and at[i].
//
// On the way to what is written the children of each node change, but the items of
// the last alone, as a rule: so copies of a node have them in common, until one of
// them changes them.
type node[T any] struct {
	owner uint64
	*items[T]
	children *[maxItems + 2]*node[T] // nil in a leaf
}

// items are what one node holds, in order. Like a node they are written in place only
// by the map whose mark they carry.
//
// Most steps of a search are decided by heads, which lie side by side, and not by
// keys, each of which is somewhere else in memory.
type items[T any] struct {
	writer uint64
	count  int                  // of items
	shared int                  // the first so many bytes are the same in all keys
	front  uint64               // the last of these; see tail
	heads  [maxItems + 1]uint64 // of each key, what follows on these; see head
	at     [maxItems + 1]T
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

// tail is the last eight bytes of b as a number, or all of them if there are fewer.
func tail(b []byte) (t uint64) {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b[len(b)-8:])
	}
	for _, c := range b {
		t = t<<8 | uint64(c)
	}
	return t
}

// search is one for a key, from the root down. Of the items beside the node that it has
// come to, the one before begins with the first low bytes of the key, and the one behind
// with the first high bytes; and so do all items between with the fewer of these, if a
// text counts as if zeroes followed. So few nodes need a look at the keys themselves,
// each of which is somewhere else in memory.
type search struct {
	key       []byte
	low, high int
}

// in returns the position of the first item of n whose key is not less than that of s, and
// whether it is the same. If not, s is for the child at this position from here on.
func (m *Map[T]) in(n *items[T], s *search) (int, bool) {
	if n.count == 0 {
		return 0, false
	}
	known := min(s.low, s.high)
	// The front has what lies between what is known and what is shared, or it is no use.
	if n.shared > known && (n.shared > min(known+8, len(s.key)) || tail(s.key[:n.shared]) != n.front) {
		switch front := m.key(n.at[0])[:n.shared]; bytes.Compare(s.key[:min(len(s.key), n.shared)], front) {
		case -1:
			s.high = known
			return 0, false
		case 1:
			s.low = known
			return n.count, false
		}
	}
	rest := s.key[n.shared:]
	h := head(rest)
	low, high := 0, n.count
	for low < high {
		if middle := int(uint(low+high) / 2); n.heads[middle] < h {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for ; low < n.count && n.heads[low] == h; low++ {
		if c := bytes.Compare(m.key(n.at[low])[n.shared:], rest); c == 0 {
			return low, true
		} else if c > 0 {
			break
		}
	}
	same := func(i int) int { return min(len(s.key), n.shared+bits.LeadingZeros64(n.heads[i]^h)/8) }
	if low > 0 {
		s.low = same(low - 1)
	}
	if low < n.count {
		s.high = same(low)
	}
	return low, false
}

// ascend yields the range and reports whether the walk is to go on.
func (m *Map[T]) ascend(n *node[T], from *search, to []byte, yield func(T) bool) bool {
	i, found := 0, false
	if from != nil {
		i, found = m.in(n.items, from)
	}
	for ; ; i++ {
		// Below an item that is from itself everything is less than from.
		if !n.leaf() && !found && !m.ascend(n.children[i], from, to, yield) {
			return false
		}
		if i == n.count {
			return true
		}
		it := n.at[i]
		if to != nil && bytes.Compare(m.key(it), to) >= 0 || !yield(it) {
			return false
		}
		from, found = nil, false // everything further right is greater
	}
}

// put makes it the i-th item, and those behind follow.
func (m *Map[T]) put(n *items[T], i int, it T) {
	copy(n.at[i+1:n.count+1], n.at[i:n.count])
	n.at[i] = it
	n.count++
	key := m.key(it)
	if n.count == 1 {
		n.shared, n.front = len(key), tail(key)
	}
	first := m.key(n.at[0])
	if i == 0 && n.count > 1 {
		first = m.key(n.at[1])
	}
	if len(key) < n.shared || !bytes.Equal(key[:n.shared], first[:n.shared]) {
		m.measure(n)
		return
	}
	copy(n.heads[i+1:n.count], n.heads[i:n.count-1])
	n.heads[i] = head(key[n.shared:])
}

// take removes the i-th item and returns it.
func (n *items[T]) take(i int) T {
	it := n.at[i]
	copy(n.at[i:], n.at[i+1:n.count])
	copy(n.heads[i:], n.heads[i+1:n.count])
	n.count--
	clear(n.at[n.count : n.count+1])
	return it
}

// replace makes it the i-th item in the place of the one that is.
func (m *Map[T]) replace(n *items[T], i int, it T) {
	n.take(i)
	m.put(n, i, it)
}

// measure finds what all keys share, and the heads.
func (m *Map[T]) measure(n *items[T]) {
	first, last := m.key(n.at[0]), m.key(n.at[n.count-1]) // as keys rise, all between share what these do
	n.shared = 0
	for n.shared < min(len(first), len(last)) && first[n.shared] == last[n.shared] {
		n.shared++
	}
	n.front = tail(first[:n.shared])
	for i, it := range n.at[:n.count] {
		n.heads[i] = head(m.key(it)[n.shared:])
	}
}

// sharpen measures n, some of whose items were taken, if the keys share half of each head by now.
func (m *Map[T]) sharpen(n *items[T]) {
	if n.heads[0]>>32 == n.heads[n.count-1]>>32 {
		m.measure(n)
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

// A leaf and a branch are pieces of memory with all that a node of its own needs: one
// to allocate in the place of two.
type (
	leaf[T any] struct {
		node[T]
		own items[T]
	}
	branch[T any] struct {
		node[T]
		own [maxItems + 2]*node[T]
	}
)

// writable returns n if it is m's own, else a copy that is. The items of a branch still
// are what they were: see edit.
func (m *Map[T]) writable(n *node[T]) *node[T] {
	if n.owner == m.owner {
		return n
	}
	if n.leaf() {
		c := &leaf[T]{node: node[T]{owner: m.owner}, own: *n.items}
		c.own.writer = m.owner
		c.items = &c.own
		return &c.node
	}
	return m.branch(n.items, n.children)
}

// branch returns a node, m's own, with these items and a copy of these children.
func (m *Map[T]) branch(items *items[T], children *[maxItems + 2]*node[T]) *node[T] {
	c := &branch[T]{node: node[T]{owner: m.owner, items: items}, own: *children}
	c.children = &c.own
	return &c.node
}

// fresh returns an empty leaf, which is m's own.
func (m *Map[T]) fresh() *node[T] {
	c := &leaf[T]{node: node[T]{owner: m.owner}}
	c.own.writer = m.owner
	c.items = &c.own
	return &c.node
}

// edit makes the items of n, which is m's own, m's own as well.
func (m *Map[T]) edit(n *node[T]) *items[T] {
	if n.writer != m.owner {
		own := *n.items
		own.writer = m.owner
		n.items = &own
	}
	return n.items
}

// child makes the i-th child of n, which is m's own, m's own as well.
func (m *Map[T]) child(n *node[T], i int) *node[T] {
	c := m.writable(n.children[i])
	n.children[i] = c
	return c
}

// insert puts it below n, which may be left with one item too many, and returns
// the item that it takes the place of, if there is one.
func (m *Map[T]) insert(n *node[T], s *search, it T) (old T, had bool) {
	i, found := m.in(n.items, s)
	if found {
		old = n.at[i]
		m.edit(n).at[i] = it
		return old, true
	}
	if n.leaf() {
		m.put(m.edit(n), i, it)
		return old, false
	}
	child := m.child(n, i)
	old, had = m.insert(child, s, it)
	if child.count > maxItems {
		middle, right := m.split(child)
		m.put(m.edit(n), i, middle)
		n.putChild(i+1, right)
	}
	return old, had
}

// split leaves the lower half in n, whose items are m's own, and returns what lies
// between and the upper half, which shares no memory with n.
func (m *Map[T]) split(n *node[T]) (T, *node[T]) {
	half := n.count / 2
	middle := n.at[half]
	var right *node[T]
	if n.leaf() {
		right = m.fresh()
	} else {
		right = m.branch(&items[T]{writer: m.owner}, &[maxItems + 2]*node[T]{})
		copy(right.children[:], n.children[half+1:])
		clear(n.children[half+1:])
	}
	right.count, right.shared, right.front = n.count-half-1, n.shared, n.front
	copy(right.at[:], n.at[half+1:n.count])
	copy(right.heads[:], n.heads[half+1:n.count])
	clear(n.at[half:])
	n.count = half
	m.sharpen(n.items)
	m.sharpen(right.items)
	return middle, right
}
