package phx

import (
	"errors"
	"io"
	"sync"
	"time"
)

// buffers are for reading messages. Idle sockets hold none.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

const keepBuffer = 64 << 10 // larger ones are left to the garbage collector

// slowMessage is how long the pieces of one message are signs of life, so that one that never ends is no way to stay.
const slowMessage = time.Minute

var errTooBig = errors.New("phx: message too big")

// read is the socket's goroutine.
func (s *Socket) read() {
	defer s.hub.running.Done()
	err := s.readMessages()
	tooBig := errors.Is(err, s.hub.o.ReadLimitError)
	s.mu.Lock()
	if tooBig {
		s.goodbye = true // the transport has said it
		s.shut(TooBig, Disconnected)
	} else {
		s.shut(Lost, Disconnected)
	}
	s.timer.Stop()
	code := s.code
	s.mu.Unlock()
	if tooBig {
		s.linger()
	}
	_ = s.t.Close() // it may have been closed already
	s.hub.remove(s)
	s.hub.o.OnClose(s, code)
}

// readMessages reads until the connection ends or breaks.
func (s *Socket) readMessages() error {
	for {
		kind, r, err := s.t.NextReader()
		if err != nil {
			return err
		}
		now := s.hear()
		if s.ended() {
			continue // only the client's close frame is waited for
		}
		if err := s.readMessage(kind == opBinary, r, now); err != nil {
			return err
		}
	}
}

// linger leaves the client time to read the close frame before the connection is reset over what is not read of it.
func (s *Socket) linger() {
	select {
	case <-time.After(s.hub.o.CloseTimeout):
	case <-s.hub.ctx.Done():
	}
}

// readMessage reads one message, which has begun now, and acts on it. The error says that the connection is broken.
func (s *Socket) readMessage(binary bool, r io.Reader, now time.Duration) error {
	if !s.admit(now) {
		s.end(TooManyMessages, Disconnected)
		return nil
	}
	buf, _ := buffers.Get().(*[]byte)
	data, err := s.readAll((*buf)[:0], r, now)
	switch {
	case errors.Is(err, errTooBig):
		s.end(TooBig, Disconnected)
		err = nil
	case err == nil && !s.bytes.take(len(data), s.hub.o.ByteRate, s.hub.o.ByteBurst, now):
		s.end(TooManyMessages, Disconnected)
	case err == nil:
		s.receive(binary, data)
	}
	if cap(data) <= keepBuffer {
		*buf = data[:0]
		buffers.Put(buf)
	}
	return err
}

// readAll reads a message of at most MaxMessage bytes into b: a transport that inflates counts them before. A slow
// client is heard with every piece, for a while.
func (s *Socket) readAll(b []byte, r io.Reader, began time.Duration) ([]byte, error) {
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
		if now := s.hub.now(); now-began < slowMessage {
			s.heard.Store(int64(now))
		}
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
func (s *Socket) admit(now time.Duration) bool {
	return s.messages.take(1, s.hub.o.Rate, s.hub.o.Burst, now)
}
