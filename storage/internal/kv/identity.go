package kv

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// identity says whose a journal is.
type identity struct {
	store [16]byte // given to a file when it is made; copies of it have the same
	epoch [8]byte  // another one whenever the file is opened or has been copied
}

const idSize = 16 + 8

func (id *identity) bytes() []byte {
	return append(id.store[:len(id.store):len(id.store)], id.epoch[:]...)
}

func (id *identity) set(b []byte) {
	copy(id.store[:], b)
	copy(id.epoch[:], b[len(id.store):])
}

// renew begins another epoch: journals of the one before are no longer the file's.
func (id *identity) renew() { _, _ = rand.Read(id.epoch[:]) } // which never fails

// mark is what a file says of its journals.
type mark struct {
	id      identity
	applied uint64 // the number of the last record that the rows hold
}

// markKey holds it in metaBucket.
var markKey = []byte("journal")

func putMark(tx *bbolt.Tx, m mark) error {
	return tx.Bucket(metaBucket).Put(markKey, binary.BigEndian.AppendUint64(m.id.bytes(), m.applied))
}

// readMark returns the mark of a file, or a new one if it has none yet: no program
// that writes journals has had it.
func readMark(tx *bbolt.Tx) (m mark, err error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil || meta.Get(markKey) == nil {
		_, _ = rand.Read(m.id.store[:]) // which never fails
		return m, nil
	}
	v := meta.Get(markKey)
	if len(v) != idSize+8 {
		return mark{}, fmt.Errorf("%w: what it says of its journals has %d bytes", ErrDamaged, len(v))
	}
	m.id.set(v)
	m.applied = binary.BigEndian.Uint64(v[idSize:])
	return m, nil
}
