package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine is the most bytes of a line.
const maxLine = 4 << 20

// line is a line of a file with what is known about its place.
type line struct {
	number int    // from 1
	text   []byte // without white space around it; nil if err is set
	end    int64  // bytes of the file up to the line's end
	err    error  // why it cannot be used, though the next one may
}

// lines reads the lines of a file, one at a time, of which none is held whole that is too long.
type lines struct {
	in     *bufio.Reader
	number int
	offset int64
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, 256<<10)} }

// next returns the next line that is not empty, and [io.EOF] behind the last.
func (l *lines) next() (line, error) {
	for {
		text, tooLong, err := l.read()
		if errors.Is(err, io.EOF) && len(text) == 0 && !tooLong {
			return line{}, io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return line{}, err
		}
		l.number++
		if l.number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		text = bytes.TrimSpace(text)
		switch {
		case tooLong:
			return line{number: l.number, end: l.offset, err: fmt.Errorf("is longer than %d bytes", maxLine)}, nil
		case len(text) > 0:
			return line{number: l.number, text: text, end: l.offset}, nil
		}
	}
}

// read returns the bytes up to and with the next line break, as far as they are not too many.
func (l *lines) read() (text []byte, tooLong bool, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		l.offset += int64(len(part))
		if tooLong = tooLong || len(text)+len(part) > maxLine; tooLong {
			text = nil
		} else {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, tooLong, err
		}
	}
}
