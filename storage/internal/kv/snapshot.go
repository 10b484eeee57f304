package kv

import (
	"bytes"
	"fmt"
	"iter"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// snapshot is a durable state of a file, held by a read transaction of bbolt
// that all its readers share. That is safe: the bucket of a read transaction
// caches nothing, each Get and each loop has a cursor of its own, and the one
// thing that they share and write is a counter, which is atomic.
type snapshot struct {
	tx   *bbolt.Tx
	rows *bbolt.Bucket
	refs atomic.Int64
}

var _ Reader = (*snapshot)(nil)

// openSnapshot returns the newest committed state of db, with one reference.
func openSnapshot(db *bbolt.DB) (*snapshot, error) {
	tx, err := db.Begin(false)
	if err != nil {
		return nil, err
	}
	s := &snapshot{tx: tx, rows: tx.Bucket(rowsBucket)}
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

func (s *snapshot) Get(key []byte) ([]byte, bool) {
	v := s.rows.Get(key)
	return v, v != nil
}

func (s *snapshot) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		c := s.rows.Cursor()
		for k, v := c.Seek(from); k != nil; k, v = c.Next() {
			if to != nil && bytes.Compare(k, to) >= 0 || !yield(k, v) {
				return
			}
		}
	}
}

func (s *snapshot) Descend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		c := s.rows.Cursor()
		for k, v := seekBefore(c, to); k != nil; k, v = c.Prev() {
			if bytes.Compare(k, from) < 0 || !yield(k, v) {
				return
			}
		}
	}
}

// seekBefore moves c to the last entry less than to.
func seekBefore(c *bbolt.Cursor, to []byte) (key, value []byte) {
	if to == nil {
		return c.Last()
	}
	if k, _ := c.Seek(to); k == nil {
		return c.Last() // which is less than to
	}
	return c.Prev()
}
