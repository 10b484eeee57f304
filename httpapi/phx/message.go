package phx

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Version is a serializer of the protocol, which the client names in the query of its handshake (vsn).
type Version int

// The serializers that the stock clients speak.
const (
	V1 Version = 1 // 1.0.0: objects without join_ref, text only
	V2 Version = 2 // 2.0.0: arrays, and a binary form for binary payloads
)

// ErrVersion is returned by [ParseVersion] for a serializer that is not spoken here.
var ErrVersion = errors.New("phx: unknown serializer version")

// ParseVersion reads the handshake's vsn. None means 1.0.0, as it does to Phoenix.
func ParseVersion(vsn string) (Version, error) {
	switch {
	case vsn == "" || strings.HasPrefix(vsn, "1.0."):
		return V1, nil
	case strings.HasPrefix(vsn, "2.0."):
		return V2, nil
	}
	return 0, ErrVersion
}

// Errors of [Version.Decode].
var (
	// ErrNotUTF8 is returned for a text frame that is not UTF-8.
	ErrNotUTF8 = errors.New("phx: text frame is not UTF-8")
	// ErrBadFrame is returned, wrapped, for every other frame that holds no message.
	ErrBadFrame = errors.New("phx: bad frame")
)

func badFrame(why string) error { return fmt.Errorf("%w: %s", ErrBadFrame, why) }

const (
	// maxField bounds join_ref, ref, topic and event, in bytes. The binary form has one byte for each length; text is
	// held to the same, so that nobody can make the server remember long names.
	maxField = 255

	// maxDepth bounds how deep a message may be nested, and the recursion of the decoder. A signal of WebRTC has three
	// levels.
	maxDepth = 64
)

// Message is what a frame holds. An empty JoinRef or Ref is null on the wire.
type Message struct {
	JoinRef string // which join of the topic on this socket the message belongs to
	Ref     string // what a reply will refer to
	Topic   string
	Event   string
	Payload json.RawMessage // valid JSON, or any bytes if Binary
	Binary  bool
}

// keep gives m a payload of its own, that outlives the frame.
func (m *Message) keep() {
	if m.Payload != nil {
		m.Payload = append([]byte{}, m.Payload...)
	}
}

// Binary is a payload or reply that travels as bytes instead of as JSON. Sockets of [V1] cannot carry it and are
// passed over.
type Binary []byte

// Events of the protocol itself. All others are the application's.
const (
	eventJoin      = "phx_join"
	eventLeave     = "phx_leave"
	eventReply     = "phx_reply"
	eventClose     = "phx_close"
	eventError     = "phx_error"
	eventHeartbeat = "heartbeat"
	reservedPrefix = "phx_"

	topicPhoenix = "phoenix" // heartbeats come on it

	statusOK    = "ok"
	statusError = "error"
)

// isObject tells whether the payload is a JSON object, which it must be in everything that a client sends.
func (m *Message) isObject() bool { return len(m.Payload) > 0 && m.Payload[0] == '{' }
