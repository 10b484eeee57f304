package phx

import (
	"unicode/utf8"
)

// Decode reads the message that a client sent in one frame. The error Is [ErrNotUTF8] or [ErrBadFrame]. The message
// shares no memory with the frame, and its payload is valid JSON of bounded depth, though not necessarily an object.
func (v Version) Decode(binary bool, frame []byte) (Message, error) {
	m, err := v.decode(binary, frame)
	m.keep()
	return m, err
}

// decode is Decode with a payload that is a part of the frame.
func (v Version) decode(binary bool, frame []byte) (Message, error) {
	switch {
	case binary && v != V2:
		return Message{}, badFrame("binary frame in serializer 1.0.0")
	case binary:
		return decodeBinary(frame)
	case !utf8.Valid(frame):
		return Message{}, ErrNotUTF8
	case v == V1:
		return decodeObject(cursor{p: frame})
	}
	return decodeArray(cursor{p: frame})
}

func decodeArray(c cursor) (m Message, err error) {
	if !c.eat('[') {
		return m, badFrame("not an array")
	}
	for i, into := range [...]*string{&m.JoinRef, &m.Ref, &m.Topic, &m.Event} {
		if *into, err = c.text(i < 2); err != nil {
			return m, err
		}
		if !c.eat(',') {
			return m, badFrame("not five elements")
		}
	}
	payload := c.value(maxDepth - 1)
	if payload == nil {
		return m, badFrame("payload is not JSON, or nested too deep")
	}
	if !c.eat(']') || !c.end() {
		return m, badFrame("not five elements")
	}
	m.Payload = payload
	return m, nil
}

func decodeObject(c cursor) (m Message, err error) {
	if !c.eat('{') {
		return m, badFrame("not an object")
	}
	var topic, event bool
	var payload []byte
	for more := !c.eat('}'); more; more = c.eat(',') {
		key := c.value(0)
		if len(key) == 0 || key[0] != '"' || !c.eat(':') {
			return m, badFrame("not JSON")
		}
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
		default:
			value := c.value(maxDepth - 1)
			if value == nil {
				return m, badFrame("not JSON, or nested too deep")
			}
			if string(key) == `"payload"` {
				payload = value
			}
		}
		if err != nil {
			return m, err
		}
	}
	switch {
	case !topic || !event || payload == nil:
		return m, badFrame("topic, event or payload is missing")
	case !c.eat('}') || !c.end():
		return m, badFrame("not JSON")
	}
	m.Payload = payload
	return m, nil
}
