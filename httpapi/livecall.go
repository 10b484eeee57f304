package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
	"github.com/avanter/voki/presence"
)

// participantJoins is how often a participant may join his call within a minute, on whatever sockets: each join is written
// to the log, and told to the other side.
const participantJoins = 200

// callTopic serves call:{id}: the two participants, and observers.
type callTopic struct{ s *Server }

// Join lets participants and observers in. It takes over for a participant who is here already, and the feed tells the
// older channel.
func (t callTopic) Join(ctx context.Context, c *phx.Channel, payload json.RawMessage) (any, error) {
	s, v, id := t.s, visitorOf(c), topicID(c)
	if !v.user() {
		if _, ok := s.joins.take(holderOf(v), time.Now()); !ok {
			return nil, phx.Refuse(reasonTooManyJoins)
		}
	}
	after, err := lastSeen(payload)
	if err != nil {
		return nil, refusalOf(err)
	}
	side, err := s.seat(ctx, v, id)
	if err != nil {
		return nil, refusalOf(err)
	}
	if _, err := s.feeds.use(ctx, v.tenant); err != nil {
		return nil, err
	}
	m := newMember(c, side)
	in := false
	defer func() {
		if !in {
			s.partCall(ctx, m)
		}
	}()
	var joined *presence.Joined // of a participant
	if side != "" {
		joined, err = s.voki.Presence.Join(ctx, v.tenant, id, side)
		if ended := (*presence.EndedError)(nil); errors.As(err, &ended) {
			return nil, endedRefusal(ended.Call)
		}
		if err != nil {
			return nil, refusalOf(err)
		}
		m.mu.Lock()
		m.peer = joined.Peer
		m.mu.Unlock()
	}
	now, err := s.progress(ctx, v.tenant, id, after, joined)
	if err != nil {
		return nil, refusalOf(err)
	}
	if now.Call.Status.Ended() {
		return nil, endedRefusal(now.Call)
	}
	missed, err := s.missed(ctx, m, &now)
	if err != nil {
		return nil, err
	}
	m.goLive(now.Seq, missed)
	if side != "" && now.Call.Participant(side).Epoch > m.peer.Epoch() { // by one whose event the snapshot holds
		m.takenOver()
	}
	s.tellPlace(ctx, m, &now.Call)
	in = true
	return s.joinedCall(m, &now), nil
}

// progress is the call as somebody has found it. A participant who asks for nothing that he missed needs no second look:
// the log tells what has come since he joined.
func (s *Server) progress(
	ctx context.Context, tenant, id string, after uint64, joined *presence.Joined,
) (call.Progress, error) {
	if joined != nil && after == math.MaxUint64 {
		return call.Progress{Call: joined.Call, Seq: joined.Seq}, nil
	}
	return s.voki.Calls.Progress(ctx, tenant, id, after)
}

// seat returns which participant of a call a visitor is; an observer is none. Returns [call.ErrForbidden] and
// [call.ErrNotFound].
func (s *Server) seat(ctx context.Context, v *visitor, id string) (call.Side, error) {
	if !v.user() {
		if id != v.callID {
			return "", call.ErrForbidden
		}
		return v.side, nil
	}
	c, err := s.voki.Calls.Get(ctx, v.actor, id)
	if err != nil {
		return "", err
	}
	if err := s.o.Policy.Allow(ctx, v.actor, "calls.get", c); err != nil {
		return "", err
	}
	if c.User.ID == v.actor.ID {
		return call.SideAgent, nil
	}
	return "", nil
}

// lastSeen is the number that a client has seen last; without one it has missed nothing.
func lastSeen(payload json.RawMessage) (uint64, error) {
	has := false
	for name := range phx.Members(payload) {
		has = has || string(name) == "seq"
	}
	if !has {
		return math.MaxUint64, nil
	}
	f, err := payloadFields(payload)
	if err != nil {
		return 0, call.Invalid("payload", "is invalid")
	}
	if !f.has("seq") { // null
		return math.MaxUint64, nil
	}
	var seq uint64
	f.member("seq", &seq)
	return seq, f.wrong.Err()
}

// missed makes the events of what a client has not seen. What changed the details is told once, as they are now, and so is
// what may have, among that of which there was too much.
func (s *Server) missed(ctx context.Context, m *member, now *call.Progress) (messages []outgoing, err error) {
	changed := now.Skipped > 0
	for i := range now.Missed {
		e := &now.Missed[i]
		messages = append(messages, callMessages(e)...)
		changed = changed || changesDetails(e)
	}
	if !changed {
		return messages, nil
	}
	var to shown
	to[audienceOf(m.visitor)] = true
	u, err := s.callUpdated(ctx, now.Call.Tenant, now.Call.ID, now.Seq, to)
	if err != nil {
		return nil, err
	}
	return append(messages, u), nil
}

// joinedCall is the reply to a join.
func (s *Server) joinedCall(m *member, now *call.Progress) json.RawMessage {
	c := &now.Call
	b := appendString(append(make([]byte, 0, 512), `{"status":`...), string(c.Status))
	b = strconv.AppendUint(append(b, `,"seq":`...), now.Seq, 10)
	b = append(b, `,"participants":[`...)
	here := s.members(c.Tenant, topicCall, c.ID)
	var left *int64
	comma := ""
	for _, side := range []call.Side{call.SideAgent, call.SideCustomer} {
		switch p := c.Participant(side); {
		case p.Present:
			b = appendString(append(append(b, comma...), `{"participant":`...), string(side))
			off := mutedOf(here, side)
			b = strconv.AppendBool(append(b, `,"muted":{"audio":`...), off.Audio)
			b = append(strconv.AppendBool(append(b, `,"video":`...), off.Video), "}}"...)
			comma = ","
		case side != m.side:
			left = earlier(left, remaining(p.Deadline, time.Now()))
		}
	}
	b = appendSeconds(append(b, `],"grace_seconds":`...), c.Limits.Grace, c.Limits.Grace > 0)
	b = appendNumber(append(b, `,"remaining_ms":`...), left)
	if now.Skipped > 0 {
		b = strconv.AppendInt(append(b, `,"skipped":`...), int64(now.Skipped), 10)
	}
	if m.side == "" {
		return append(b, `,"ice_servers":[],"resume_token":null}`...)
	}
	b = append(append(b, `,"ice_servers":`...), encode(s.iceServers(iceName(c.ID, m.side)))...)
	b = appendString(append(b, `,"resume_token":`...), s.resumes.sign(resumeSeat{c.Tenant, c.ID, m.side, m.visitor.actor.ID}))
	return append(b, '}')
}

func earlier(a, b *int64) *int64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// mutedOf is what the newest connection of a participant has switched off. A host's own transport says nothing of it.
func mutedOf(here []*member, side call.Side) (of muted) {
	newest := uint64(0)
	for _, m := range here {
		m.mu.Lock()
		if m.side == side && m.peer != nil && m.peer.Epoch() > newest {
			newest, of = m.peer.Epoch(), m.muted
		}
		m.mu.Unlock()
	}
	return of
}

// Left is the loss of a participant, whatever the reason: a hang-up came before, by an event.
func (t callTopic) Left(ctx context.Context, c *phx.Channel, _ phx.Reason) {
	t.s.partCall(ctx, c.Value().(*member))
}

func (s *Server) partCall(ctx context.Context, m *member) {
	defer s.feeds.release(m.visitor.tenant)
	if m.peer == nil {
		return
	}
	if err := m.peer.Lost(ctx); err != nil {
		s.o.Logger.ErrorContext(ctx, "a participant's loss will be recorded later", "error", err)
	}
}
