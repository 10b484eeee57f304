package phx

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// The methods of this file run in the channel's lane, and call the handler.

// runJoin asks the handler to let the client in. The channel is subscribed before, so that it misses nothing that
// happens while the handler looks around. A channel that this one replaces is over for the client then, but its Left
// comes behind, as a task of its own: the handler sees the new one come before the old one goes.
func (c *Channel) runJoin(m *Message) {
	if old := c.replaces; old != nil {
		c.replaces = nil
		old.over()
	}
	a := c.ask(func() (any, error) {
		if c.handler = c.s.hub.o.Router(c.s, c.topic); c.handler == nil {
			return nil, Refuse(reasonUnmatched)
		}
		c.s.hub.subscribe(c)
		c.subscribed = true
		reply, err := c.handler.Join(c.s.hub.ctx, c, m.Payload)
		c.accepted = err == nil
		return reply, err
	})
	if a.crashed {
		a.body = reasonBody(reasonJoinCrashed)
	}
	joinRef := c.joinRef
	if c.handler == nil && !a.crashed {
		joinRef = "" // there is no such topic: unmatched
	}

	s := c.s
	s.mu.Lock()
	held := c.held
	c.held = nil
	c.state = stateJoined
	s.reply(c.topic, joinRef, m.Ref, a.ok, a.body)
	over := !a.ok || c.farewell != nil
	if a.ok {
		s.sendHeld(held)
	} else {
		s.forget(held)
	}
	switch {
	case c.farewell != nil || a.final:
		c.finish(eventClose, c.goodbye())
	case !a.ok:
		c.state = stateRefused
		s.vacate(c)
	}
	s.mu.Unlock()
	if over {
		reason := Closed
		if !a.ok {
			reason = Crashed // only told if Join had let the client in, and its reply could not be marshalled
		}
		c.depart(reason)
	}
}

// runPush hands a message to the handler.
func (c *Channel) runPush(m *Message) {
	if !c.accepted { // refused, or crashed, while the message was waiting
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.unmatched(m)
		return
	}
	a := c.ask(func() (any, error) {
		if !m.Binary {
			return c.handler.Push(c.s.hub.ctx, c, m.Event, m.Payload)
		}
		if h, ok := c.handler.(BinaryHandler); ok {
			return h.PushBinary(c.s.hub.ctx, c, m.Event, m.Payload)
		}
		return nil, Refuse(reasonNoBinary)
	})
	c.respond(m, a)
	switch {
	case a.crashed:
		c.depart(Crashed)
	case a.final:
		c.depart(Closed)
	}
}

// respond sends what came of a push, unless the channel is over.
func (c *Channel) respond(m *Message, a answer) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.answer(m, a)
}

// answer is respond with s.mu held.
func (c *Channel) answer(m *Message, a answer) {
	s := c.s
	switch {
	case c.state == stateOver: // its join_ref is not heard of again
	case a.crashed && c.farewell != nil: // no phx_error, after which it would come back
	case a.crashed:
		c.finish(eventError, reasonBody(reasonCrash))
	case a.delayed && m.Ref != "":
		s.replyLater(c.topic, c.joinRef, m.Ref, a.body)
	case !a.ok || !a.silent && m.Ref != "":
		s.reply(c.topic, c.joinRef, m.Ref, a.ok, a.body)
	}
	if a.final && c.state != stateOver {
		c.finish(eventClose, c.goodbye())
	}
}

// runEnd is the end that the client, another join, the host or the socket asked for.
func (c *Channel) runEnd(reason Reason, m *Message) {
	s := c.s
	s.mu.Lock()
	if reason == Left {
		s.reply(c.topic, m.JoinRef, m.Ref, true, emptyBody)
	}
	if c.state == stateJoined {
		if reason == Left || c.farewell != nil {
			c.finish(eventClose, c.goodbye())
		}
		c.state = stateOver
	}
	s.mu.Unlock()
	c.depart(reason)
}

// over ends the channel for the client, in whose eyes the next join has taken its place.
func (c *Channel) over() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.state == stateJoined {
		c.finish(eventClose, emptyBody)
	}
}

// depart takes the channel from its topic and tells the handler, if it had let the client in.
func (c *Channel) depart(reason Reason) {
	if c.subscribed {
		c.subscribed = false
		c.s.hub.unsubscribe(c)
	}
	if c.accepted {
		c.accepted = false
		c.ask(func() (any, error) {
			c.handler.Left(c.s.hub.ctx, c, reason)
			return nil, nil
		})
	}
}

// ask calls the handler, and turns what it says, or its panic, into an answer.
func (c *Channel) ask(call func() (any, error)) (a answer) {
	log := c.s.hub.o.Logger
	defer func() {
		if r := recover(); r != nil {
			log.Error("channel handler panicked", "socket", c.s.id, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			a = answer{crashed: true}
		}
	}()
	a, err := answerTo(call())
	if err == nil && a.body.binary && c.s.version == V1 {
		a, err = answer{body: reasonBody(reasonInternal)}, errors.New("phx: binary reply in serializer 1.0.0")
	}
	if err != nil {
		log.Error("channel handler failed", "socket", c.s.id, "error", err)
	}
	return a
}
