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
		other := s // so that the others do not cost an allocation
		return id{other: &other}
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
		high, low := digit(s[i]), digit(s[i+1])
		if high|low > 15 {
			return false
		}
		b[n] = high<<4 | low
		n++
	}
	return true
}

// digit is the value of a hexadecimal digit; 255 for any other byte.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func printUUID(s *[36]byte, b *[16]byte) {
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
}
