package phx

import (
	"encoding/json"
	"unicode/utf8"
)

// Append appends the frame of a message to a client: text, or binary if m.Binary, when it is a push if it has a
// JoinRef and a broadcast if not. m.Payload is taken as it stands. The error, for a binary message with a field of more
// than 255 bytes or in serializer 1.0.0, Is [ErrBadFrame].
func (v Version) Append(dst []byte, m Message) ([]byte, error) {
	switch {
	case m.Binary && v != V2:
		return nil, badFrame("binary message in serializer 1.0.0")
	case m.Binary && m.JoinRef != "":
		return appendBinary(dst, binaryPush, m.Payload, m.JoinRef, m.Topic, m.Event)
	case m.Binary:
		return appendBinary(dst, binaryBroadcast, m.Payload, m.Topic, m.Event)
	}
	dst = v.appendHead(dst, m.JoinRef, m.Ref, m.Topic, m.Event)
	dst = append(dst, m.Payload...)
	return v.appendTail(dst, m.Ref), nil
}

// AppendReply appends the frame that answers the message ref; response is JSON, or any bytes if binary. Errors are
// those of Append.
func (v Version) AppendReply(dst []byte, joinRef, ref, topic, status string, response []byte, binary bool) ([]byte, error) {
	if binary {
		if v != V2 {
			return nil, badFrame("binary message in serializer 1.0.0")
		}
		return appendBinary(dst, binaryReply, response, joinRef, ref, topic, status)
	}
	dst = v.appendHead(dst, joinRef, ref, topic, eventReply)
	dst = append(dst, `{"status":"`...)
	dst = append(dst, status...)
	dst = append(dst, `","response":`...)
	dst = append(dst, response...)
	dst = append(dst, '}')
	return v.appendTail(dst, ref), nil
}

// appendHead appends what comes before the payload.
func (v Version) appendHead(dst []byte, joinRef, ref, topic, event string) []byte {
	if v == V1 {
		dst = append(dst, `{"topic":`...)
		dst = appendString(dst, topic)
		dst = append(dst, `,"event":`...)
		dst = appendString(dst, event)
		return append(dst, `,"payload":`...)
	}
	dst = append(dst, '[')
	dst = append(appendRef(dst, joinRef), ',')
	dst = append(appendRef(dst, ref), ',')
	dst = append(appendString(dst, topic), ',')
	return append(appendString(dst, event), ',')
}

// appendTail appends what comes after the payload.
func (v Version) appendTail(dst []byte, ref string) []byte {
	if v == V1 {
		dst = append(dst, `,"ref":`...)
		return append(appendRef(dst, ref), '}')
	}
	return append(dst, ']')
}

func appendRef(dst []byte, ref string) []byte {
	if ref == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, ref)
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if b := s[i]; b < ' ' || b == '"' || b == '\\' || b >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // cannot fail: what is not UTF-8 is replaced
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// body is a payload, marshalled: what all frames that carry it have in common.
type body struct {
	data   []byte
	binary bool
}

var emptyBody = body{data: []byte("{}")}

// marshal makes the body of a payload. Nil is the empty object, [Binary] is bytes, a json.RawMessage must be valid and
// is taken as it is.
func marshal(payload any) (body, error) {
	switch p := payload.(type) {
	case nil:
		return emptyBody, nil
	case Binary:
		return body{data: p, binary: true}, nil
	case json.RawMessage:
		if len(p) == 0 {
			return emptyBody, nil
		}
		return body{data: p}, nil
	}
	data, err := json.Marshal(payload)
	return body{data: data}, err
}
