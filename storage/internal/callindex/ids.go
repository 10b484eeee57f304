package callindex

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"strings"
)

// id is an identifier of a call. The canonical form of a UUID, which most have, is kept as its 16 bytes.
type id struct {
	high, low uint64
	other     *string // the identifier, if it is none such
}

// ID is an identifier as a query finds it, which has not been made a text yet.
type ID = id

// NewID returns the ID of a call.
func NewID(s string) ID { return newID(s) }

func newID(s string) id {
	var b [16]byte
	if !parseUUID(&b, s) {
		other := s // so that the others do not cost an allocation
		return id{other: &other}
	}
	return id{high: binary.BigEndian.Uint64(b[:8]), low: binary.BigEndian.Uint64(b[8:])}
}

// ids are those of the documents. What is no UUID, or nearly zero, is kept apart, and there is its place instead.
type ids struct {
	uuids  column[[2]uint64]
	others []id
}

func (c *ids) add(i id) {
	kept := [2]uint64{i.high, i.low}
	if i.other != nil || apart(kept) {
		if i.other != nil {
			other := strings.Clone(*i.other)
			i.other = &other
		}
		kept = [2]uint64{0, uint64(len(c.others))}
		c.others = append(c.others, i)
	}
	c.uuids.add(kept)
}

func (c *ids) at(doc uint32) id {
	kept := c.uuids.at(doc)
	if apart(*kept) {
		return c.others[kept[1]]
	}
	return id{high: kept[0], low: kept[1]}
}

func apart(uuid [2]uint64) bool { return uuid[0] == 0 && uuid[1]>>32 == 0 }

func (i id) String() string {
	if i.other != nil {
		return *i.other
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], i.high)
	binary.BigEndian.PutUint64(b[8:], i.low)
	var s [36]byte
	printUUID(&s, &b)
	return string(s[:])
}

// compare is the order of the identifiers as texts, which is that of the bytes of two UUIDs.
func (i id) compare(o id) int {
	switch {
	case i.other == nil && o.other == nil:
		if i.high != o.high {
			return cmp.Compare(i.high, o.high)
		}
		return cmp.Compare(i.low, o.low)
	case i.other != nil && o.other != nil:
		return strings.Compare(*i.other, *o.other)
	}
	return strings.Compare(i.String(), o.String())
}

// Equal reports whether two identifiers are one.
func (i id) Equal(o ID) bool {
	if i.other != nil && o.other != nil {
		return *i.other == *o.other
	}
	return i == o
}

// Hash is the same for identifiers that are equal.
func (i id) Hash(seed maphash.Seed) uint64 {
	if i.other != nil {
		return maphash.String(seed, *i.other)
	}
	h := (i.high ^ i.low) * 0x9e3779b97f4a7c15 // odd, so that no two are made one; UUIDs are random in their low bits
	return h ^ h>>32
}

// parseUUID reads small letters alone, and nothing but hyphens between, so that it is printed as it was.
func parseUUID(b *[16]byte, s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	n := 0
	for i := 0; i < 36; i += 2 {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			i++
		}
		high, low := digits[s[i]], digits[s[i+1]]
		if high|low > 15 {
			return false
		}
		b[n] = high<<4 | low
		n++
	}
	return true
}

// digits are the values of the hexadecimal digits; 255 for any other byte.
var digits = func() (values [256]byte) {
	for c := range values {
		values[c] = 255
	}
	for value, c := range []byte("0123456789abcdef") {
		values[c] = byte(value)
	}
	return values
}()

func printUUID(s *[36]byte, b *[16]byte) {
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
}
