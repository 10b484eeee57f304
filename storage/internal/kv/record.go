package kv

import (
	"encoding/binary"
	"hash/crc32"
	"iter"
	"slices"
)

const (
	recordMagic  = "vokijrn1"
	recordHeader = len(recordMagic) + idSize + 8 + 4 + 4

	// recordPage is what the length of a record is rounded up to, so that no write
	// touches a page of the file that holds an older record.
	recordPage = 4096
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// item is an entry to be written. A nil value means that the key is deleted.
type item struct{ key, value []byte }

// size is at least how many bytes the item takes in a record.
func (i item) size() int { return 2*binary.MaxVarintLen32 + len(i.key) + len(i.value) }

// record is what one group has written, as a journal holds it. Records are numbered,
// without gaps, over the whole life of a file.
type record struct {
	id     identity
	number uint64
	body   []byte // the items
}

// appendRecord appends the record of items, each in its encoded form, to b, which is empty.
// docs/storage-format.md has it byte by byte.
func appendRecord(b []byte, id identity, number uint64, items iter.Seq[[]byte]) []byte {
	b = append(b, recordMagic...)
	b = append(b, id.bytes()...)
	b = binary.BigEndian.AppendUint64(b, number)
	b = append(b, make([]byte, 8)...) // the length of the body and the checksum, below
	for i := range items {
		b = append(b, i...)
	}
	binary.BigEndian.PutUint32(b[recordHeader-8:], uint32(len(b)-recordHeader))
	binary.BigEndian.PutUint32(b[recordHeader-4:], checksum(b))
	padded := recordSize(len(b) - recordHeader)
	return slices.Grow(b, padded-len(b))[:padded] // of what lies behind it nothing is read
}

// appendItem appends the item in its encoded form to b.
func appendItem(b []byte, i item) []byte {
	b = binary.AppendUvarint(b, uint64(len(i.key)))
	b = append(b, i.key...)
	if i.value == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(i.value))+1)
	return append(b, i.value...)
}

// recordSize is how much of a file a record with a body of so many bytes takes.
func recordSize(body int) int {
	return (recordHeader + body + recordPage - 1) / recordPage * recordPage
}

// checksum is that of the record b, without its padding.
func checksum(b []byte) uint32 {
	sum := crc32.Update(0, castagnoli, b[:recordHeader-4])
	return crc32.Update(sum, castagnoli, b[recordHeader:])
}

// parseRecord returns the record that b begins with, if it is whole, and its size in
// the file.
func parseRecord(b []byte) (r record, size int, ok bool) {
	if len(b) < recordHeader || string(b[:len(recordMagic)]) != recordMagic {
		return record{}, 0, false
	}
	at := len(recordMagic)
	r.id.set(b[at:])
	r.number = binary.BigEndian.Uint64(b[at+idSize:])
	length := binary.BigEndian.Uint32(b[recordHeader-8:])
	if uint64(length) > uint64(len(b)-recordHeader) {
		return record{}, 0, false
	}
	end := recordHeader + int(length)
	if checksum(b[:end]) != binary.BigEndian.Uint32(b[recordHeader-4:]) {
		return record{}, 0, false
	}
	r.body = b[recordHeader:end]
	return r, recordSize(int(length)), true
}

// items reads the body, whose parts they are. ok is false if it is not what appendRecord writes.
func (r record) items() (items []item, ok bool) {
	for b := r.body; len(b) > 0; {
		var i item
		if i.key, b, ok = cut(b, 0); !ok || len(i.key) == 0 {
			return nil, false
		}
		if len(b) > 0 && b[0] == 0 {
			b = b[1:]
		} else if i.value, b, ok = cut(b, 1); !ok {
			return nil, false
		}
		items = append(items, i)
	}
	return items, true
}

// cut takes a length, which more was added to, and so many bytes from the front of b.
func cut(b []byte, more uint64) (taken, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length < more || length-more > uint64(len(b)-n) {
		return nil, nil, false
	}
	b = b[n:]
	length -= more
	return b[:length:length], b[length:], true
}
