package phx

import (
	"bytes"
	"encoding/json"
)

// cursor reads JSON from left to right and checks all that it steps over, as strictly as RFC 8259 has it. That its
// input is UTF-8 is checked before.
type cursor struct {
	p []byte
	i int
}

// peek returns the next byte, or 0 at the end.
func (c *cursor) peek() byte {
	if c.i < len(c.p) {
		return c.p[c.i]
	}
	return 0
}

func (c *cursor) space() {
	for c.i < len(c.p) && (c.p[c.i] == ' ' || c.p[c.i] == '\t' || c.p[c.i] == '\n' || c.p[c.i] == '\r') {
		c.i++
	}
}

// eat steps over b and the space before it, or over the space alone.
func (c *cursor) eat(b byte) bool {
	c.space()
	if c.i < len(c.p) && c.p[c.i] == b {
		c.i++
		return true
	}
	return false
}

// end tells whether nothing but space is left.
func (c *cursor) end() bool {
	c.space()
	return c.i == len(c.p)
}

// value steps over one value and the space before it, and returns the value as it stands: nil if there is none, or one
// that is nested in more than depth levels.
func (c *cursor) value(depth int) []byte {
	c.space()
	start := c.i
	if !c.skip(depth) {
		return nil
	}
	return c.p[start:c.i]
}

func (c *cursor) skip(depth int) bool {
	switch c.peek() {
	case '"':
		return c.skipString()
	case '{':
		return depth > 0 && c.skipMembers('}', true, depth-1)
	case '[':
		return depth > 0 && c.skipMembers(']', false, depth-1)
	case 't':
		return c.skipWord("true")
	case 'f':
		return c.skipWord("false")
	case 'n':
		return c.skipWord("null")
	}
	return c.skipNumber()
}

// skipMembers steps over an object or array, at whose first byte the cursor is.
func (c *cursor) skipMembers(last byte, keys bool, depth int) bool {
	c.i++
	if c.eat(last) {
		return true
	}
	for {
		c.space()
		if keys && (c.peek() != '"' || !c.skipString() || !c.eat(':')) {
			return false
		}
		c.space()
		if !c.skip(depth) {
			return false
		}
		if c.eat(last) {
			return true
		}
		if !c.eat(',') {
			return false
		}
	}
}

func (c *cursor) skipString() bool {
	for c.i++; c.i < len(c.p); c.i++ {
		switch b := c.p[c.i]; {
		case b == '"':
			c.i++
			return true
		case b < ' ':
			return false
		case b == '\\':
			c.i++
			if !c.skipEscape() {
				return false
			}
		}
	}
	return false
}

// skipEscape goes to the last byte of an escape, behind whose backslash the cursor is.
func (c *cursor) skipEscape() bool {
	switch c.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			c.i++
			if b := c.peek() | 0x20; (b < '0' || b > '9' || c.p[c.i] < '0') && (b < 'a' || b > 'f') {
				return false
			}
		}
		return true
	}
	return false
}

func (c *cursor) skipWord(word string) bool {
	if !bytes.HasPrefix(c.p[c.i:], []byte(word)) {
		return false
	}
	c.i += len(word)
	return true
}

func (c *cursor) skipNumber() bool {
	if c.peek() == '-' {
		c.i++
	}
	if c.peek() == '0' {
		c.i++
	} else if !c.skipDigits() {
		return false
	}
	if c.peek() == '.' {
		c.i++
		if !c.skipDigits() {
			return false
		}
	}
	if b := c.peek(); b == 'e' || b == 'E' {
		c.i++
		if b := c.peek(); b == '+' || b == '-' {
			c.i++
		}
		return c.skipDigits()
	}
	return true
}

func (c *cursor) skipDigits() bool {
	start := c.i
	for c.peek() >= '0' && c.peek() <= '9' {
		c.i++
	}
	return c.i > start
}

// text reads a string of at most maxField bytes or, where it may be, null, which is returned as the empty string.
func (c *cursor) text(null bool) (string, error) {
	raw := c.value(0)
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
