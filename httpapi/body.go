package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"time"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// fields are the members of a JSON body that its handler asks for, and what is wrong with them. Unknown members are
// ignored, null is as if it were not there, and of a name that comes twice the last one counts.
type fields struct {
	members map[string]json.RawMessage
	wrong   call.FieldErrors
}

// body reads a body that must be one JSON object in UTF-8, whatever Content-Type it claims: what curl sends unless
// told otherwise is a form's. Returns errNotJSON, errBody and errBodyTooLarge.
func (rq *request) body() (*fields, error) { return rq.readFields(false) }

// optionalBody is body for routes that take none as well.
func (rq *request) optionalBody() (*fields, error) { return rq.readFields(true) }

func (rq *request) readFields(optional bool) (*fields, error) {
	if rq.r.ContentLength > rq.s.o.MaxBody {
		return nil, errBodyTooLarge
	}
	r := rq.limitedBody(rq.s.o.MaxBody)
	r.until = time.Now().Add(r.timeout)
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	f := &fields{wrong: call.FieldErrors{}}
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 && optional {
		return f, nil
	}
	if len(raw) == 0 || raw[0] != '{' || !utf8.Valid(raw) {
		return nil, errNotJSON
	}
	if err := json.Unmarshal(raw, &f.members); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return f, nil
}

// text returns a member that must be a string; empty if it is not there.
func (f *fields) text(name string) (s string) {
	f.member(name, &s)
	return s
}

// integer returns a member that must be a whole number, which is noted as missing if it is not there.
func (f *fields) integer(name string) int {
	var n float64
	switch {
	case !f.has(name):
		f.wrong.Add(name, "can't be blank")
	case !f.member(name, &n):
	case n != math.Trunc(n) || math.Abs(n) > math.MaxInt32:
		f.wrong.Add(name, "is invalid")
	}
	return int(n)
}

func (f *fields) has(name string) bool {
	raw, ok := f.members[name]
	return ok && string(raw) != "null"
}

// member decodes a member into v and reports whether that worked; a value of another type is noted.
func (f *fields) member(name string, v any) bool {
	if !f.has(name) {
		return false
	}
	if err := json.Unmarshal(f.members[name], v); err != nil {
		f.wrong.Add(name, "is invalid")
		return false
	}
	return true
}

// bodyReader is the body of a request as handlers read it. It tells a client's failure from any other: an error of its
// Read is errBody, errBodySlow or errBodyTooLarge, and is kept, so that it is known even if whoever read did not pass it on.
type bodyReader struct {
	body    io.Reader
	left    int64         // bytes that may still come
	timeout time.Duration // of one Read
	until   time.Time     // of all; zero: no bound
	conn    *http.ResponseController
	err     error
}

// limitedBody returns the request's body, of which more than limit bytes are an error.
func (rq *request) limitedBody(limit int64) *bodyReader {
	rq.read = &bodyReader{body: rq.r.Body, left: limit, timeout: rq.s.o.BodyTimeout, conn: http.NewResponseController(rq.w)}
	if rq.r.Body == nil {
		rq.read.body = http.NoBody
	}
	return rq.read
}

func (b *bodyReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p))-1 > b.left { // one byte more than may come, to see that it does
		p = p[:b.left+1]
	}
	n, err := b.readInTime(p)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		n, b.err = 0, errBodyTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.err = errBodySlow
	case err != nil && !errors.Is(err, io.EOF):
		b.err = fmt.Errorf("%w: %w", errBody, err)
	case err != nil:
		b.err = io.EOF
	}
	return n, b.err
}

// readInTime bounds how long the connection may be silent. What is no connection has no bound.
func (b *bodyReader) readInTime(p []byte) (int, error) {
	if b.timeout < 0 {
		return b.body.Read(p)
	}
	deadline := b.until
	if deadline.IsZero() {
		deadline = time.Now().Add(b.timeout)
	}
	_ = b.conn.SetReadDeadline(deadline)
	n, err := b.body.Read(p)
	if err == nil || errors.Is(err, io.EOF) { // otherwise it stays, or the server would go on waiting for the rest
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

const (
	// lingerBytes and lingerTime bound what is read of the body of a refused request. Many clients see no reply if
	// the connection is closed while they are still sending.
	lingerBytes = 64 << 20
	lingerTime  = 2 * time.Second
)

// discardBody reads what a refused client is still sending, within bounds. A client that waits to be told to go on is
// not told, and one that has failed to send is not waited for.
func (rq *request) discardBody() {
	if rq.r.Body == nil || rq.r.Body == http.NoBody || rq.r.Header.Get("Expect") != "" ||
		rq.read != nil && (errors.Is(rq.read.err, errBody) || errors.Is(rq.read.err, errBodySlow)) {
		return
	}
	conn := http.NewResponseController(rq.w)
	if conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return // no connection, nobody to wait for
	}
	if _, err := io.CopyN(io.Discard, rq.r.Body, lingerBytes); errors.Is(err, io.EOF) {
		_ = conn.SetReadDeadline(time.Time{})
	}
}

// explain returns what failed when err came of reading the body: the reader's own error, if it had one.
func (b *bodyReader) explain(err error) error {
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return b.err
	}
	return err
}
