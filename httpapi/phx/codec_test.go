package phx_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/httpapi/phx"
)

func TestDecode(t *testing.T) {
	join := phx.Message{JoinRef: "1", Ref: "2", Topic: "t", Event: "e", Payload: json.RawMessage(`{"a":[1,"]"]}`)}
	noRefs := phx.Message{Topic: "t", Event: "e", Payload: json.RawMessage(`{}`)}
	for _, test := range []struct {
		v     phx.Version
		frame string
		want  phx.Message
	}{
		{phx.V2, `["1","2","t","e",{"a":[1,"]"]}]`, join},
		{phx.V2, " [ \"1\"\t,\n\"2\" , \"\\u0074\",\"e\" , {\"a\":[1,\"]\"]}\r] ", join},
		{phx.V2, `[null,"","t","e",{}]`, noRefs},
		{phx.V1, `{"join_ref":"1","ref":"2","topic":"t","event":"e","payload":{"a":[1,"]"]}}`, join},
		{phx.V1, `{"more":[{"payload":1}],"payload" : {"a":[1,"]"]},"topic":"t", "event":"e","ref":"2","join_ref":"1"}`, join},
		{phx.V1, `{"payload":{},"topic":"t","event":"e","ref":null}`, noRefs},
		{phx.V2, `["1","2","t","e",null]`, phx.Message{JoinRef: "1", Ref: "2", Topic: "t", Event: "e", Payload: json.RawMessage(`null`)}},
		{phx.V2, `["1","2","t","e","\\\""]`, phx.Message{JoinRef: "1", Ref: "2", Topic: "t", Event: "e", Payload: json.RawMessage(`"\\\""`)}},
	} {
		got, err := test.v.Decode(false, []byte(test.frame))
		require.NoError(t, err, test.frame)
		require.Equal(t, test.want, got, test.frame)
	}
}

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, test := range []struct {
		v      phx.Version
		frames []string
	}{
		{phx.V2, []string{
			``, ` `, `x`, `null`, `1`, `"a"`, `{}`, `[]`, `[[]]`, `["1"]`, `["1","2","t","e"]`, `["1","2","t","e",]`,
			`["1","2","t","e",{}`, `["1","2","t","e",{},1]`, `["1","2","t","e",{}]]`, `["1","2","t","e",{}] x`,
			`[1,"2","t","e",{}]`, `["1",2,"t","e",{}]`, `["1","2",null,"e",{}]`, `["1","2","t",null,{}]`, `["1","2",{},"e",{}]`,
			`["1","2","t","e",{"a":1,}]`, `["1","2","t","e",{a:1}]`, `["1","2","t","e",[1,]]`, `["1","2","t","e",[1 2]]`, `["1","2","t","e",{"a" 1}]`,
			`["1","2","t","e",01]`, `["1","2","t","e",1.]`, `["1","2","t","e",1e]`, `["1","2","t","e",-]`, `["1","2","t","e",tru]`, `["1","2","t","e","\u12g4"]`,
			"[\"1\",\"2\",\"t\",\"e\",\"\\u\x101234\"]", `["1","2","t","e","\x"]`, `["1","2","t","e","	"]`, `[true,"2","t","e",{}]`, `["1","2","t","e",{"a":}]`, `["1","2","t","e",{'a':1}]`, `["1","2","t","e",NaN]`,
			`["1","2","` + long + `","e",{}]`, `["1","2","t","` + strings.Repeat(`\u00e7`, 128) + `",{}]`,
			`["1","2","t","e",` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `]`,
			strings.Repeat("[", 1<<20),
			strings.Repeat(`{"a":`, 1<<18),
			"\xef\xbb\xbf" + `["1","2","t","e",{}]`,
		}},
		{phx.V1, []string{
			`[]`, `{}`, `{"topic":"t","event":"e"}`, `{"topic":"t","payload":{}}`, `{"event":"e","payload":{}}`,
			`{"topic":"t","event":"e","payload":{},"ref":1}`, `{"topic":null,"event":"e","payload":{}}`,
			`{"topic":"t","event":"e","payload":{}`, `{"topic":"t","event":"e","payload":{},}`, `{"topic":"t","event":"e","payload":{}} x`,
			`{,"topic":"t","event":"e","payload":{}}`, `{"topic":"t","event":"e" "payload":{}}`, `{1:2,"topic":"t","event":"e","payload":{}}`,
		}},
	} {
		for _, frame := range test.frames {
			_, err := test.v.Decode(false, []byte(frame))
			require.ErrorIs(t, err, phx.ErrBadFrame, frame)
		}
	}
	for _, v := range []phx.Version{phx.V1, phx.V2} {
		_, err := v.Decode(false, []byte(`["1","2","t","e",{"a":"`+"\xc3\x28"+`"}]`))
		require.ErrorIs(t, err, phx.ErrNotUTF8)
	}
	for _, frame := range []string{
		"", "\x00", "\x00\x00\x00\x00", "\x01\x00\x00\x00\x00", "\x02\x00\x00\x00\x00", "\x00\x01\x00\x00\x00",
		"\x00\x00\x00\x02\x00t", "\x00\x00\x00\x01\x00\xff", "\x00\xff\xff\xff\xff" + strings.Repeat("a", 4*255-1),
	} {
		_, err := phx.V2.Decode(true, []byte(frame))
		require.ErrorIs(t, err, phx.ErrBadFrame, "%q", frame)
	}
	_, err := phx.V1.Decode(true, []byte("\x00\x00\x00\x01\x01te"))
	require.ErrorIs(t, err, phx.ErrBadFrame)
}

// deepest is as deep as a payload may be: the message around it is one level.
func TestDecodeAllowsSomeDepth(t *testing.T) {
	deepest := strings.Repeat(`{"a":`, 63) + "1" + strings.Repeat("}", 63)
	m, err := phx.V2.Decode(false, []byte(`["1","2","t","e",`+deepest+`]`))
	require.NoError(t, err)
	require.Equal(t, deepest, string(m.Payload))

	brackets := `{"a":"` + strings.Repeat("[", 1000) + `"}` // in a string they are text
	_, err = phx.V2.Decode(false, []byte(`["1","2","t","e",`+brackets+`]`))
	require.NoError(t, err)
}

func TestAppendRefusesWhatTheWireCannotCarry(t *testing.T) {
	long := strings.Repeat("x", 256)
	_, err := phx.V2.Append(nil, phx.Message{Topic: long, Binary: true})
	require.ErrorIs(t, err, phx.ErrBadFrame)
	_, err = phx.V1.Append(nil, phx.Message{Topic: "t", Binary: true})
	require.ErrorIs(t, err, phx.ErrBadFrame)
	_, err = phx.V1.AppendReply(nil, "1", "1", "t", "ok", nil, true)
	require.ErrorIs(t, err, phx.ErrBadFrame)
}

// field is any text that a name may be.
func field() *rapid.Generator[string] {
	return rapid.String().Filter(func(s string) bool { return len(s) <= 255 })
}

func payload() *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		data, _ := json.Marshal(map[string]any{
			rapid.String().Draw(t, "key"): rapid.SliceOf(rapid.String()).Draw(t, "strings"),
			"b":                           map[string]any{"n": rapid.Int32().Draw(t, "n"), "ok": rapid.Bool().Draw(t, "bool"), "nil": nil},
		})
		return data
	})
}

// What is appended as text reads back the same, and is what encoding/json reads.
func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := phx.Message{
			JoinRef: field().Draw(t, "join_ref"), Ref: field().Draw(t, "ref"),
			Topic: field().Draw(t, "topic"), Event: field().Draw(t, "event"), Payload: payload().Draw(t, "payload"),
		}
		frame, err := phx.V2.Append([]byte("before"), m)
		require.NoError(t, err)
		frame = frame[len("before"):]
		got, err := phx.V2.Decode(false, frame)
		require.NoError(t, err)
		require.Equal(t, m, got)

		var array []any
		require.NoError(t, json.Unmarshal(frame, &array))
		require.Len(t, array, 5)
		require.Equal(t, []any{m.Topic, m.Event}, array[2:4])

		old, err := phx.V1.Append(nil, m)
		require.NoError(t, err)
		got, err = phx.V1.Decode(false, old)
		require.NoError(t, err)
		m.JoinRef = "" // serializer 1.0.0 has none
		require.Equal(t, m, got)
	})
}

// Binary frames read back as the client's serializer does it: lengths, names, payload.
func TestBinaryRoundTrip(t *testing.T) {
	split := func(frame []byte, fields int) (byte, []string) {
		rest := frame[1+fields:]
		var out []string
		for _, n := range frame[1 : 1+fields] {
			out, rest = append(out, string(rest[:n])), rest[n:]
		}
		return frame[0], append(out, string(rest))
	}
	rapid.Check(t, func(t *rapid.T) {
		joinRef, ref := "j"+rapid.StringN(0, 20, 80).Draw(t, "join_ref"), field().Draw(t, "ref")
		topic, event := field().Draw(t, "topic"), field().Draw(t, "event")
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")

		push, err := phx.V2.Append(nil, phx.Message{JoinRef: joinRef, Topic: topic, Event: event, Payload: data, Binary: true})
		require.NoError(t, err)
		kind, fields := split(push, 3)
		require.Equal(t, byte(0), kind)
		require.Equal(t, []string{joinRef, topic, event, string(data)}, fields)

		broadcast, err := phx.V2.Append(nil, phx.Message{Topic: topic, Event: event, Payload: data, Binary: true})
		require.NoError(t, err)
		kind, fields = split(broadcast, 2)
		require.Equal(t, byte(2), kind)
		require.Equal(t, []string{topic, event, string(data)}, fields)

		reply, err := phx.V2.AppendReply(nil, joinRef, ref, topic, "ok", data, true)
		require.NoError(t, err)
		kind, fields = split(reply, 4)
		require.Equal(t, byte(1), kind)
		require.Equal(t, []string{joinRef, ref, topic, "ok", string(data)}, fields)

		sent := append([]byte{0, byte(len(joinRef)), byte(len(ref)), byte(len(topic)), byte(len(event))}, joinRef+ref+topic+event...)
		got, err := phx.V2.Decode(true, append(sent, data...))
		require.NoError(t, err)
		require.Equal(t, []string{joinRef, ref, topic, event, string(data)}, []string{got.JoinRef, got.Ref, got.Topic, got.Event, string(got.Payload)})
		require.True(t, got.Binary)
	})
}
