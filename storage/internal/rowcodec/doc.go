// Package rowcodec encodes rows as compact records of numbered fields.
//
// A record is a sequence of fields, each a tag and a value. The tag is the
// unsigned varint number<<1 | kind. A value of kind 0 is a varint; one of kind 1
// is a length, as a varint, and that many bytes, which may be a record again.
//
// A number is given to a field once and for good: the field of a removed number
// is skipped by readers that do not know it, as is one of a number from a later
// version. Zero values are left out, so that a field that was added reads as zero
// from older records. A list is its field repeated.
//
// The package must never know which rows there are.
package rowcodec

import "errors"

// ErrDamaged is the error of a Reader whose input is not a record, or has a field
// of another kind than the one that is asked for.
var ErrDamaged = errors.New("rowcodec: damaged record")

// maxField is the greatest field number.
const maxField = 1<<29 - 1

// The kinds of value.
const (
	kindVarint = 0
	kindBytes  = 1
)
