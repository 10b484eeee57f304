package httpapi

import (
	"bytes"
	"encoding/json"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// plain is what [member.relayed] makes of a message and is then encoded, made by copying; nil if it is not as simple as
// that: another event, a value that is missing or of a wrong type, or one that would have to be decoded to be measured.
func (m *member) plain(event string, payload json.RawMessage) []byte {
	switch event {
	case "signal":
		return plainSignal(m.side, payload)
	case "ice_candidate":
		return plainCandidate(m.side, payload)
	}
	return nil
}

func plainSignal(from call.Side, payload json.RawMessage) []byte {
	var kind, sdp json.RawMessage
	for name, value := range phx.Members(payload) {
		switch string(name) {
		case "type":
			kind = value
		case "sdp":
			sdp = value
		}
	}
	switch string(kind) {
	case `"offer"`, `"answer"`, `"pranswer"`:
	default:
		return nil
	}
	if !shortText(sdp, maxSDP) {
		return nil
	}
	return plainObject(from, len(payload), wireMember{"type", kind}, wireMember{"sdp", sdp})
}

func plainCandidate(from call.Side, payload json.RawMessage) []byte {
	candidate, mid, line := json.RawMessage(nil), null, null
	for name, value := range phx.Members(payload) {
		switch string(name) {
		case "candidate":
			candidate = value
		case "sdpMid":
			mid = value
		case "sdpMLineIndex":
			line = value
		}
	}
	isNull := func(v json.RawMessage) bool { return bytes.Equal(v, null) }
	if !shortText(candidate, maxCandidate) || !isNull(mid) && !shortText(mid, maxMid) || !isNull(line) && !smallNumber(line) {
		return nil
	}
	return plainObject(from, len(payload),
		wireMember{"candidate", candidate}, wireMember{"sdpMid", mid}, wireMember{"sdpMLineIndex", line})
}

var null = json.RawMessage("null")

// shortText reports whether a value is a text of at most so many bytes. Escapes take no less room than what they stand
// for; a text that is too long with them is not short.
func shortText(value json.RawMessage, most int) bool {
	return len(value) >= 2 && value[0] == '"' && len(value)-2 <= most
}

// smallNumber reports whether a value is a number that surely fits 16 bits: digits, without the leading zeros that JSON
// does not know.
func smallNumber(value json.RawMessage) bool {
	for _, b := range value {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(value) <= 4
}

// wireMember is a member of an object, with its value as it goes out.
type wireMember struct {
	name  string
	value json.RawMessage
}

// plainObject is an object of who it is from and these members, which take size bytes or less.
func plainObject(from call.Side, size int, members ...wireMember) []byte {
	dst := make([]byte, 0, size+64)
	dst = append(dst, `{"from":"`...)
	dst = append(dst, from...)
	dst = append(dst, '"')
	for _, m := range members {
		dst = append(dst, `,"`...)
		dst = append(dst, m.name...)
		dst = append(dst, `":`...)
		dst = append(dst, m.value...)
	}
	return append(dst, '}')
}
