package httpapi

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// What is copied is what would have been decoded and encoded.
func FuzzPlain(f *testing.F) {
	for _, payload := range []string{
		`{"type":"offer","sdp":"v=0\r\n","extra":[{}]}`, `{"sdp":"x","type":"answer","type":"pranswer"}`,
		`{"type":"rollback"}`, `{"type":"offer"}`, `{"type":"off\u0065r","sdp":""}`, `{"t\u0079pe":"offer","sdp":"\ud800"}`,
		`{"type":"offer","sdp":null}`, `{"type":"offer","sdp":7}`, `{"type":"offer","sdp":"` + strings.Repeat("x", maxSDP) + `"}`,
		`{"type":"offer","sdp":"` + strings.Repeat("x", maxSDP+1) + `"}`,
		`{"candidate":"c","sdpMid":"0","sdpMLineIndex":0}`, `{"candidate":""}`, `{"candidate":"c","sdpMid":null,"sdpMLineIndex":null}`,
		`{"candidate":"c","sdpMLineIndex":65535}`, `{"candidate":"c","sdpMLineIndex":-1}`, `{"candidate":"c","sdpMLineIndex":1.0}`,
		`{"candidate":"c","sdpMLineIndex":9999}`, `{"candidate":null}`, `{"candidate":"c","sdpMid":{}}`, `{}`,
	} {
		f.Add(true, payload)
		f.Add(false, payload)
	}
	f.Fuzz(func(t *testing.T, signal bool, payload string) {
		message, err := phx.V2.Decode(false, []byte(`["1","2","t","e",`+payload+`]`))
		if err != nil || message.Payload[0] != '{' {
			return
		}
		event := "ice_candidate"
		if signal {
			event = "signal"
		}
		m := &member{side: call.SideAgent}
		plain := m.plain(event, message.Payload)
		fields, err := payloadFields(message.Payload)
		require.NoError(t, err)
		relayed := m.relayed(event, fields)
		if plain == nil {
			return // which is always allowed, and for what is wrong demanded:
		}
		require.NoError(t, fields.wrong.Err())
		want, err := json.Marshal(relayed)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(plain))
	})
}

// What clients send is copied, not decoded.
func TestPlainIsUsual(t *testing.T) {
	t.Parallel()
	m := &member{side: call.SideCustomer}
	require.Equal(t, `{"from":"customer","type":"offer","sdp":"v=0"}`,
		string(m.plain("signal", json.RawMessage(`{"sdp":"v=0","type":"offer","from":"agent"}`))))
	require.Equal(t, `{"from":"customer","candidate":"c","sdpMid":"0","sdpMLineIndex":0}`, string(m.plain("ice_candidate",
		json.RawMessage(`{"candidate":"c","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u"}`))))
	require.Nil(t, m.plain("chat", json.RawMessage(`{"text":"x"}`)))
}

// writes is a connection that remembers what was written to it, piece by piece.
type writes struct {
	net.Conn
	pieces []string
	err    error
}

func (w *writes) Write(p []byte) (int, error) {
	w.pieces = append(w.pieces, string(p))
	return len(p), w.err
}

func TestHeldConn(t *testing.T) {
	t.Parallel()
	under := &writes{}
	c := &heldConn{Conn: under}
	for _, text := range []string{"a", "b"} {
		n, err := c.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
	c.Hold()
	for range 3 {
		_, err := c.Write([]byte("c"))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"a", "b"}, under.pieces)
	require.NoError(t, c.Release())
	require.Equal(t, []string{"a", "b", "ccc"}, under.pieces)

	long := strings.Repeat("l", holdMost)
	c.Hold()
	for _, text := range []string{"d", long, long, "e"} {
		_, err := c.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, c.Release())
	require.Equal(t, "d"+long+long+"e", strings.Join(under.pieces[3:], ""))

	under.err = errors.New("gone")
	c.Hold()
	_, err := c.Write([]byte("f"))
	require.NoError(t, err)
	require.ErrorIs(t, c.Release(), under.err)
	under.err = nil
	c.Hold()
	require.NoError(t, c.Release())
}
