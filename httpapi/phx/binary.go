package phx

import "unicode/utf8"

// Kinds of binary frames, the first byte of each. The lengths of the fields follow, a byte each, then the fields in the
// same order, then the payload to the end of the frame.
const (
	binaryPush      = 0 // from a client: join_ref, ref, topic, event; to a client: join_ref, topic, event
	binaryReply     = 1 // join_ref, ref, topic, status
	binaryBroadcast = 2 // topic, event
)

func decodeBinary(p []byte) (m Message, err error) {
	const head = 5
	if len(p) < head || p[0] != binaryPush {
		return m, badFrame("not a binary push")
	}
	rest := p[head:]
	for i, into := range [...]*string{&m.JoinRef, &m.Ref, &m.Topic, &m.Event} {
		n := int(p[1+i])
		if n > len(rest) || !utf8.Valid(rest[:n]) {
			return Message{}, badFrame("binary push is cut off or not UTF-8")
		}
		*into, rest = string(rest[:n]), rest[n:]
	}
	m.Payload, m.Binary = rest, true
	return m, nil
}

// appendBinary appends a frame of kind with these fields, none of which may be longer than maxField.
func appendBinary(dst []byte, kind byte, payload []byte, fields ...string) ([]byte, error) {
	dst = append(dst, kind)
	for _, f := range fields {
		if len(f) > maxField {
			return nil, badFrame("field too long for a binary message")
		}
		dst = append(dst, byte(len(f)))
	}
	for _, f := range fields {
		dst = append(dst, f...)
	}
	return append(dst, payload...), nil
}
