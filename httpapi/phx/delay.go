package phx

import (
	"sync"
	"time"
)

// delaySlots is into how many parts [Options.ReplyDelay] falls: a reply waits by at most one part longer.
const delaySlots = 8

// delays is a wheel of the sockets that have a reply which may wait for what is sent next. It turns while there are any.
// A socket is in it once, and stays when its reply has gone with another frame, until the wheel comes by.
//
// Its lock is taken last of all.
type delays struct {
	turn sync.Mutex // held while the wheel turns

	mu      sync.Mutex
	slots   [delaySlots + 1][]*Socket
	at      int // the slot that is next
	waiting int
	timer   *time.Timer
	stopped bool
}

// delay sees to it that what is queued is sent in time. s.mu is held.
func (s *Socket) delay() {
	o := &s.hub.o
	switch {
	case s.writing || s.due != 0: // it goes now, or with what waits already
	case o.ReplyDelay < 0:
		s.wake()
	default:
		if s.due = s.hub.now() + o.ReplyDelay; !s.listed {
			s.listed = true
			s.hub.delays.put(s.hub, s, delaySlots)
		}
	}
}

// put makes the wheel come by in so many steps.
func (d *delays) put(h *Hub, s *Socket, steps int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return // the sockets have ended
	}
	slot := &d.slots[(d.at+steps)%len(d.slots)]
	*slot = append(*slot, s)
	if d.waiting++; d.waiting > 1 {
		return
	}
	if d.timer == nil {
		d.timer = time.AfterFunc(h.delayStep(), func() { d.step(h) })
	} else {
		d.timer.Reset(h.delayStep())
	}
}

func (h *Hub) delayStep() time.Duration { return h.o.ReplyDelay / delaySlots }

// step looks at the sockets of one slot.
func (d *delays) step(h *Hub) {
	d.turn.Lock()
	defer d.turn.Unlock()
	d.mu.Lock()
	slot := d.slots[d.at]
	d.slots[d.at] = nil
	d.at = (d.at + 1) % len(d.slots)
	d.mu.Unlock()

	for _, s := range slot {
		s.delayed()
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting -= len(slot); d.waiting > 0 && !d.stopped {
		d.timer.Reset(h.delayStep())
	}
}

// delayed sends what has waited long enough.
func (s *Socket) delayed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.due - s.hub.now()
	switch {
	case s.due == 0: // it has gone with something else
		s.listed = false
	case left > 0:
		s.hub.delays.put(s.hub, s, min(int(left/s.hub.delayStep()), delaySlots-1))
	default:
		s.due, s.listed = 0, false
		if s.sent < len(s.out) {
			s.wake()
		}
	}
}

// stop ends the wheel, and waits for it.
func (d *delays) stop() {
	d.mu.Lock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
	d.mu.Unlock()
	d.turn.Lock() // a step that runs has ended
	defer d.turn.Unlock()
}
