package phx

import (
	"errors"
	"time"
)

// frame is a message as it goes out. Broadcasts share the bytes.
type frame struct {
	data   []byte
	binary bool
}

func newFrame(v Version, m Message) (frame, error) {
	data, err := v.Append(make([]byte, 0, frameSize(m.JoinRef, m.Ref, m.Topic, m.Event, len(m.Payload))), m)
	return frame{data: data, binary: m.Binary}, err
}

// frameSize is what a frame takes at most, unless names must be escaped.
func frameSize(joinRef, ref, topic, event string, payload int) int {
	const overhead = 64 // brackets, quotes, the keys of serializer 1.0.0, the status of a reply
	return len(joinRef) + len(ref) + len(topic) + len(event) + payload + overhead
}

// reply queues the answer to a message. s.mu is held.
func (s *Socket) reply(topic, joinRef, ref string, ok bool, b body) {
	status := statusError
	if ok {
		status = statusOK
	}
	if f, ok := s.replyFrame(topic, joinRef, ref, status, b); ok {
		s.send(f)
	}
}

// replyLater queues an ok that may wait for what is sent next. s.mu is held.
func (s *Socket) replyLater(topic, joinRef, ref string, b body) {
	f, ok := s.replyFrame(topic, joinRef, ref, statusOK, b)
	if !ok || !s.count(f) {
		return
	}
	s.out = append(s.out, f)
	s.delay()
}

// replyFrame is false for what cannot be framed, which does not happen: a client's names are short enough, and binary
// replies are refused to V1 in ask.
func (s *Socket) replyFrame(topic, joinRef, ref, status string, b body) (frame, bool) {
	dst := make([]byte, 0, frameSize(joinRef, ref, topic, eventReply, len(b.data)))
	data, err := s.version.AppendReply(dst, joinRef, ref, topic, status, b.data, b.binary)
	return frame{data: data, binary: b.binary}, err == nil
}

// control queues phx_close or phx_error, whose ref is the join's. s.mu is held.
func (s *Socket) control(topic, joinRef, event string, b body) {
	if b.binary {
		b = emptyBody
	}
	f, err := newFrame(s.version, Message{JoinRef: joinRef, Ref: joinRef, Topic: topic, Event: event, Payload: b.data})
	if err == nil { // it is always: text has no limits
		s.send(f)
	}
}

// send queues a frame. s.mu is held.
func (s *Socket) send(f frame) {
	if s.count(f) {
		s.out = append(s.out, f)
		s.wake()
	}
}

// sendHeld queues frames that were counted before. s.mu is held.
func (s *Socket) sendHeld(held []frame) {
	if len(held) > 0 && !s.closing && !s.broken {
		s.out = append(s.out, held...)
		s.wake()
	}
}

// forget counts out frames that are not sent after all. s.mu is held.
func (s *Socket) forget(held []frame) {
	for _, f := range held {
		s.queued.remove(len(f.data))
	}
}

// count makes room for a frame, or closes the socket if there is none. s.mu is held.
func (s *Socket) count(f frame) bool {
	if s.closing || s.broken {
		return false
	}
	if !s.queued.add(len(f.data), s.hub.o.QueueMessages, s.hub.o.QueueBytes) {
		s.cut(SlowReader)
		return false
	}
	return true
}

// wake sees to it that the writer runs. s.mu is held.
func (s *Socket) wake() {
	if !s.writing {
		s.writing = true
		s.hub.employ(s)
	}
}

// work is the writing, which ends with the queue.
func (s *Socket) work() {
	held := hold{t: s.t}
	written := 0
	for {
		op, data, more := s.next(written)
		if op == 0 {
			return
		}
		held.begin(more)
		deadline := time.Now().Add(s.hub.o.WriteTimeout)
		var err error
		if op == opText || op == opBinary {
			written = len(data)
			_ = s.t.SetWriteDeadline(deadline) // the write will say what is wrong
			err = s.t.WriteMessage(op, data)
		} else {
			written = -1
			err = s.t.WriteControl(op, data, deadline)
		}
		if err = errors.Join(err, held.end(more)); err != nil {
			s.writeFailed()
		}
	}
}

// hold makes one write of the messages that wait together, if the transport can do that.
type hold struct {
	t  Transport
	on bool
}

// begin is called before a message; more tells whether another one waits.
func (h *hold) begin(more bool) {
	if h.on || !more {
		return
	}
	if t, ok := h.t.(Holder); ok {
		t.Hold()
		h.on = true
	}
}

// end is called after a message, of which begin was told.
func (h *hold) end(more bool) error {
	if !h.on || more {
		return nil
	}
	h.on = false
	return h.t.(Holder).Release()
}

// next takes what is to be written next, after a message of so many bytes has been; 0 means nothing, and that the
// writer has to end. Negative bytes stand for no message. More tells whether something is left.
func (s *Socket) next(written int) (op int, data []byte, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, data = s.shift(written)
	return op, data, op != 0 && !s.broken && (s.sent < len(s.out) || s.closing && !s.goodbye)
}

// shift is next without a look at what comes behind. s.mu is held.
func (s *Socket) shift(written int) (op int, data []byte) {
	if written > 0 {
		s.queued.remove(written)
	}
	switch {
	case s.broken:
	case s.pong != nil && !s.closing:
		data, s.pong = s.pong, nil
		return opPong, data
	case s.ping && !s.closing:
		s.ping = false
		return opPing, nil
	case s.sent < len(s.out):
		f := s.out[s.sent]
		s.out[s.sent] = frame{}
		if s.sent++; s.sent == len(s.out) {
			s.resetQueue()
		}
		if f.binary {
			return opBinary, f.data
		}
		return opText, f.data
	case s.closing && !s.goodbye:
		s.goodbye = true
		return opClose, s.code.frame()
	}
	s.writing = false
	return 0, nil
}

// resetQueue empties the queue and keeps a small one. s.mu is held.
func (s *Socket) resetQueue() {
	const keep = 4
	s.sent, s.due = 0, 0
	if s.out = s.out[:0]; cap(s.out) > keep {
		s.out = nil
	}
}

// writeFailed notes that the client cannot be reached any more. What it sent before may still be read: the reader ends
// the socket, which it does at once if the connection is gone, or else when it is cut.
func (s *Socket) writeFailed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out, s.sent = nil, 0
	s.goodbye, s.broken = true, true
	if !s.closing { // else it is cut already, or will be
		s.cutLater()
	}
}
