package phx_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/avanter/voki/httpapi/phx"
)

// FuzzDecode gives all serializers anything. What decodes must be what encoding/json sees in the frame, and go back
// onto the wire.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`["1","2","room:1","phx_join",{"a":[1,{"b":null}]}]`,
		`[null,null,"t","e",{}]`,
		`{"topic":"t","event":"e","payload":{"a":"\u00e7\""},"ref":"1"}`,
		"\x00\x01\x01\x01\x01" + "jrte" + "data",
		`["\ud800","\"","\\","` + "\u2028" + `",[]]`,
		`[["1","2","t","e",{}]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if m, err := phx.V2.Decode(true, frame); err == nil && !m.Binary {
			t.Fatal("binary frame decoded as text")
		}
		for _, v := range []phx.Version{phx.V1, phx.V2} {
			m, err := v.Decode(false, frame)
			if err != nil {
				continue
			}
			if !json.Valid(m.Payload) || !utf8.Valid(m.Payload) {
				t.Fatalf("payload %q of %q", m.Payload, frame)
			}
			compare(t, v, frame, m)
			again, err := v.Append(nil, m)
			if err != nil {
				t.Fatal(err)
			}
			back, err := v.Decode(false, again)
			if v == phx.V1 {
				back.JoinRef = m.JoinRef
			}
			if err != nil || back.JoinRef != m.JoinRef || back.Ref != m.Ref || back.Topic != m.Topic || back.Event != m.Event ||
				string(back.Payload) != string(m.Payload) {
				t.Fatalf("%+v from %q goes back as %q: %+v, %v", m, frame, again, back, err)
			}
		}
	})
}

// compare holds the message against encoding/json's reading of the frame.
func compare(t *testing.T, v phx.Version, frame []byte, m phx.Message) {
	var fields []json.RawMessage
	if v == phx.V2 {
		if err := json.Unmarshal(frame, &fields); err != nil || len(fields) != 5 {
			t.Fatalf("%q decodes, but not as JSON: %v", frame, err)
		}
	} else {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(frame, &object); err != nil {
			t.Fatalf("%q decodes, but not as JSON: %v", frame, err)
		}
		for _, key := range []string{"join_ref", "ref", "topic", "event", "payload"} {
			fields = append(fields, object[key])
		}
	}
	for i, got := range []string{m.JoinRef, m.Ref, m.Topic, m.Event} {
		var want string
		if fields[i] != nil && json.Unmarshal(fields[i], &want) != nil {
			t.Fatalf("field %d of %q is no string", i, frame)
		}
		if got != want {
			t.Fatalf("field %d of %q: %q, want %q", i, frame, got, want)
		}
	}
	if string(fields[4]) != string(m.Payload) {
		t.Fatalf("payload of %q: %q, want %q", frame, m.Payload, fields[4])
	}
}
