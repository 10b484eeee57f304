package phx

import (
	"errors"
	"io"
	"sync"
)

// buffers are for reading messages. Idle sockets hold none.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

const keepBuffer = 64 << 10 // larger ones are left to the garbage collector

var errTooBig = errors.New("phx: message too big")

// read is the socket's goroutine.
func (s *Socket) read() {
	defer s.hub.running.Done()
	for {
		kind, r, err := s.t.NextReader()
		if err != nil {
			break
		}
		s.hear()
		if s.ended() {
			continue // only the client's close frame is waited for
		}
		if err := s.readMessage(kind == opBinary, r); err != nil {
			break
		}
	}
	s.mu.Lock()
	s.shut(Lost, Disconnected)
	s.timer.Stop()
	code := s.code
	s.mu.Unlock()
	_ = s.t.Close() // it may have been closed already
	s.hub.remove(s)
	s.hub.o.OnClose(s, code)
}

// readMessage reads one message and acts on it. The error says that the connection is broken.
func (s *Socket) readMessage(binary bool, r io.Reader) error {
	if !s.admit() {
		s.end(TooManyMessages, Disconnected)
		return nil
	}
	buf, _ := buffers.Get().(*[]byte)
	data, err := s.readAll((*buf)[:0], r)
	switch {
	case errors.Is(err, errTooBig):
		s.end(TooBig, Disconnected)
		err = nil
	case err == nil:
		s.receive(binary, data)
	}
	if cap(data) <= keepBuffer {
		*buf = data[:0]
		buffers.Put(buf)
	}
	return err
}

// readAll reads a message of at most MaxMessage bytes into b. A slow client is heard with every piece.
func (s *Socket) readAll(b []byte, r io.Reader) ([]byte, error) {
	limit := s.hub.o.MaxMessage
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if len(b) > limit {
			return b, errTooBig
		}
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
		s.hear()
	}
}

// receive decodes a frame and hands the message to the protocol.
func (s *Socket) receive(binary bool, data []byte) {
	m, err := s.version.decode(binary, data)
	switch {
	case errors.Is(err, ErrNotUTF8):
		s.end(NotUTF8, Disconnected)
	case err != nil:
		s.hub.o.Logger.Debug("bad frame", "socket", s.id, "error", err)
		s.end(BadFrame, Disconnected)
	default:
		s.dispatch(&m)
	}
}

// admit counts something received against Rate and Burst.
func (s *Socket) admit() bool {
	o := &s.hub.o
	if o.Rate < 0 {
		return true
	}
	now := s.hub.now()
	s.tokens = min(float64(o.Burst), s.tokens+(now-s.counted).Seconds()*o.Rate)
	s.counted = now
	if s.tokens < 1 {
		return false
	}
	s.tokens--
	return true
}
