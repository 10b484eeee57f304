package httpapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// What a participant may send the other, at most.
const (
	maxSDP       = 128 << 10 // bytes
	maxCandidate = 4 << 10   // bytes
	maxMid       = 256       // bytes
	maxChat      = 4000      // characters
)

// Relay passes on what needs no second look: signals and candidates as all clients send them. It copies their members
// as they stand, which the protocol has checked to be JSON, and leaves everything else to Push.
func (callTopic) Relay(c *phx.Channel, event string, payload json.RawMessage) (reply any, taken bool, err error) {
	m := c.Value().(*member)
	if m.side == "" || m.peer.IsTaken() {
		return nil, false, nil
	}
	message := m.plain(event, payload)
	if message == nil {
		return nil, false, nil
	}
	return phx.Delayed, true, m.relay(event, json.RawMessage(message))
}

// relay tells the other side.
func (m *member) relay(event string, message any) error {
	return m.channel.Socket().Hub().BroadcastTo(m.channel.Topic(), event, message, func(other *phx.Channel) bool {
		o, ok := other.Value().(*member)
		return ok && o.visitor.tenant == m.visitor.tenant && o.side != "" && o.side != m.side
	})
}

// Push relays what a participant says to the other, in memory, or hangs up.
func (t callTopic) Push(ctx context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	m := c.Value().(*member)
	switch event {
	case "signal", "ice_candidate", "mute", "chat", "leave":
	default:
		return nil, phx.Refuse(reasonUnknownEvent)
	}
	if m.side == "" {
		return nil, phx.Refuse(reasonUnauthorized)
	}
	if m.peer.IsTaken() {
		return nil, phx.Refuse(reasonTakenOver)
	}
	if event == "leave" {
		return nil, refusalOf(m.peer.Leave(ctx))
	}
	f, err := payloadFields(payload)
	if err != nil {
		return nil, refusalOf(call.Invalid("payload", "is invalid"))
	}
	message := m.relayed(event, f)
	if err := f.wrong.Err(); err != nil {
		return nil, refusalOf(err)
	}
	if event == "mute" {
		m.mu.Lock()
		m.muted = m.muted.with(message.(muteWire))
		m.mu.Unlock()
	}
	return nil, m.relay(event, message)
}

// The messages as the other side gets them: what is asked for here and nothing else, and from whom it is.
type (
	signalWire struct {
		From call.Side `json:"from"`
		Type string    `json:"type"`
		SDP  *string   `json:"sdp"`
	}
	candidateWire struct {
		From          call.Side `json:"from"`
		Candidate     string    `json:"candidate"`
		SDPMid        *string   `json:"sdpMid"`
		SDPMLineIndex *uint16   `json:"sdpMLineIndex"`
	}
	muteWire struct {
		From  call.Side `json:"from"`
		Type  string    `json:"type"`
		Muted bool      `json:"muted"`
	}
	chatWire struct {
		From call.Side `json:"from"`
		Text string    `json:"text"`
	}
)

// relayed reads a message; what is wrong with it is noted in f.
func (m *member) relayed(event string, f *fields) any {
	switch event {
	case "signal":
		w := signalWire{From: m.side, Type: f.oneOf("type", "offer", "answer", "pranswer", "rollback")}
		f.member("sdp", &w.SDP)
		switch {
		case w.SDP == nil && w.Type != "rollback" && f.wrong["sdp"] == nil:
			f.wrong.Add("sdp", "can't be blank")
		case w.SDP != nil && len(*w.SDP) > maxSDP:
			f.wrong.Add("sdp", "is too long")
		}
		return w
	case "ice_candidate":
		w := candidateWire{From: m.side, Candidate: f.bounded("candidate", maxCandidate)}
		if !f.has("candidate") { // an empty one says that there are no more
			f.wrong.Add("candidate", "can't be blank")
		}
		f.member("sdpMid", &w.SDPMid)
		if w.SDPMid != nil && len(*w.SDPMid) > maxMid {
			f.wrong.Add("sdpMid", "is too long")
		}
		f.member("sdpMLineIndex", &w.SDPMLineIndex)
		return w
	case "mute":
		w := muteWire{From: m.side, Type: f.oneOf("type", "audio", "video")}
		if !f.member("muted", &w.Muted) && f.wrong["muted"] == nil {
			f.wrong.Add("muted", "can't be blank")
		}
		return w
	}
	w := chatWire{From: m.side, Text: f.text("text")}
	if strings.TrimSpace(w.Text) == "" && f.wrong["text"] == nil {
		f.wrong.Add("text", "can't be blank")
	}
	f.wrong.CheckText("text", w.Text, maxChat)
	return w
}

func (was muted) with(m muteWire) muted {
	if m.Type == "audio" {
		was.Audio = m.Muted
	} else {
		was.Video = m.Muted
	}
	return was
}

// oneOf returns a member that must be one of some words.
func (f *fields) oneOf(name string, words ...string) string {
	s := f.text(name)
	if f.wrong[name] != nil {
		return ""
	}
	for _, word := range words {
		if s == word {
			return s
		}
	}
	if s == "" {
		f.wrong.Add(name, "can't be blank")
	} else {
		f.wrong.Add(name, "is invalid")
	}
	return ""
}

// bounded returns a text of at most so many bytes.
func (f *fields) bounded(name string, most int) string {
	s := f.text(name)
	if len(s) > most {
		f.wrong.Add(name, "is too long")
	}
	return s
}
