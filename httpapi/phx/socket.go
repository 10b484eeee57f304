package phx

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Transport is one WebSocket connection, as a *websocket.Conn of gorilla/websocket is without an adapter. Message types
// are the opcodes of RFC 6455. NextReader and what it returns are used by one goroutine, WriteMessage and
// SetWriteDeadline by one at a time; WriteControl and Close may be called beside everything else, and Close ends a
// NextReader and a write that hang.
//
// SetReadLimit has a frame refused by its header whose message would be longer, with close code 1009 and an error of
// reading, which [Options.ReadLimitError] names. Deadlines need not be set on it, and its close handler should answer a
// close frame, which is gorilla's default.
type Transport interface {
	NextReader() (messageType int, r io.Reader, err error)
	WriteMessage(messageType int, data []byte) error
	WriteControl(messageType int, data []byte, deadline time.Time) error
	SetWriteDeadline(t time.Time) error
	SetReadLimit(limit int64)
	SetPingHandler(h func(data string) error)
	SetPongHandler(h func(data string) error)
	Close() error
}

// Holder is what a [Transport] implements if it can keep back what is written and write it in one piece. Hold and Release
// come in turns, by the goroutine that writes messages; the deadline that was set last is that of Release.
type Holder interface {
	Hold()
	Release() error
}

// Opcodes of RFC 6455.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// Socket is a client's connection.
type Socket struct {
	hub     *Hub
	t       Transport
	version Version
	user    any
	id      uint64

	heard atomic.Int64 // when something was last received, in the hub's time

	messages, bytes, joins bucket

	mu       sync.Mutex
	lanes    []*lane // those with a current channel or with tasks
	joined   int     // lanes with a current channel
	pending  load    // what is waiting in the lanes
	out      []frame // to be sent, from sent on
	sent     int
	queued   load          // of out, of what channels hold back, and of the frame that is being written
	writing  bool          // the writer runs
	ping     bool          // one is to be sent
	pong     []byte        // what to answer a ping with; nil: there was none
	due      time.Duration // when a delayed reply is sent at the latest; 0: none waits
	listed   bool          // in the wheel of delays
	nextPing time.Duration
	timer    *time.Timer   // of liveness; when closing, of the cut
	tickAt   time.Duration // when timer is to end, of liveness
	closing  bool          // nothing is taken or queued any more
	goodbye  bool          // the close frame was sent, or need not be
	broken   bool          // a write has failed: nothing is sent any more
	code     Code          // why closing
}

// load is how much is in a queue.
type load struct{ messages, bytes int }

// add counts a message in, if a queue of at most messages and bytes has room for it.
func (l *load) add(size, messages, bytes int) bool {
	if l.messages >= messages || l.messages > 0 && l.bytes+size > bytes {
		return false
	}
	l.messages++
	l.bytes += size
	return true
}

func (l *load) remove(size int) {
	l.messages--
	l.bytes -= size
}

// ID is unique within the hub, and never 0.
func (s *Socket) ID() uint64 { return s.id }

// User returns what [Hub.Accept] was given.
func (s *Socket) User() any { return s.user }

// Hub returns the hub of the socket.
func (s *Socket) Hub() *Hub { return s.hub }

// Close ends the socket with a close code, behind what is queued for it. Its channels end as [Disconnected]. It does
// not wait.
func (s *Socket) Close(code Code) { s.end(code, Disconnected) }

// end closes the socket behind what is queued.
func (s *Socket) end(code Code, reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(code, reason)
}

// cut closes the socket and drops what is queued, for a client that does not take it. s.mu is held.
func (s *Socket) cut(code Code) {
	if !s.closing {
		s.out, s.sent = nil, 0
		s.shut(code, Disconnected)
	}
}

// shut begins the end, once: every channel gets its Left, and the writer the close frame. The reader goes on until the
// client has answered that or CloseTimeout is over: a connection that is closed over unread data is reset, and the
// client might never see the code. s.mu is held.
func (s *Socket) shut(code Code, reason Reason) {
	if s.closing {
		return
	}
	s.part(code)
	if s.closing {
		return // there was no room for that
	}
	s.closing, s.code = true, code
	for _, l := range s.lanes {
		if c := l.current; c != nil {
			s.retire(c, task{kind: taskEnd, channel: c, reason: reason})
		}
	}
	if code == Lost {
		s.out, s.sent, s.goodbye = nil, 0, true // there is nobody to say it to
		return
	}
	s.cutLater()
	s.wake()
}

// part ends for the client the channels that wait for replies to be closed, to which it would come back otherwise.
// s.mu is held.
func (s *Socket) part(code Code) {
	if code == Lost {
		return
	}
	for _, l := range s.lanes {
		if c := l.parting; c != nil {
			l.parting = nil
			c.finish(eventClose, c.goodbye())
		}
	}
}

// cutLater closes the connection after CloseTimeout, if the client has not done so. s.mu is held.
func (s *Socket) cutLater() {
	s.timer.Stop()
	s.timer = time.AfterFunc(s.hub.o.CloseTimeout, func() { _ = s.t.Close() })
}

// ended tells whether the socket is closing.
func (s *Socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}
