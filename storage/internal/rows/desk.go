package rows

import (
	"sync"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// desk is room to work in, for one transaction that writes after the other. What lies on it is good until the
// transaction ends. A nil desk is none: what is made has memory of its own then.
type desk struct {
	writer rowcodec.Writer // of the row that is being made
	reader rowcodec.Reader // of the row that is being read
	keys   []byte          // the memory of keys
	key    key             // of latest, or nil
	latest call.Call       // the call that was read last and has not been written since, which is about to be
}

var desks = sync.Pool{New: func() any { return new(desk) }}

// leave lets the next transaction at it.
func (d *desk) leave() {
	d.keys, d.key, d.latest = d.keys[:0], nil, call.Call{}
	d.reader.Reset(nil, "")
	desks.Put(d)
}

// manyKeys is the size of the memory of keys: that of those that a change of a call needs.
const manyKeys = 1 << 10

// keyOf is as the function, with memory of the desk.
func (d *desk) keyOf(table byte, texts ...string) key {
	return d.room(keySize(texts)).of(table, texts)
}

// room returns room for a key of so many bytes.
func (d *desk) room(size int) key {
	if d == nil || size > manyKeys {
		return make(key, 0, size)
	}
	at := len(d.keys)
	if at+size > cap(d.keys) {
		d.keys, at = make([]byte, 0, manyKeys), 0 // those that there are keep what they have
	}
	d.keys = d.keys[:at+size]
	return d.keys[at : at : at+size]
}
