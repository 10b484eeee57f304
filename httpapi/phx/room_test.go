package phx_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/avanter/voki/httpapi/phx"
)

// room is the handler of the tests: what it does is in the payload of the join and in the name of the event.
type room struct {
	mu  sync.Mutex
	log []string // what it was called for
}

func (r *room) note(line string) {
	r.mu.Lock()
	r.log = append(r.log, line)
	r.mu.Unlock()
}

// take returns and forgets what the handler was called for.
func (r *room) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

func (r *room) route(_ *phx.Socket, topic string) phx.Handler {
	if strings.HasPrefix(topic, "room:") {
		return r
	}
	return nil
}

func (r *room) Join(_ context.Context, c *phx.Channel, payload json.RawMessage) (any, error) {
	r.note("join " + c.Topic())
	var p struct {
		Refuse, Final, Do string
		Block             int
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(p.Block) * time.Second)
	switch {
	case p.Refuse != "":
		return nil, phx.Refuse(p.Refuse)
	case p.Final != "":
		return nil, &phx.Refusal{Response: map[string]any{"reason": p.Final, "n": 1}, Final: true}
	}
	switch p.Do {
	case "push":
		return map[string]int{"n": 0}, errors.Join(
			c.Push("pushed", map[string]int{"n": 1}), c.Socket().Hub().Broadcast(c.Topic(), "shouted", nil))
	case "close":
		return nil, c.Close(map[string]string{"reason": "over"})
	case "fail":
		return nil, errors.New("secret")
	case "panic":
		panic("join")
	case "unmarshallable":
		return func() {}, nil
	}
	return nil, nil
}

func (r *room) Push(_ context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	r.note(event + " " + c.Topic())
	hub := c.Socket().Hub()
	switch event {
	case "echo":
		return payload, nil
	case "shout":
		return nil, hub.Broadcast(c.Topic(), "shouted", payload)
	case "relay":
		return phx.NoReply, hub.BroadcastFrom(c, "relayed", payload)
	case "tell":
		return nil, c.Push("told", payload)
	case "bytes":
		return phx.Binary("\x00\x01"), c.Push("bytes", phx.Binary("\xff"))
	case "block":
		time.Sleep(5 * time.Second)
	case "close":
		return nil, c.Close(payload)
	case "close_topic":
		return nil, hub.CloseTopic(c.Topic(), payload)
	case "hang_up":
		c.Socket().Close(4001)
	case "refuse":
		return nil, phx.Refuse("no")
	case "final":
		return nil, &phx.Refusal{Final: true}
	case "fail":
		return nil, errors.New("secret")
	case "panic":
		panic("push")
	}
	return nil, nil
}

func (r *room) PushBinary(_ context.Context, c *phx.Channel, event string, data []byte) (any, error) {
	r.note(event + " " + c.Topic())
	return phx.Binary(data), c.Socket().Hub().Broadcast(c.Topic(), event, phx.Binary(data))
}

func (r *room) Left(_ context.Context, c *phx.Channel, reason phx.Reason) {
	r.note(reason.String() + " " + c.Topic())
}
