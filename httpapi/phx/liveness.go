package phx

import "time"

// standstill is how late a timer of a socket is if the process, or the machine, has stood still rather than been busy.
// Then what clients have said meanwhile may not have been read yet, and who is silent has as long again.
const standstill = time.Second

// hear notes that something was received, and returns when.
func (s *Socket) hear() time.Duration {
	now := s.hub.now()
	s.heard.Store(int64(now))
	return now
}

// watch starts the socket's only timer, which runs at the next ping or at the end of the client's silence. s.mu is
// held.
func (s *Socket) watch() {
	o := &s.hub.o
	s.nextPing = s.hub.now() + o.PingEvery
	wait := min(o.PingEvery, o.Silence)
	s.tickAt = s.hub.now() + wait
	s.timer = time.AfterFunc(wait, s.tick)
}

// watchOn has tick called again. s.mu is held.
func (s *Socket) watchOn(now, wait time.Duration) {
	s.tickAt = now + wait
	s.timer.Reset(wait)
}

func (s *Socket) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.broken {
		return
	}
	o := &s.hub.o
	now := s.hub.now()
	silent := now - time.Duration(s.heard.Load())
	if silent >= o.Silence {
		if now-s.tickAt >= standstill {
			s.watchOn(now, standstill)
		} else {
			s.cut(Silent)
		}
		return
	}
	if now >= s.nextPing {
		s.nextPing = now + o.PingEvery
		s.ping = true
		s.wake()
	}
	s.watchOn(now, min(s.nextPing-now, o.Silence-silent))
}

// onPong is called by the transport in the reader's goroutine, as onPing is.
func (s *Socket) onPong(string) error {
	s.heardControl()
	return nil
}

// onPing answers with a pong. Of several pings that the writer has not come to answer, only the last is: that is what
// RFC 6455 asks for, and it bounds what a flood of them costs.
func (s *Socket) onPing(data string) error {
	if !s.heardControl() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.pong = []byte(data)
		s.wake()
	}
	return nil
}

// heardControl counts a control frame, and tells whether it is within the rate.
func (s *Socket) heardControl() bool {
	if now := s.hear(); s.ended() || s.admit(now) {
		return true
	}
	s.end(TooManyMessages, Disconnected)
	return false
}
