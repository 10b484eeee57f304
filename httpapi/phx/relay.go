package phx

// relays tells whether a message may go to the handler's Relay: whether the lane has nothing to do, and the handler
// relays at all. s.mu is held.
func (c *Channel) relays(m *Message) bool {
	l := c.lane
	if l.running || c.state != stateJoined || c.ending || m.Binary {
		return false
	}
	_, ok := c.handler.(Relayer)
	return ok
}

// relay offers a message to the handler's Relay, in the reader's goroutine. It stands in for the lane, which is marked
// as running; what has come for that meanwhile can only be the end of the channel, and comes after the message.
func (c *Channel) relay(m *Message) {
	taken := false
	a := c.ask(func() (reply any, err error) {
		reply, taken, err = c.handler.(Relayer).Relay(c, m.Event, m.Payload)
		return reply, err
	})
	s, l := c.s, c.lane
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case taken || a.crashed:
		c.answer(m, a)
		if a.crashed {
			s.retire(c, task{kind: taskEnd, channel: c, reason: Crashed})
		} else if a.final {
			s.retire(c, task{kind: taskEnd, channel: c, reason: Closed})
		}
	case s.pending.add(len(m.Payload), s.hub.o.InboxMessages, s.hub.o.InboxBytes):
		m.keep()
		l.tasks = append([]task{{kind: taskPush, channel: c, message: *m}}, l.tasks...)
	default:
		s.shut(TooManyMessages, Disconnected)
	}
	if len(l.tasks) > 0 {
		l.start()
	} else {
		l.rest()
	}
}
