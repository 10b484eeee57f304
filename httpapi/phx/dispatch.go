package phx

import "strings"

// dispatch applies the protocol to a message that the reader got, whose payload is the reader's. Nothing in it waits.
func (s *Socket) dispatch(m *Message) {
	if c := s.sort(m); c != nil {
		c.relay(m)
	}
}

// sort puts a message where it belongs, or returns the channel whose relayer may take it at once.
func (s *Socket) sort(m *Message) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
	case !m.Binary && !m.isObject():
		s.refuse(m, reasonNoObject)
	case m.Topic == topicPhoenix:
		if m.Event == eventHeartbeat {
			s.reply(m.Topic, "", m.Ref, true, emptyBody)
		} else {
			s.unmatched(m)
		}
	case m.Event == eventJoin:
		s.join(m)
	case m.Event == eventLeave:
		s.leave(m)
	case strings.HasPrefix(m.Event, reservedPrefix):
		s.refuse(m, reasonReserved)
	default:
		return s.push(m)
	}
	return nil
}

// join puts a new channel in the place of the one that the topic may have on this socket.
func (s *Socket) join(m *Message) {
	if m.Binary {
		s.refuse(m, reasonNoObject)
		return
	}
	if o := &s.hub.o; !s.joins.take(1, o.JoinRate, o.JoinBurst, s.hub.now()) {
		s.refuse(m, reasonTooFast)
		return
	}
	if m.JoinRef == "" {
		m.JoinRef = m.Ref // serializer 1.0.0 has no other
	}
	l := s.lane(m.Topic)
	if m.JoinRef == "" && l != nil && l.current != nil {
		// phoenix-channels repeats so a join that takes long. It could not tell the reply from others, and would take
		// the phx_close of one such join for the end of the last.
		return
	}
	if l == nil || l.current == nil {
		if s.joined >= s.hub.o.MaxChannels {
			s.refuse(m, reasonTooMany)
			return
		}
		s.joined++
	}
	if l == nil {
		l = &lane{s: s, topic: m.Topic}
		s.lanes = append(s.lanes, l)
	}
	old := l.current
	l.current = &Channel{s: s, id: s.hub.ids.Add(1), lane: l, topic: l.topic, joinRef: m.JoinRef, replaces: old}
	s.take(l, task{kind: taskJoin, channel: l.current, message: *m})
	if old != nil {
		s.retire(old, task{kind: taskEnd, channel: old, reason: Replaced})
	}
}

func (s *Socket) leave(m *Message) {
	l := s.lane(m.Topic)
	if l != nil && l.current == nil && l.parting != nil && l.parting.leave == nil && !l.parting.stale(m) {
		l.parting.leave = &Message{JoinRef: m.JoinRef, Ref: m.Ref}
		return
	}
	if l == nil || l.current == nil || l.current.ending {
		s.reply(m.Topic, m.JoinRef, m.Ref, true, emptyBody)
		return
	}
	if c := l.current; !c.stale(m) {
		s.vacate(c)
		s.retire(c, task{kind: taskEnd, channel: c, reason: Left, message: Message{JoinRef: m.JoinRef, Ref: m.Ref}})
	}
}

func (s *Socket) push(m *Message) *Channel {
	l := s.lane(m.Topic)
	if l == nil || l.current == nil {
		s.unmatched(m)
		return nil
	}
	switch c := l.current; {
	case c.stale(m):
	case c.relays(m):
		l.running = true // so that its lane waits
		return c
	default:
		s.take(l, task{kind: taskPush, channel: c, message: *m})
	}
	return nil
}

// lane returns the lane of a topic. A client has few, and seldom more than one.
func (s *Socket) lane(topic string) *lane {
	for _, l := range s.lanes {
		if l.topic == topic {
			return l
		}
	}
	return nil
}

// vacate ends that messages of the topic belong to c.
func (s *Socket) vacate(c *Channel) {
	if c.lane.current == c {
		c.lane.current = nil
		s.joined--
	}
}

// unmatched answers a message of no channel, and so with no join_ref.
func (s *Socket) unmatched(m *Message) {
	s.reply(m.Topic, "", m.Ref, false, reasonBody(reasonUnmatched))
}

// refuse answers a message that no handler gets to see.
func (s *Socket) refuse(m *Message, reason string) {
	s.reply(m.Topic, m.JoinRef, m.Ref, false, reasonBody(reason))
}
