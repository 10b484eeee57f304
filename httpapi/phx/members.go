package phx

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members yields the members of a payload, in the order in which they stand there: the name, without quotes, and the
// value as it stands. The payload must be what a [Handler] was given, an object; the same name may come twice. A name
// that is written with escapes is yielded without them.
func Members(object json.RawMessage) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func(name []byte, value json.RawMessage) bool) {
		c := cursor{p: object}
		if !c.eat('{') {
			return
		}
		for more := !c.eat('}'); more; more = c.eat(',') {
			name := c.value(0)
			if len(name) < 2 || !c.eat(':') {
				return
			}
			value := c.value(maxDepth)
			if value == nil || !yield(unquote(name), value) {
				return
			}
		}
	}
}

// unquote returns what a JSON string holds.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it has been checked
	return []byte(s)
}
