package httpapi

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
	"github.com/avanter/voki/presence"
)

// audience says how much of a call somebody is shown.
type audience int

const (
	forCustomer   audience = iota // nothing that the company keeps for itself
	forAgent                      // all but the manager notes
	forSupervisor                 // all
	audiences
)

func audienceOf(v *visitor) audience {
	switch {
	case v.side == call.SideCustomer:
		return forCustomer
	case v.actor.Role.AtLeast(call.RoleSupervisor):
		return forSupervisor
	}
	return forAgent
}

// outgoing is an event on its way to the members of a topic.
type outgoing struct {
	event   string
	body    json.RawMessage
	updates *updates  // what depends on who gets it; nil: body is for all
	notFor  call.Side // a participant who knows already
}

// toAll is an event that is the same for everybody.
func toAll(event string, payload any) outgoing { return outgoing{event: event, body: encode(payload)} }

// bodyFor is the event's payload as an audience gets it.
func (o *outgoing) bodyFor(a audience) json.RawMessage {
	if o.updates == nil {
		return o.body
	}
	return o.updates[a]
}

func encode(payload any) json.RawMessage {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // the types of this package can all be encoded
	}
	return b
}

// notice is what one event of the log means to the members of a topic.
type notice struct {
	event    *call.Event
	messages []outgoing
}

// member is a channel that is fed from the log. It is its channel's value.
//
// Between the moment in which it is there and goLive, what comes is kept: a Join takes its snapshot in between, so that
// nothing is missed, and then says how far the snapshot reaches, so that nothing comes twice.
type member struct {
	channel *phx.Channel
	visitor *visitor
	side    call.Side // empty: an observer, or no topic of a call

	mu      sync.Mutex
	live    bool
	seq     uint64 // of the newest event that is told
	kept    []*notice
	peer    *presence.Peer // of a participant
	muted   muted
	waiting waitingNow // what a queued customer was last told; zero if he does not wait
}

// muted says what a participant has switched off.
type muted struct {
	Audio, Video bool
}

// newMember makes a channel known to the feed.
func newMember(c *phx.Channel, side call.Side) *member {
	m := &member{channel: c, visitor: visitorOf(c), side: side}
	c.SetValue(m)
	return m
}

// members returns who of a tenant is on a topic: tenants have ids in common.
func (s *Server) members(tenant, kind, id string) (all []*member) {
	channels := s.hub.Channels(kind + ":" + id)
	if len(channels) == 0 {
		return nil
	}
	all = make([]*member, 0, len(channels))
	for _, c := range channels {
		if m, ok := c.Value().(*member); ok && m.visitor.tenant == tenant {
			all = append(all, m)
		}
	}
	return all
}

// aboard reports whether somebody is in a call: it is there then, and has not ended long ago.
func (s *Server) aboard(tenant, callID string) bool {
	return slices.ContainsFunc(s.members(tenant, topicCall, callID), (*member).isLive)
}

func (m *member) isLive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live
}

// goLive sends what was missed before a snapshot that reaches to seq, then what came since, and lets through what comes.
func (m *member) goLive(seq uint64, missed []outgoing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seq, m.live = seq, true
	m.send(missed)
	for _, n := range m.kept {
		m.tell(n)
	}
	m.kept = nil
}

// give tells the member of an event of the log, once, and in the order of the log.
func (m *member) give(n *notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.live {
		m.kept = append(m.kept, n)
		return
	}
	m.tell(n)
}

func (m *member) tell(n *notice) {
	e := n.event
	if e.Seq <= m.seq {
		return
	}
	m.seq = e.Seq
	if m.isJoinOf(e) {
		if m.peer != nil && e.Data.Epoch > m.peer.Epoch() {
			m.takenOver()
		}
		return
	}
	if leftQueue(e) {
		m.waiting = waitingNow{}
	}
	m.send(n.messages)
	if endsCall(e) && m.onCall() {
		_ = m.channel.Close(nil)
	}
}

// isJoinOf reports whether an event is a join of the member's participant: his own, which he knows of, or a newer one,
// which takes over.
func (m *member) isJoinOf(e *call.Event) bool {
	return m.side != "" && e.Data.Side == m.side && (e.Kind == call.KindJoined || e.Kind == call.KindReconnected)
}

// takenOver ends the channel of a participant who has a newer one. Its socket stays, and a stock client does not join
// again, so that the two never fight.
func (m *member) takenOver() { _ = m.channel.Close(map[string]string{"reason": reasonTakenOver}) }

func (m *member) send(messages []outgoing) {
	var few [4]phx.Event
	events := few[:0]
	for i := range messages {
		if o := &messages[i]; m.side == "" || o.notFor != m.side {
			events = append(events, phx.Event{Name: o.event, Payload: o.bodyFor(audienceOf(m.visitor))})
		}
	}
	_ = m.channel.PushAll(events)
}

func (m *member) onCall() bool {
	kind, _ := splitTopic(m.channel.Topic())
	return kind == topicCall
}

func endsCall(e *call.Event) bool {
	return e.Data.To.Ended() && !e.Data.From.Ended() && e.Kind != call.KindImported
}

func leftQueue(e *call.Event) bool { return e.Data.From == call.Queued && e.Data.To != call.Queued }
