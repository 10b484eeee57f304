package httpapi

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// formHeaders passes a form on without the control characters in the headers of its parts, of which the reader of
// parts would make an error: a file may have such a name, and is kept without them.
type formHeaders struct {
	r    *bufio.Reader
	mark []byte // "--" and the boundary

	midLine  bool
	inHeader bool
	blank    bool   // nothing of the line was passed on so far
	pending  []byte // of a header, to be passed on
	err      error  // after pending
}

func newFormHeaders(r io.Reader, boundary string) *formHeaders {
	return &formHeaders{r: bufio.NewReaderSize(r, 64<<10), mark: []byte("--" + boundary)}
}

func (f *formHeaders) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(f.pending) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		opens := !f.midLine && f.atPart()
		if !opens && !f.inHeader {
			return f.content(p)
		}
		f.header(opens)
	}
	n = copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// atPart reports whether the line that begins is a boundary with a part behind it.
func (f *formHeaders) atPart() bool {
	line, _ := f.r.Peek(len(f.mark) + 1)
	return len(line) > len(f.mark) && bytes.HasPrefix(line, f.mark) && bytes.IndexByte([]byte(" \t\r\n"), line[len(f.mark)]) >= 0
}

// content passes on what is no header, up to the end of the line.
func (f *formHeaders) content(p []byte) (int, error) {
	if _, err := f.r.Peek(1); err != nil {
		return 0, err
	}
	line, _ := f.r.Peek(min(f.r.Buffered(), len(p)))
	end := bytes.IndexByte(line, '\n') + 1
	f.midLine = end == 0
	if f.midLine {
		end = len(line)
	}
	copy(p, line[:end])
	_, err := f.r.Discard(end)
	return end, err
}

// header takes in a line of a header, or as much of it as the buffer holds. The first one opens the part, and one of
// which nothing is passed on closes the header.
func (f *formHeaders) header(opens bool) {
	line, err := f.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		f.err = err
	}
	if !f.midLine {
		f.blank = true
	}
	f.midLine = err != nil
	text := line
	if !f.midLine {
		text = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
	}
	f.pending = f.pending[:0]
	for _, c := range text {
		if c >= ' ' && c != 0x7f || c == '\t' {
			f.pending = append(f.pending, c)
		}
	}
	f.blank = f.blank && len(f.pending) == 0
	f.inHeader = opens || f.midLine || !f.blank
	f.pending = append(f.pending, line[len(text):]...)
}
