package rowcodec

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Writer builds a record, field by field. The zero value is an empty record.
//
// Field numbers run from 1 to 2²⁹-1; another one panics, for it is written in the
// program and not in the data.
type Writer struct {
	data []byte
}

// Data returns the record. It is the Writer's own memory: a caller that keeps it
// writes no more.
func (w *Writer) Data() []byte { return w.data }

// Reset makes the record empty. What Data has returned is written over from then on.
func (w *Writer) Reset() {
	if w.data == nil || cap(w.data) > largest {
		w.data = make([]byte, 0, usual)
	}
	w.data = w.data[:0]
}

// usual is a length that few records exceed, and largest the most memory that is kept for the next one.
const (
	usual   = 384
	largest = 64 << 10
)

// Bytes writes b, unless it is empty: nil and empty are one.
func (w *Writer) Bytes(field int, b []byte) {
	if len(b) > 0 {
		w.tag(field, kindBytes)
		w.data = binary.AppendUvarint(w.data, uint64(len(b)))
		w.data = append(w.data, b...)
	}
}

// String writes s, unless it is empty.
func (w *Writer) String(field int, s string) {
	if s != "" {
		w.element(field, s)
	}
}

// Strings writes a list, its empty strings too.
func (w *Writer) Strings(field int, list []string) {
	for _, s := range list {
		w.element(field, s)
	}
}

// Int writes v, unless it is zero; it takes the fewer bytes the closer v is to
// zero.
func (w *Writer) Int(field int, v int64) {
	if v != 0 {
		w.signed(field, v)
	}
}

// Uint writes v, unless it is zero.
func (w *Writer) Uint(field int, v uint64) {
	if v != 0 {
		w.tag(field, kindVarint)
		w.data = binary.AppendUvarint(w.data, v)
	}
}

// Bool writes v, unless it is false.
func (w *Writer) Bool(field int, v bool) {
	if v {
		w.Uint(field, 1)
	}
}

// Time writes t in microseconds since the Unix epoch, rounded down, unless it is
// the zero time. The epoch itself is written.
func (w *Writer) Time(field int, t time.Time) {
	if !t.IsZero() {
		w.signed(field, t.UnixMicro())
	}
}

// Record writes what fn writes as a record of its own, even if that is nothing,
// so that a list keeps its length.
func (w *Writer) Record(field int, fn func(*Writer)) {
	w.tag(field, kindBytes)
	start := len(w.data)
	fn(w)
	var prefix [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(prefix[:], uint64(len(w.data)-start))
	w.data = slices.Insert(w.data, start, prefix[:n]...)
}

func (w *Writer) element(field int, s string) {
	w.tag(field, kindBytes)
	w.data = binary.AppendUvarint(w.data, uint64(len(s)))
	w.data = append(w.data, s...)
}

func (w *Writer) signed(field int, v int64) {
	w.tag(field, kindVarint)
	w.data = binary.AppendVarint(w.data, v)
}

func (w *Writer) tag(field int, kind uint64) {
	if field < 1 || field > maxField {
		panic(fmt.Sprintf("rowcodec: field number %d", field))
	}
	w.data = binary.AppendUvarint(w.data, uint64(field)<<1|kind)
}
