package kv

import (
	"encoding/binary"
	"sync/atomic"
)

// arena is memory for entries that are let go all at once, in the form that they have
// in a record of the journal. The garbage collector sees a few large pieces without a
// pointer, and no entry.
//
// One goroutine at a time writes it; others may read what it held when they got hold
// of its places.
type arena struct {
	pieces atomic.Pointer[[][]byte]
	used   int // of the last piece
}

// place is where an entry stands in its arena: the number of the piece and the offset in it.
type place uint64

// fresh marks the place of a key that was inserted, and is in the hot rows only: see draft.Delete.
const fresh place = 1 << 63

const (
	smallestPiece = 16 << 10 // each is as large as all before it
	greatestPiece = 1 << 20  // unless an entry needs more
)

// add puts an entry in. A nil value means that the key is deleted.
func (a *arena) add(key, value []byte) place {
	size := item{key, value}.size()
	pieces := a.all()
	if len(pieces) == 0 || a.used+size > len(pieces[len(pieces)-1]) {
		pieces = a.grow(size)
	}
	last := len(pieces) - 1
	at := a.used
	a.used = len(appendItem(pieces[last][:at], item{key, value}))
	return place(last)<<32 | place(at)
}

// grow adds a piece for at least so many bytes.
func (a *arena) grow(size int) [][]byte {
	pieces, sum := a.all(), 0
	for _, p := range pieces {
		sum += len(p)
	}
	pieces = append(pieces, make([]byte, max(size, min(max(sum, smallestPiece), greatestPiece))))
	a.pieces.Store(&pieces)
	a.used = 0
	return pieces
}

func (a *arena) all() [][]byte {
	if pieces := a.pieces.Load(); pieces != nil {
		return *pieces
	}
	return nil
}

// end is where the next entry will stand, or may.
func (a *arena) end() place { return place(len(a.all()))<<32 | place(a.used) }

// cut lets go of all that was added since end was to, which nobody may read any more.
func (a *arena) cut(to place) {
	if pieces := a.all(); len(pieces) > int(to>>32) {
		pieces = pieces[:to>>32]
		a.pieces.Store(&pieces)
	}
	a.used = int(uint32(to))
}

// entry returns the bytes that begin with the entry at p.
func (a *arena) entry(p place) []byte {
	return (*a.pieces.Load())[p&^fresh>>32][uint32(p):]
}

// key returns the key at p.
func (a *arena) key(p place) []byte {
	b := a.entry(p)
	if n := b[0]; n < 0x80 { // as nearly all are
		return b[1 : 1+n]
	}
	length, n := binary.Uvarint(b)
	return b[n : n+int(length)]
}

// parts returns what stands at p: the key, the value, which is nil if the key is deleted, and both as a record has them.
func (a *arena) parts(p place) (key, value, encoded []byte) {
	b := a.entry(p)
	length, at := binary.Uvarint(b)
	end := at + int(length)
	key = b[at:end:end]
	length, n := binary.Uvarint(b[end:])
	if length == 0 {
		return key, nil, b[:end+n]
	}
	at = end + n
	end = at + int(length) - 1
	return key, b[at:end:end], b[:end]
}
