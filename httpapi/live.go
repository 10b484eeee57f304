package httpapi

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// The topics, before the colon.
const (
	topicCall         = "call"
	topicQueue        = "queue"
	topicPresence     = "presence"
	topicNotification = "notification"
)

// route names the handler of a topic.
func (s *Server) route(_ *phx.Socket, topic string) phx.Handler {
	kind, id := splitTopic(topic)
	if !call.ValidID(id) {
		return nil
	}
	switch kind {
	case topicCall:
		return callTopic{s}
	case topicQueue:
		return queueTopic{s}
	case topicPresence:
		return presenceTopic{s}
	case topicNotification:
		return notificationTopic{s}
	}
	return nil
}

func splitTopic(topic string) (kind, id string) {
	kind, id, _ = strings.Cut(topic, ":")
	return kind, id
}

func topicID(c *phx.Channel) string {
	_, id := splitTopic(c.Topic())
	return id
}

func visitorOf(c *phx.Channel) *visitor { return c.Socket().User().(*visitor) }

// refuse is a refusal for good: a stock client would come again every ten seconds.
func refuse(reason string) error {
	r := phx.Refuse(reason)
	r.Final = true
	return r
}

// The reasons for which a join or a message is refused.
const (
	reasonUnauthorized = "unauthorized" // this topic is not for him, or this event not from him
	reasonNotFound     = "not_found"    // what the topic names does not exist for his tenant
	reasonCallEnded    = "call_ended"   // with status and end_reason
	reasonTakenOver    = "taken_over"   // a newer connection speaks for the participant
	reasonNotAllowed   = "not_allowed"  // the call's state does not allow it
	reasonTooManyJoins = "too many joins"
	reasonInvalid      = "invalid" // with errors, by field
	reasonUnknownEvent = "unknown_event"
)

// refusalOf is what a client is told of an error of the services; an unknown error stays as it is, to be logged.
func refusalOf(err error) error {
	var invalid interface{ Fields() map[string][]string }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return &phx.Refusal{Response: struct {
			Reason string              `json:"reason"`
			Errors map[string][]string `json:"errors"`
		}{reasonInvalid, invalid.Fields()}}
	case errors.Is(err, call.ErrForbidden), errors.Is(err, call.ErrTenantNotFound):
		return refuse(reasonUnauthorized)
	case errors.Is(err, call.ErrNotFound), errors.Is(err, call.ErrDepartmentNotFound):
		return refuse(reasonNotFound)
	case errors.Is(err, call.ErrRefused):
		return phx.Refuse(reasonNotAllowed)
	}
	return err
}

// endedRefusal answers a join of a call that has ended, for good.
func endedRefusal(c call.Call) error {
	return &phx.Refusal{Final: true, Response: struct {
		Reason    string      `json:"reason"`
		Status    call.Status `json:"status"`
		EndReason *string     `json:"end_reason"`
	}{reasonCallEnded, c.Status, text(string(c.EndReason))}}
}

// payloadFields reads the payload of a message, which the protocol has checked to be an object.
func payloadFields(payload json.RawMessage) (*fields, error) {
	f := &fields{wrong: call.FieldErrors{}}
	return f, json.Unmarshal(payload, &f.members)
}
