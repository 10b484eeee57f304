package phx

import (
	"hash/maphash"
	"sync"
)

// topics is one of the parts into which a hub's topics fall by hash. Its lock is held while a broadcast is queued for
// every subscriber, which is what gives all of them one order; queueing never waits.
type topics struct {
	mu     sync.Mutex
	joined map[string][]*Channel // a channel knows its index, so that leaving a crowded topic is cheap
}

func (h *Hub) part(topic string) *topics {
	return &h.topics[maphash.String(h.seed, topic)%uint64(len(h.topics))]
}

func (h *Hub) subscribe(c *Channel) {
	t := h.part(c.topic)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.joined == nil {
		t.joined = map[string][]*Channel{}
	}
	c.slot = len(t.joined[c.topic])
	t.joined[c.topic] = append(t.joined[c.topic], c)
}

// unsubscribe must be called once for every subscribe.
func (h *Hub) unsubscribe(c *Channel) {
	t := h.part(c.topic)
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.joined[c.topic]
	last := len(all) - 1
	if last == 0 {
		delete(t.joined, c.topic)
		return
	}
	all[c.slot] = all[last]
	all[c.slot].slot = c.slot
	all[last] = nil
	t.joined[c.topic] = all[:last]
}

// Channels returns the channels of a topic, in no order, with those whose Join is under way.
func (h *Hub) Channels(topic string) []*Channel {
	t := h.part(topic)
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*Channel(nil), t.joined[topic]...)
}

// Broadcast sends an event to all channels of a topic. The payload is marshalled once, by the rules of [Channel.Push],
// and framed once for each serializer. The error is that of marshalling.
func (h *Hub) Broadcast(topic, event string, payload any) error {
	return h.BroadcastTo(topic, event, payload, nil)
}

// BroadcastFrom is Broadcast to all channels of c's topic but c.
func (h *Hub) BroadcastFrom(c *Channel, event string, payload any) error {
	return h.BroadcastTo(c.topic, event, payload, func(other *Channel) bool { return other != c })
}

// BroadcastTo is Broadcast to the channels that match. It is asked about channels whose Join is under way, too, which
// may not have a value yet, and must call nothing of the hub but the accessors of the channel and its socket.
func (h *Hub) BroadcastTo(topic, event string, payload any, match func(*Channel) bool) error {
	t := h.part(topic)
	t.mu.Lock()
	nobody := len(t.joined[topic]) == 0
	t.mu.Unlock()
	if nobody {
		return nil
	}
	b, err := marshal(payload) // not under the lock: it may be long, and code of the host
	if err != nil {
		return err
	}
	m := Message{Topic: topic, Event: event, Payload: b.data, Binary: b.binary}
	var frames [V2 + 1]frame

	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.joined[topic] {
		if match != nil && !match(c) {
			continue
		}
		f := &frames[c.s.version]
		if f.data == nil {
			if b.binary && c.s.version == V1 {
				continue
			}
			if *f, err = newFrame(c.s.version, m); err != nil {
				return err
			}
		}
		c.deliver(*f)
	}
	return nil
}

// CloseTopic closes every channel of a topic as [Channel.Close] does, in one order with the broadcasts: behind those
// that came before, and none that comes later reaches these channels.
func (h *Hub) CloseTopic(topic string, payload any) error {
	b, err := marshal(payload)
	if err != nil {
		return err
	}
	t := h.part(topic)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.joined[topic] {
		c.close(b)
	}
	return nil
}
