package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/avanter/voki/call"
)

// value is a place in a file: what stands there, and where that is. The zero value stands for a key that is not there;
// it reads as nothing and reports nothing.
type value struct {
	in   *source
	node *yaml.Node
	line int
	path string
}

// source is a file that is being read.
type source struct {
	file     string
	problems Problems
}

func (v value) there() bool { return v.node != nil && v.node.Tag != "!!null" }

func (v value) fail(format string, args ...any) {
	v.in.problems = append(v.in.problems, Problem{
		File: v.in.file, Line: v.line, Path: v.path, Message: fmt.Sprintf(format, args...),
	})
}

func (v value) child(n *yaml.Node, path string) value {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return value{in: v.in, node: n, line: line, path: path}
}

// keys returns what stands under the known keys of a mapping. It reports keys that are unknown, given twice or, if
// they are among the first so many known ones, missing.
func (v value) keys(required int, known ...string) map[string]value {
	found := map[string]value{}
	if !v.there() {
		return found
	}
	if v.node.Kind != yaml.MappingNode {
		v.fail("must be a mapping with the keys %s", strings.Join(known, ", "))
		return found
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		name := v.node.Content[i].Value
		key := v.child(v.node.Content[i], strings.TrimPrefix(v.path+"."+name, "."))
		switch _, twice := found[name]; {
		case !slices.Contains(known, name):
			key.fail("unknown key; known are %s", strings.Join(known, ", "))
		case twice:
			key.fail("given twice; first in line %d", found[name].line)
		default:
			found[name] = v.child(v.node.Content[i+1], key.path)
		}
	}
	for _, name := range known[:required] {
		if !found[name].there() {
			v.fail("%s is missing", name)
		}
	}
	return found
}

// list calls each for every entry of a sequence.
func (v value) list(each func(value)) {
	if !v.there() {
		return
	}
	if v.node.Kind != yaml.SequenceNode {
		v.fail("must be a list")
		return
	}
	for i, n := range v.node.Content {
		entry := v.child(n, fmt.Sprintf("%s[%d]", v.path, i))
		if !entry.there() {
			entry.fail("is empty")
			continue
		}
		each(entry)
	}
}

// word returns a single value as it is written, whatever YAML would make of it.
func (v value) word() string {
	if !v.there() {
		return ""
	}
	if v.node.Kind != yaml.ScalarNode {
		v.fail("must be a single value")
		return ""
	}
	return v.node.Value
}

// name returns a display name.
func (v value) name() string {
	s := v.word()
	if v.there() && strings.TrimSpace(s) == "" {
		v.fail("can't be blank")
	}
	v.checkLine(s, call.MaxName)
	return s
}

func (v value) checkLine(s string, most int) {
	wrong := call.FieldErrors{}
	wrong.CheckLine("", s, most)
	for _, message := range wrong[""] {
		v.fail("%s", message)
	}
}

// id returns an identifier of the host's own.
func (v value) id() string {
	s := v.word()
	if v.there() && v.node.Kind == yaml.ScalarNode && !call.ValidID(s) {
		v.fail("must be 1 to %d bytes without white space", call.MaxID)
	}
	return s
}

// limit returns a duration as [ParseLimit] reads it.
func (v value) limit() time.Duration {
	s := v.word()
	if s == "" {
		return 0
	}
	d, err := ParseLimit(s)
	if err != nil {
		v.fail("%v", err)
	}
	return d
}

func (v value) count() int {
	s := v.word()
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		v.fail("%q is no number from 0", s)
		return 0
	}
	return n
}

// ParseLimit reads a limit as the configuration and the flags write it: a duration such as 90s, 30m or 4h; "off" or a
// negative one for none, which gives a negative duration; 0 for the default.
func ParseLimit(s string) (time.Duration, error) {
	if s == "off" {
		return -1, nil
	}
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration: write 90s, 30m, 4h or off", s)
	}
	return max(d, -1), nil
}
