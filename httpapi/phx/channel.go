package phx

import "sync/atomic"

// Channel is one join of a topic on a socket, from the call of [Handler.Join] on. Its methods are safe for concurrent
// use and, on a channel that has ended, do nothing.
type Channel struct {
	s       *Socket
	lane    *lane
	id      uint64
	topic   string
	joinRef string
	value   atomic.Pointer[any]
	slot    int // in the list of the topic; under topics.mu

	// Of the lane's goroutine alone.
	handler    Handler
	subscribed bool
	accepted   bool     // Join has returned without an error, and Left has not been called
	replaces   *Channel // the join before of the same topic, until this one begins

	// Under Socket.mu.
	state    channelState
	held     []frame  // what came while joining
	ending   bool     // an end is queued, or farewell is set: no second one
	farewell *body    // closed while the handler was busy: the payload of phx_close, which follows the replies
	leave    *Message // what the client sent meanwhile, to be answered behind it
}

type channelState int8

const (
	stateJoining channelState = iota
	stateJoined
	stateRefused
	stateOver // phx_close or phx_error is out, or the socket closed: nothing follows with this join_ref
)

// ID is unique within the hub, and never 0. Every join has its own.
func (c *Channel) ID() uint64 { return c.id }

// Topic returns the topic that was joined.
func (c *Channel) Topic() string { return c.topic }

// Socket returns the socket that joined.
func (c *Channel) Socket() *Socket { return c.s }

// SetValue remembers something of the handler's with the channel.
func (c *Channel) SetValue(v any) { c.value.Store(&v) }

// Value returns what SetValue was last given, or nil.
func (c *Channel) Value() any {
	if v := c.value.Load(); v != nil {
		return *v
	}
	return nil
}

// Push sends an event to this channel alone. The payload is marshalled to JSON and should be an object, which the stock
// clients expect; nil is {}, a json.RawMessage is taken as it is, [Binary] travels as bytes. The error is that of
// marshalling.
func (c *Channel) Push(event string, payload any) error {
	return c.PushAll([]Event{{event, payload}})
}

// Event is what [Channel.PushAll] sends.
type Event struct {
	Name    string
	Payload any
}

// PushAll is Push of several events, with nothing between them; none is sent if one cannot be marshalled.
func (c *Channel) PushAll(events []Event) error {
	var few [4]frame
	frames := few[:0]
	for _, e := range events {
		b, err := marshal(e.Payload)
		if err != nil {
			return err
		}
		if b.binary && c.s.version == V1 {
			continue
		}
		f, err := newFrame(c.s.version, Message{
			JoinRef: c.joinRef, Topic: c.topic, Event: e.Name, Payload: b.data, Binary: b.binary,
		})
		if err != nil {
			return err
		}
		frames = append(frames, f)
	}
	c.deliver(frames...)
	return nil
}

// Close ends the channel for good: the client gets phx_close with the payload, after which stock clients do not join
// again. The socket stays open. phx_close follows the reply of the join and of the pushes that the handler has, or is
// about to get, as clients hear no reply after it; if the socket ends before, it comes at once. Close does not wait;
// Left is called with [Closed], if nothing else has ended the channel before. The error is that of marshalling.
func (c *Channel) Close(payload any) error {
	b, err := marshal(payload)
	if err != nil {
		return err
	}
	c.close(b)
	return nil
}

func (c *Channel) close(b body) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.ending:
	case c.state == stateJoining:
		c.ending, c.farewell = true, &b
	case c.state == stateJoined && c.lane.running:
		c.farewell, c.lane.parting = &b, c
		s.vacate(c)
		s.retire(c, task{kind: taskEnd, channel: c, reason: Closed})
	case c.state == stateJoined:
		c.finish(eventClose, b)
		s.retire(c, task{kind: taskEnd, channel: c, reason: Closed})
	}
}

// goodbye is the payload of phx_close. s.mu is held.
func (c *Channel) goodbye() body {
	if c.farewell != nil {
		return *c.farewell
	}
	return emptyBody
}

// finish sends phx_close or phx_error, and nothing more. s.mu is held.
func (c *Channel) finish(event string, b body) {
	c.s.control(c.topic, c.joinRef, event, b)
	c.state = stateOver
	c.s.vacate(c)
	if c.lane.parting == c {
		c.lane.parting = nil
	}
	if c.leave != nil {
		c.s.reply(c.topic, c.leave.JoinRef, c.leave.Ref, true, emptyBody)
		c.leave = nil
	}
}

// deliver queues frames for the client, or holds them back while the join is under way.
func (c *Channel) deliver(frames ...frame) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.farewell != nil {
		return
	}
	for _, f := range frames {
		switch c.state {
		case stateJoined:
			s.send(f)
		case stateJoining:
			if s.count(f) {
				c.held = append(c.held, f)
			}
		}
	}
}

// stale tells whether a message is of an earlier join.
func (c *Channel) stale(m *Message) bool { return m.JoinRef != "" && m.JoinRef != c.joinRef }
