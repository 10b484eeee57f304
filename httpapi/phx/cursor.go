package phx

import (
	"bytes"
	"encoding/json"
)

// cursor walks through p, which must be one valid JSON value: that is what spares it most checks.
type cursor struct {
	p []byte
	i int
}

func (c *cursor) space() {
	for c.i < len(c.p) && isSpace(c.p[c.i]) {
		c.i++
	}
}

// eat steps over b and the space before it, or stays where it is.
func (c *cursor) eat(b byte) bool {
	c.space()
	if c.i < len(c.p) && c.p[c.i] == b {
		c.i++
		return true
	}
	return false
}

// value steps over one value and returns it as it stands; it returns nil where none begins.
func (c *cursor) value() []byte {
	c.space()
	start, depth := c.i, 0
	for c.i < len(c.p) {
		switch b := c.p[c.i]; {
		case b == '"':
			c.i = stringEnd(c.p, c.i)
		case b == '[' || b == '{':
			depth++
			c.i++
		case b == ']' || b == '}':
			if depth == 0 {
				return nil // the end of what the value would be in
			}
			depth--
			c.i++
		case depth == 0:
			for c.i < len(c.p) && !endsScalar(c.p[c.i]) {
				c.i++
			}
			if c.i == start {
				return nil
			}
		default:
			c.i++ // between the brackets of the value
		}
		if depth == 0 {
			return c.p[start:c.i]
		}
	}
	return nil
}

// text reads a string of at most maxField bytes or, where it may be, null, which is returned as the empty string.
func (c *cursor) text(null bool) (string, error) {
	raw := c.value()
	switch {
	case null && string(raw) == "null":
		return "", nil
	case len(raw) < 2 || raw[0] != '"':
		return "", badFrame("join_ref, ref, topic or event is no string")
	case bytes.IndexByte(raw, '\\') < 0:
		if len(raw)-2 > maxField {
			return "", badFrame("join_ref, ref, topic or event is too long")
		}
		return string(raw[1 : len(raw)-1]), nil
	}
	// An escape takes at most six bytes for one.
	var s string
	if len(raw) > 6*maxField+2 || json.Unmarshal(raw, &s) != nil || len(s) > maxField {
		return "", badFrame("join_ref, ref, topic or event is too long")
	}
	return s, nil
}

// stringEnd returns the index behind the string that begins at p[i].
func stringEnd(p []byte, i int) int {
	for i++; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(p)
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

func endsScalar(b byte) bool {
	return b == ',' || b == ':' || b == ']' || b == '}' || isSpace(b)
}
