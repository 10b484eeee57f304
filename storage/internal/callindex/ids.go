package callindex

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// id is an identifier of a call. The canonical form of a UUID, which most have, is kept as its 16 bytes.
type id struct {
	high, low uint64
	other     *string // the identifier, if it is none such
}

func newID(s string) id {
	var b [16]byte
	if !parseUUID(&b, s) {
		return id{other: &s}
	}
	return id{high: binary.BigEndian.Uint64(b[:8]), low: binary.BigEndian.Uint64(b[8:])}
}

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
	if i.other == nil && o.other == nil {
		return cmp.Or(cmp.Compare(i.high, o.high), cmp.Compare(i.low, o.low))
	}
	return strings.Compare(i.String(), o.String())
}

func parseUUID(b *[16]byte, s string) bool {
	if len(s) != 36 {
		return false
	}
	var digits [32]byte
	copy(digits[:], s[:8])
	copy(digits[8:], s[9:13])
	copy(digits[12:], s[14:18])
	copy(digits[16:], s[19:23])
	copy(digits[20:], s[24:])
	if _, err := hex.Decode(b[:], digits[:]); err != nil {
		return false
	}
	var again [36]byte
	printUUID(&again, b)
	return string(again[:]) == s // neither capitals nor anything but hyphens between
}

func printUUID(s *[36]byte, b *[16]byte) {
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
}
