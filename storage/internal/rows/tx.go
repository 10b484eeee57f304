package rows

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

var (
	errReadOnly = errors.New("rows: a View cannot write")
	errEnded    = errors.New("rows: the transaction has ended")
	errKey      = errors.New("rows: an id with a NUL byte cannot be stored")
)

// tx implements [storage.Tx]. Its methods stand in the files named after what they keep.
//
// The key space is read and written by the methods of this file alone: they refuse a transaction that has ended and a
// write in a View, and they know what to do about ids that no key can hold. Such an id names nothing, and writing
// under it is refused.
type tx struct {
	r     kv.Reader
	w     kv.Writer // nil in a View
	ended atomic.Bool

	refused  error          // the first write that was refused: with it, nothing is written
	changed  []changedCall  // in the order of the writes
	unlisted []callindex.ID // of calls that were put, and are in the list what they were
	grown    []string       // tenants whose log has grown, each once
	head     call.LogHead   // of the log that has grown last
	desk     *desk          // nil in a View, and when the transaction has ended
}

// changedCall is a call that was put, as the list index will have it.
type changedCall struct {
	tenant string
	entry  callindex.Entry
}

var _ storage.Tx = (*tx)(nil)

func (t *tx) end() {
	t.ended.Store(true)
	if d := t.desk; d != nil {
		t.desk = nil
		d.leave()
	}
}

// get returns the row under k, which is only good inside the transaction; nil if there is none.
func (t *tx) get(k key) ([]byte, error) {
	if t.ended.Load() {
		return nil, errEnded
	}
	if k == nil {
		return nil, nil
	}
	row, found := t.r.Get(k)
	if !found {
		return nil, t.r.Err() // it may be there and not to be read
	}
	if row == nil {
		row = []byte{}
	}
	return row, nil
}

// each calls fn for the entries whose keys k have from ≤ k < to, for none if one of them cannot be, until it reports
// that it has enough or fails. Keys and rows are only good inside the transaction.
func (t *tx) each(from, to key, fn func(k key, row []byte) (more bool, err error)) error {
	if t.ended.Load() {
		return errEnded
	}
	if from == nil || to == nil {
		return nil
	}
	for k, row := range t.r.Ascend(from, to) {
		if more, err := fn(k, row); !more || err != nil {
			return err
		}
	}
	return t.r.Err()
}

// under is each for the keys that begin with k.
func (t *tx) under(k key, fn func(k key, row []byte) (more bool, err error)) error {
	return t.each(k, k.next(), fn)
}

// put writes a row.
func (t *tx) put(k key, row func(*rowcodec.Writer)) error {
	w := t.row()
	row(w)
	return t.putRow(k, w.Data())
}

// row returns an empty Writer, which is good until the next call.
func (t *tx) row() *rowcodec.Writer {
	if t.desk == nil { // the write will be refused
		return new(rowcodec.Writer)
	}
	t.desk.writer.Reset()
	return &t.desk.writer
}

// reader returns a Reader of row, which is good until the next call. Strings are parts of text, if there is one.
func (t *tx) reader(row []byte, text string) *rowcodec.Reader {
	if t.desk == nil { // others may be reading
		return rowcodec.NewTextReader(row, text)
	}
	t.desk.reader.Reset(row, text)
	return &t.desk.reader
}

// putRow writes a row that was made.
func (t *tx) putRow(k key, row []byte) error {
	if err := t.refuse(t.writable(k)); err != nil {
		return err
	}
	t.w.Put(k, row)
	return nil
}

// insert writes an empty row under a key that is not there.
func (t *tx) insert(k key) error {
	if err := t.refuse(t.writable(k)); err != nil {
		return err
	}
	t.w.Insert(k)
	return nil
}

// drop removes the row under k, if there is one.
func (t *tx) drop(k key) error {
	switch err := t.writable(k); {
	case errors.Is(err, errKey):
		return nil
	case err != nil:
		return err
	}
	t.w.Delete(k)
	return nil
}

// refuse notes that a write was refused, if err is why.
func (t *tx) refuse(err error) error {
	if t.refused == nil {
		t.refused = err
	}
	return err
}

func (t *tx) writable(k key) error {
	switch {
	case t.ended.Load():
		return errEnded
	case t.w == nil:
		return errReadOnly
	case k == nil:
		return errKey
	}
	return nil
}

// read reads the row under k into v; found is false if there is none.
func read[T any](t *tx, k key, decode func(*rowcodec.Reader) T) (v T, found bool, err error) {
	row, err := t.get(k)
	if row == nil || err != nil {
		return v, false, err
	}
	v, err = decodeWith(t.reader(row, ""), k, decode)
	return v, err == nil, err
}

// decodeRow reads a row; an error names its key.
func decodeRow[T any](k key, row []byte, decode func(*rowcodec.Reader) T) (T, error) {
	return decodeWith(rowcodec.NewReader(row), k, decode)
}

// decodeShared is decodeRow with strings that are parts of one copy of the row.
func decodeShared[T any](k key, row []byte, decode func(*rowcodec.Reader) T) (T, error) {
	return decodeWith(rowcodec.NewSharingReader(row), k, decode)
}

func decodeWith[T any](r *rowcodec.Reader, k key, decode func(*rowcodec.Reader) T) (T, error) {
	v := decode(r)
	if err := r.Err(); err != nil {
		return v, rowError(k, err)
	}
	return v, nil
}

// rowError is the error of a row that cannot be read.
func rowError(k key, err error) error { return fmt.Errorf("row %s: %w", k.name(), err) }
