package kv

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// snapshot is a durable state of a file, held by a read transaction of bbolt
// that all its readers share. That is safe: the bucket of a read transaction
// caches nothing, each Get and each loop has a cursor of its own, and the one
// thing that they share and write is a counter, which is atomic.
type snapshot struct {
	tx    *bbolt.Tx
	rows  *bbolt.Bucket
	refs  atomic.Int64
	seed  maphash.Seed
	found [4096]atomic.Pointer[entry] // some of the entries that were asked for last, by their hash
}

// entry is one of a snapshot. The value lies within the file.
type entry struct {
	key   string
	value []byte
}

// openSnapshot returns the newest committed state of db, with one reference.
func openSnapshot(db *bbolt.DB) (*snapshot, error) {
	tx, err := db.Begin(false)
	if err != nil {
		return nil, err
	}
	s := &snapshot{tx: tx, rows: tx.Bucket(rowsBucket), seed: maphash.MakeSeed()}
	s.refs.Store(1)
	if s.rows == nil {
		s.release()
		return nil, fmt.Errorf("%w: it has no rows", ErrDamaged)
	}
	return s, nil
}

// retain adds a reference; the caller knows that there is one.
func (s *snapshot) retain() { s.refs.Add(1) }

// release takes a reference away and ends the transaction with the last one: not
// before that does bbolt reuse the pages of the state.
func (s *snapshot) release() {
	if s.refs.Add(-1) == 0 {
		_ = s.tx.Rollback() // its only error is that it is closed already
	}
}

// reader is a snapshot as one transaction reads it. What bbolt makes of a damaged
// page, a panic or a fault of memory, does not come out of it: the reader keeps it
// as its error.
type reader struct {
	*snapshot
	damage atomic.Pointer[error] // the first
}

var _ Reader = (*reader)(nil)

// Get searches the file only for what nobody has asked for lately, as a search through its pages costs far more than to
// remember. What is remembered is touched again: its page may have left the memory since, and the disk have failed.
func (r *reader) Get(key []byte) ([]byte, bool) {
	place := &r.found[maphash.Bytes(r.seed, key)%uint64(len(r.found))]
	known := place.Load()
	if known != nil && known.key != string(key) {
		known = nil
	}
	_, v := r.read(func() ([]byte, []byte) {
		if known != nil {
			return nil, known.value
		}
		return nil, r.rows.Get(key)
	})
	if v != nil && known == nil {
		place.Store(&entry{string(key), v})
	}
	return v, v != nil
}

// Ascend moves the cursor inside of read, and yields outside of it: a panic of the
// loop is the loop's own.
func (r *reader) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var c *bbolt.Cursor
		k, v := r.read(func() ([]byte, []byte) {
			c = r.rows.Cursor()
			return c.Seek(from)
		})
		for k != nil {
			if to != nil && bytes.Compare(k, to) >= 0 || !yield(k, v) {
				return
			}
			k, v = r.read(c.Next)
		}
	}
}

func (r *reader) Err() error {
	if damage := r.damage.Load(); damage != nil {
		return *damage
	}
	return nil
}

// read returns the entry that fn finds, or nothing if fn fails as Guard says or the
// entry does not lie within the file.
func (r *reader) read(fn func() (key, value []byte)) (key, value []byte) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err := damaged(p)
			r.damage.CompareAndSwap(nil, &err)
			key, value = nil, nil
		}
	}()
	key, value = fn()
	touch(key)
	touch(value)
	return key, value
}

// touch reads a byte of each page of b, so that memory which is not there faults
// here and not where b is used.
func touch(b []byte) {
	for i := 0; i < len(b); i += smallestPage {
		runtime.KeepAlive(b[i])
	}
	if len(b) > 0 {
		runtime.KeepAlive(b[len(b)-1])
	}
}

// smallestPage is the size of the smallest pages of memory that there are.
const smallestPage = 4096
