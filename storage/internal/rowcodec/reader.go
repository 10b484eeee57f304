package rowcodec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// Reader reads the fields of a record in the order in which they were written:
//
//	for r.Next() {
//		switch r.Field() {
//		case 1:
//			c.ID = r.String()
//		case 2:
//			c.Tags = append(c.Tags, r.String())
//		}
//	}
//	return r.Err()
//
// A field that is not asked for is skipped. Damaged input ends the loop and is
// told by Err; it never panics, and it never allocates more than its own size.
// What a Reader returns shares no memory with its input.
type Reader struct {
	rest  []byte
	field int
	kind  uint64
	num   uint64 // the value, if the kind is kindVarint
	data  []byte // the value, if the kind is kindBytes
	err   error
	text  string // the whole record, if strings are to be parts of it
}

// NewReader returns a Reader of record, which must not change while it is read.
func NewReader(record []byte) *Reader { return &Reader{rest: record} }

// NewSharingReader returns a Reader whose strings are parts of one copy of the
// record, which lives as long as any of them: for records that are read, shown and
// let go.
func NewSharingReader(record []byte) *Reader { return NewTextReader(record, string(record)) }

// NewTextReader returns a Reader of record, whose strings are parts of text, which
// holds the same bytes.
func NewTextReader(record []byte, text string) *Reader { return &Reader{rest: record, text: text} }

// Reset makes r a Reader of record as NewTextReader does, or as NewReader if text is empty.
func (r *Reader) Reset(record []byte, text string) { *r = Reader{rest: record, text: text} }

// Next moves to the next field and tells whether there is one.
func (r *Reader) Next() bool {
	if r.err != nil || len(r.rest) == 0 {
		return false
	}
	tag := r.uvarint()
	number := tag >> 1
	if r.err == nil && (number < 1 || number > maxField) {
		r.fail("field number %d", number)
	}
	if r.err != nil {
		return false
	}
	r.field, r.kind = int(number), tag&1
	value := r.uvarint()
	if r.err != nil {
		return false
	}
	if r.kind == kindVarint {
		r.num, r.data = value, nil
		return true
	}
	if value > uint64(len(r.rest)) {
		r.fail("field %d: length %d of %d", r.field, value, len(r.rest))
		return false
	}
	r.num, r.data, r.rest = 0, r.rest[:value], r.rest[value:]
	return true
}

// Field returns the number of the field that Next moved to.
func (r *Reader) Field() int { return r.field }

// Err returns the reason for which Next returned false before the end of the
// record, an error that Is ErrDamaged, or nil.
func (r *Reader) Err() error { return r.err }

// Bytes returns a copy of the field's bytes; it is nil if there are none.
func (r *Reader) Bytes() []byte {
	if !r.is(kindBytes) || len(r.data) == 0 {
		return nil
	}
	return bytes.Clone(r.data)
}

// String returns the field's bytes as a string.
func (r *Reader) String() string {
	if !r.is(kindBytes) {
		return ""
	}
	if r.text != "" {
		end := len(r.text) - len(r.rest) // the value ends where the rest begins
		return r.text[end-len(r.data) : end]
	}
	return string(r.data)
}

// Int returns what Writer.Int wrote.
func (r *Reader) Int() int64 {
	if !r.is(kindVarint) {
		return 0
	}
	v := int64(r.num >> 1)
	if r.num&1 != 0 {
		v = ^v
	}
	return v
}

// Uint returns what Writer.Uint wrote.
func (r *Reader) Uint() uint64 {
	if !r.is(kindVarint) {
		return 0
	}
	return r.num
}

// Bool returns what Writer.Bool wrote.
func (r *Reader) Bool() bool { return r.Uint() != 0 }

// Time returns what Writer.Time wrote, in UTC.
func (r *Reader) Time() time.Time {
	if !r.is(kindVarint) {
		return time.Time{}
	}
	return time.UnixMicro(r.Int()).UTC()
}

// Record has fn read the field's record with r itself, which then goes on behind the
// field. What goes wrong in it is told by Err.
func (r *Reader) Record(fn func(*Reader)) {
	if !r.is(kindBytes) {
		return
	}
	outer := *r
	*r = Reader{rest: r.data}
	fn(r)
	err := r.err
	if *r = outer; err != nil {
		r.err = fmt.Errorf("field %d: %w", r.field, err)
	}
}

// is tells whether the field is of the kind, which is an error if it is not.
func (r *Reader) is(kind uint64) bool {
	if r.err == nil && (r.field == 0 || r.kind != kind) {
		r.fail("field %d is of kind %d, not %d", r.field, r.kind, kind)
	}
	return r.err == nil
}

func (r *Reader) uvarint() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 { // most of them
		v := uint64(r.rest[0])
		r.rest = r.rest[1:]
		return v
	}
	return r.longUvarint()
}

func (r *Reader) longUvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail("varint cut short or too long")
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *Reader) fail(format string, args ...any) {
	r.err = fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}
