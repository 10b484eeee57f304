package phx_test

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
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
				if v == phx.V2 && isMessage(frame) {
					t.Fatalf("%q is refused: %v", frame, err)
				}
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

// isMessage is encoding/json's opinion whether a frame is a message of serializer 2.0.0. It has none of deep ones.
func isMessage(frame []byte) bool {
	var fields []json.RawMessage
	if !utf8.Valid(frame) || bytes.Count(frame, []byte("["))+bytes.Count(frame, []byte("{")) > 64 ||
		json.Unmarshal(frame, &fields) != nil || len(fields) != 5 {
		return false
	}
	for i, field := range fields[:4] {
		var s *string
		if json.Unmarshal(field, &s) != nil || s == nil && i > 1 || s != nil && len(*s) > 255 {
			return false
		}
	}
	return true
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

// FuzzSocket gives a socket any frames, a line each. It may answer, close or ignore, but goes on until it is drained,
// and every join gets its end.
func FuzzSocket(f *testing.F) {
	f.Add([]byte(`["1","1","room:1","phx_join",{}]`+"\n"+`["1","2","room:1","echo",{}]`+"\n"+`["1","3","room:1","phx_leave",{}]`), true)
	f.Add([]byte(`["1","1","room:1","phx_join",{}]`+"\n"+`["2","2","room:1","phx_join",{"do":"panic"}]`+"\n"+`["2","3","room:1","close",{}]`), true)
	f.Add([]byte(`{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}`+"\n"+`{"topic":"room:1","event":"panic","payload":{},"ref":"2"}`), false)
	f.Add([]byte(`[null,null,"phoenix","heartbeat",{}]`+"\n"+`[null,null,"","",{}]`), true)
	f.Fuzz(func(t *testing.T, input []byte, v2 bool) {
		if bytes.Contains(bytes.ToLower(input), []byte("bloc")) {
			t.Skip() // handlers that block take real time here
		}
		h := &witness{life: map[uint64]string{}, inside: map[uint64]bool{}}
		hub := phx.New(phx.Options{Router: func(*phx.Socket, string) phx.Handler { return h }, CloseTimeout: time.Millisecond})
		v := phx.V1
		if v2 {
			v = phx.V2
		}
		frames := newSink(new(atomic.Int64), strings.Split(string(input), "\n")...)
		if _, err := hub.Accept(frames, v, nil); err != nil {
			t.Fatal(err)
		}
		for len(frames.frames) > 0 {
			runtime.Gosched()
		}
		if err := hub.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		for id, state := range h.life {
			if state != "left" && state != "refused" {
				t.Fatalf("channel %d is %s", id, state)
			}
		}
		if len(h.wrong) > 0 {
			t.Fatal(h.wrong)
		}
	})
}
