package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"
)

// FormatWebM is the container that browsers record.
const FormatWebM = "webm"

// Prober finds out how long a recording is. Package media/webm has one.
type Prober interface {
	// Duration reads WebM, to its end if need be, and returns how long it plays; 0 if that cannot be told.
	Duration(ctx context.Context, r io.Reader) (time.Duration, error)
}

const (
	// headSize is how many bytes of a content are looked at. The header of a browser's WebM has about 40.
	headSize = 4096

	idEBML    = 0x1a45dfa3
	idDocType = 0x4282
)

// errShortHead: the content ends before it has said what it is.
var errShortHead = errors.New("the header is cut short")

// beginsAsWebM reads the head of r and returns a reader of all of it. Returns [ErrNotWebM], errShortHead with the
// reader, and r's own error.
func beginsAsWebM(r io.Reader) (io.Reader, error) {
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil {
		return nil, err
	}
	return io.MultiReader(bytes.NewReader(head), r), checkHead(head)
}

// checkHead looks for the EBML header of WebM: RFC 8794, section 11.2, with the DocType "webm".
func checkHead(b []byte) error {
	id, size, b, err := element(b)
	if err != nil {
		return err
	}
	if id != idEBML {
		return ErrNotWebM
	}
	for left := size; left > 0; {
		before := len(b)
		id, size, b, err = element(b)
		if err != nil {
			return err
		}
		if id == idDocType {
			if size > uint64(len(b)) {
				return errShortHead
			}
			if string(bytes.TrimRight(b[:size], "\x00")) != FormatWebM {
				return ErrNotWebM
			}
			return nil
		}
		if size > uint64(len(b)) {
			return errShortHead
		}
		b = b[size:]
		read := uint64(before - len(b))
		left -= min(read, left)
	}
	return ErrNotWebM
}

// element takes the id and the size of an EBML element from the front of b.
func element(b []byte) (id, size uint64, rest []byte, err error) {
	id, n, err := varint(b, true)
	if err != nil {
		return 0, 0, nil, err
	}
	if n > 4 {
		return 0, 0, nil, ErrNotWebM
	}
	size, m, err := varint(b[n:], false)
	if err != nil {
		return 0, 0, nil, err
	}
	return id, size, b[n+m:], nil
}

// varint reads a number of RFC 8794, section 4, and how many bytes it has. An id keeps the bit that marks its length.
func varint(b []byte, marked bool) (value uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errShortHead
	}
	mark := byte(0x80)
	for n = 1; n <= 8 && b[0]&mark == 0; n++ {
		mark >>= 1
	}
	if n > 8 {
		return 0, 0, ErrNotWebM
	}
	if n > len(b) {
		return 0, 0, errShortHead
	}
	value = uint64(b[0])
	if !marked {
		value &^= uint64(mark)
	}
	for _, c := range b[1:n] {
		value = value<<8 | uint64(c)
	}
	return value, n, nil
}
