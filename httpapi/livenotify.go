package httpapi

import (
	"context"
	"encoding/json"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// notificationTopic serves notification:{user_id}, for that user.
type notificationTopic struct{ s *Server }

// notification is one thing that a user is told of. The text is the client's, in the user's language; text_key names it.
type notification struct {
	Kind    string `json:"kind"`
	CallID  string `json:"call_id"`
	TextKey string `json:"text_key"`
}

// notifications are the kinds of events that a call's agent is told of, unless he did it himself.
var notifications = map[call.Kind]string{
	call.KindAssigned:        "call_assigned",
	call.KindRecordingReady:  "recording_ready",
	call.KindTranscriptReady: "transcript_ready",
	call.KindSummaryReady:    "summary_ready",
	call.KindNoteAdded:       "note_added",
}

// Join lets a user in to what concerns him, from now on.
func (t notificationTopic) Join(ctx context.Context, c *phx.Channel, _ json.RawMessage) (any, error) {
	v := visitorOf(c)
	if !v.user() || topicID(c) != v.actor.ID {
		return nil, refuse(reasonUnauthorized)
	}
	if _, err := t.s.feeds.use(ctx, v.tenant); err != nil {
		return nil, err
	}
	m := newMember(c, "")
	head, err := t.s.voki.Calls.Head(ctx, v.tenant)
	if err != nil {
		t.s.feeds.release(v.tenant)
		return nil, err
	}
	m.goLive(head, nil)
	return nil, nil //nolint:nilnil // an empty reply
}

// Push refuses everything: there is nothing to say on this topic.
func (notificationTopic) Push(context.Context, *phx.Channel, string, json.RawMessage) (any, error) {
	return nil, phx.Refuse(reasonUnknownEvent)
}

// Left lets go of the feed.
func (t notificationTopic) Left(_ context.Context, c *phx.Channel, _ phx.Reason) {
	t.s.feeds.release(visitorOf(c).tenant)
}

func userRef(v *visitor) call.Ref { return call.Ref{ID: v.actor.ID, Name: v.actor.Name} }

// notify tells a call's agent of what others, or the machine, did about it.
func (f *feed) notify(ctx context.Context, e *call.Event) {
	kind, ok := notifications[e.Kind]
	if !ok {
		return
	}
	user := e.Data.UserID
	if user == "" {
		p, err := f.s.voki.Calls.Place(ctx, f.tenant, e.CallID)
		if err != nil {
			f.failed(ctx, "a call could not be read", err)
			return
		}
		user = p.Call.User.ID
	}
	if user == "" || user == e.Actor {
		return
	}
	n := &notice{event: e, messages: []outgoing{toAll("new_notification", notification{kind, e.CallID, "notification." + kind})}}
	for _, m := range f.s.members(f.tenant, topicNotification, user) {
		m.give(n)
	}
}
