package phx

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Decode reads the message that a client sent in one frame. The error Is [ErrNotUTF8] or [ErrBadFrame]. The message
// shares no memory with the frame, and its payload is valid JSON of bounded depth, though not necessarily an object.
func (v Version) Decode(binary bool, frame []byte) (Message, error) {
	if binary {
		if v != V2 {
			return Message{}, badFrame("binary frame in serializer 1.0.0")
		}
		return decodeBinary(frame)
	}
	switch {
	case !utf8.Valid(frame):
		return Message{}, ErrNotUTF8
	case tooDeep(frame):
		return Message{}, badFrame("nested too deep")
	case !json.Valid(frame):
		return Message{}, badFrame("not JSON")
	}
	// From here on the frame is one JSON value, which the cursor relies on.
	c := cursor{p: frame}
	if v == V1 {
		return decodeObject(c)
	}
	return decodeArray(c)
}

func decodeArray(c cursor) (m Message, err error) {
	if !c.eat('[') {
		return m, badFrame("not an array")
	}
	for _, field := range [...]struct {
		into *string
		null bool
	}{{&m.JoinRef, true}, {&m.Ref, true}, {&m.Topic, false}, {&m.Event, false}} {
		if *field.into, err = c.text(field.null); err != nil {
			return m, err
		}
		if !c.eat(',') {
			return m, badFrame("not five elements")
		}
	}
	payload := c.value()
	if !c.eat(']') {
		return m, badFrame("not five elements")
	}
	m.Payload = bytes.Clone(payload)
	return m, nil
}

func decodeObject(c cursor) (m Message, err error) {
	if !c.eat('{') {
		return m, badFrame("not an object")
	}
	var topic, event bool
	var payload []byte
	for !c.eat('}') {
		key := c.value()
		c.eat(':')
		switch string(key) {
		case `"topic"`:
			topic = true
			m.Topic, err = c.text(false)
		case `"event"`:
			event = true
			m.Event, err = c.text(false)
		case `"ref"`:
			m.Ref, err = c.text(true)
		case `"join_ref"`:
			m.JoinRef, err = c.text(true)
		case `"payload"`:
			payload = c.value()
		default:
			c.value()
		}
		if err != nil {
			return m, err
		}
		c.eat(',')
	}
	if !topic || !event || payload == nil {
		return m, badFrame("topic, event or payload is missing")
	}
	m.Payload = bytes.Clone(payload)
	return m, nil
}

// tooDeep tells whether p is nested deeper than maxDepth. It looks closer only where there are brackets enough.
func tooDeep(p []byte) bool {
	if bytes.Count(p, []byte{'['})+bytes.Count(p, []byte{'{'}) <= maxDepth {
		return false
	}
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '"':
			i = stringEnd(p, i) - 1
		case '[', '{':
			if depth++; depth > maxDepth {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}
