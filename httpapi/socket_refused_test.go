package httpapi_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi"
)

func TestWhoMayConnect(t *testing.T) {
	onLine(t, func(l *line) {
		id, token := l.enter()
		customer := l.phone(token).joined("call:" + id)
		resume := customer.response["resume_token"].(string)
		short, err := l.auth.Sign(ana, time.Millisecond)
		require.NoError(t, err)
		time.Sleep(time.Hour / 2)
		protocol := func(token string) header {
			return header{"Sec-WebSocket-Protocol", "phoenix, base64url.bearer.phx." + base64.RawStdEncoding.EncodeToString([]byte(token))}
		}
		tampered := token[:len(token)-2] + "AA"
		for _, c := range []struct {
			name, token string
			header      header
			ok          bool
		}{
			{"access token", l.token(ana), header{}, true},
			{"websocket_token", token, header{}, true},
			{"resume_token", resume, header{}, true},
			{"access token as a header", "", header{"Authorization", "Bearer " + l.token(ana)}, true},
			{"access token as a protocol", "", protocol(l.token(ana)), true},
			{"websocket_token as a protocol", "", protocol(token), true},
			{"none", "", header{}, false},
			{"nonsense", "nonsense", header{}, false},
			{"expired", short, header{}, false},
			{"tampered", tampered, header{}, false},
			{"websocket_token as a resume_token", "r1" + strings.TrimPrefix(token, "c1"), header{}, false},
			{"resume_token as a websocket_token", "c1" + strings.TrimPrefix(resume, "r1"), header{}, false},
			{"nonsense as a protocol", "", header{"Sec-WebSocket-Protocol", "phoenix, base64url.bearer.phx.%%"}, false},
			{"page of the same host", token, header{"Origin", "http://calls.test"}, true},
			{"page that is allowed", token, header{"Origin", "https://app.example.com"}, true},
			{"foreign page", token, header{"Origin", "https://evil.example.com"}, false},
			{"page without an address", token, header{"Origin", "null"}, false},
		} {
			var headers []header
			if c.header.name != "" {
				headers = append(headers, c.header)
			}
			p, resp := l.dial(c.token, headers...)
			assert.Equal(t, c.ok, p != nil, c.name)
			if p == nil {
				assert.Equal(t, http.StatusForbidden, resp.StatusCode, c.name)
				assert.Empty(t, readAll(t, resp.Body), c.name)
				continue
			}
			if strings.HasPrefix(c.header.value, "phoenix,") {
				assert.Equal(t, "phoenix", p.Subprotocol(), c.name)
			}
			p.cut()
		}
		for _, secret := range []string{token, resume, short, l.token(ana)} {
			assert.NotContains(t, l.log.String(), secret)
		}
	}, withOptions(func(o *httpapi.Options) { o.AllowedOrigins = []string{"https://app.example.com"} }))
}

func TestResumeWhenTheAccessTokenHasExpired(t *testing.T) {
	onLine(t, func(l *line) {
		id, agent, customer := l.talk()
		time.Sleep(2 * time.Hour)
		assert.Zero(t, agent.closed(), "a token that expires while connected stays")
		agent.cut()
		customer.take()
		resume := agent.response["resume_token"].(string)
		s := l.phone(resume).joined("call:" + id)
		assert.Equal(t, []string{"peer_reconnected", "call_updated"}, customer.heard())
		assert.NotNil(t, s.response["resume_token"])

		s.push("leave", map[string]any{})
		time.Sleep(24*time.Hour - time.Minute)
		late, ok := l.phone(resume).join("call:"+id, nil)
		assert.False(t, ok)
		assert.Equal(t, "call_ended", late.response["reason"])
		time.Sleep(time.Minute)
		p, _ := l.dial(resume)
		assert.Nil(t, p, "24 hours after the end")
	})
}

// TestBadInput: each gets an error reply or a close code of the table, and no other connection notices.
func TestBadInput(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for _, c := range []struct {
		name, frame string
		binary      bool
		code        int    // of the close; 0 if it is answered
		says        string // a part of the reply
	}{
		{name: "no JSON", frame: "hello", code: 4400},
		{name: "no array", frame: `{"topic":"x"}`, code: 4400},
		{name: "four elements", frame: `["1","1","x","y"]`, code: 4400},
		{name: "six elements", frame: `["1","1","x","y",{},{}]`, code: 4400},
		{name: "wrong types", frame: `[1,2,3,4,5]`, code: 4400},
		{name: "10,000 levels", frame: `["1","1","x","y",{"a":` + deep + `}]`, code: 4400},
		{name: "10 MiB", frame: `["1","1","x","y",{"a":"` + strings.Repeat("a", 10<<20) + `"}]`, code: 1009},
		{name: "binary", frame: "\x09\x01", binary: true, code: 4400},
		{name: "not UTF-8", frame: "[\"1\",\"1\",\"x\",\"y\",{\"a\":\"\xff\"}]", code: 1007},
		{name: "payload no object", frame: `["J","9","CALL","chat",[]]`, says: "payload must be an object"},
		{name: "event before the join", frame: `["7","7","queue:support","chat",{}]`, says: "unmatched topic"},
		{name: "unknown event", frame: `["J","9","CALL","dance",{}]`, says: "unknown_event"},
		{name: "reserved event", frame: `["J","9","CALL","phx_dance",{}]`, says: "reserved event"},
		{name: "chat without text", frame: `["J","9","CALL","chat",{}]`, says: `"text":["can't be blank"]`},
		{name: "chat of nothing to read", frame: `["J","9","CALL","chat",{"text":" \t\u00a0\n"}]`, says: `"text":["can't be blank"]`},
		{name: "chat of a number", frame: `["J","9","CALL","chat",{"text":1}]`, says: `"text":["is invalid"]`},
		{name: "long chat", frame: `["J","9","CALL","chat",{"text":"` + strings.Repeat("é", 4001) + `"}]`, says: `"text":["should be at most`},
		{name: "signal of no type", frame: `["J","9","CALL","signal",{"sdp":"v=0"}]`, says: `"type":["can't be blank"]`},
		{name: "signal of an unknown type", frame: `["J","9","CALL","signal",{"type":"x","sdp":"v=0"}]`, says: `"type":["is invalid"]`},
		{name: "signal without sdp", frame: `["J","9","CALL","signal",{"type":"offer"}]`, says: `"sdp":["can't be blank"]`},
		{name: "signal with too much", frame: `["J","9","CALL","signal",{"type":"offer","sdp":"` + strings.Repeat("s", 130<<10) + `"}]`, says: `"sdp":["is too long"]`},
		{name: "candidate of a wrong index", frame: `["J","9","CALL","ice_candidate",{"candidate":"","sdpMLineIndex":-1}]`, says: `"sdpMLineIndex":["is invalid"]`},
		{name: "candidate without one", frame: `["J","9","CALL","ice_candidate",{}]`, says: `"candidate":["can't be blank"]`},
		{name: "mute of a word", frame: `["J","9","CALL","mute",{"type":"audio","muted":"yes"}]`, says: `"muted":["is invalid"]`},
		{name: "mute of something else", frame: `["J","9","CALL","mute",{"type":"smell","muted":true}]`, says: `"type":["is invalid"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			onLine(t, func(l *line) {
				id, agent, customer := l.talk()
				kind := 1
				if c.binary {
					kind = 2
				}
				text := strings.NewReplacer(`"J"`, `"`+customer.joinRef+`"`, "CALL", "call:"+id).Replace(c.frame)
				_ = customer.WriteMessage(kind, []byte(text))
				if c.code != 0 {
					assert.Equal(t, c.code, customer.closed())
					assert.Equal(t, []string{"peer_disconnected", "call_updated"}, agent.heard())
					return
				}
				got := customer.take()
				require.Len(t, got, 1)
				assert.Equal(t, "error", got[0].payload["status"])
				assert.Contains(t, got[0].String(), c.says)
				assert.Empty(t, agent.take())
				status, _ := customer.push("chat", map[string]any{"text": "still here"})
				assert.Equal(t, "ok", status)
			})
		})
	}
}

func TestAFloodIsClosedAndNobodyElseNotices(t *testing.T) {
	onLine(t, func(l *line) {
		id, agent, customer := l.talk()
		flooder := l.phone(l.token(bia)).joined("call:" + id)
		for range 300 {
			flooder.send(flooder.joinRef, flooder.topic, "chat", map[string]any{"text": "x"})
		}
		assert.Equal(t, 4429, flooder.closed())
		assert.Empty(t, agent.take())
		assert.Empty(t, customer.take())
		status, _ := customer.push("chat", map[string]any{"text": "hello"})
		assert.Equal(t, "ok", status)
	})
}

func TestAFloodOfBytesIsClosed(t *testing.T) {
	onLine(t, func(l *line) {
		_, agent, customer := l.talk()
		sdp := map[string]any{"type": "offer", "sdp": strings.Repeat("s", 128<<10)}
		status, _ := customer.push("signal", sdp)
		assert.Equal(t, "ok", status)
		customer.send(customer.joinRef, customer.topic, "signal", sdp)
		customer.send(customer.joinRef, customer.topic, "signal", sdp)
		assert.Equal(t, 4429, customer.closed())
		assert.Equal(t, []string{"signal", "peer_disconnected", "call_updated"}, agent.heard()[:3])
	}, withOptions(func(o *httpapi.Options) { o.SocketByteRate = 100 }))
}

// TestTooManySockets: each holder of a token has so many at once, and costs nobody else a place.
func TestTooManySockets(t *testing.T) {
	onLine(t, func(l *line) {
		id, token := l.enter()
		most := func(token string) (phones []*phone) {
			for {
				p, refused := l.dial(token)
				if p == nil {
					assert.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
					assert.Empty(t, readAll(t, refused.Body))
					return phones
				}
				phones = append(phones, p)
			}
		}
		customer := most(token)
		assert.Len(t, customer, 16)
		resume := customer[0].joined("call:" + id).response["resume_token"].(string)
		assert.Empty(t, most(resume), "the same participant")
		assert.Len(t, most(l.token(ana)), 64)
		time.Sleep(time.Second)
		assert.Empty(t, most(l.token(ana)), "a token of another second, the same user")
		bia := l.phone(l.token(bia))

		customer[3].cut()
		customer[5].cut()
		bia.take()
		assert.Len(t, most(resume), 2)
		bia.take()
		assert.Equal(t, 16+64+1, l.api.Sockets())
		for range 20 { // what is refused otherwise leaves no trace
			got, refused := l.dial("nonsense")
			assert.Nil(t, got)
			assert.Equal(t, http.StatusForbidden, refused.StatusCode)
		}
	})
	onLine(t, func(l *line) {
		for range 100 {
			l.phone(l.token(ana))
		}
	}, withOptions(func(o *httpapi.Options) { o.SocketsPerUser = -1 }))
}

func TestNoWebSocket(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", httpapi.SocketPath + "?vsn=2.0.0&token=" + w.token(ana), http.StatusBadRequest},
		{"GET", httpapi.SocketPath + "?vsn=9.0.0&token=" + w.token(ana), http.StatusForbidden},
		{"GET", httpapi.SocketPath, http.StatusForbidden},
		{"POST", httpapi.SocketPath, http.StatusMethodNotAllowed},
	} {
		got := w.serveBy(w.api.Socket(), c.method, c.target)
		assert.Equal(t, c.status, got.StatusCode, c.target)
		assert.Empty(t, got.body)
		assert.Equal(t, "no-store", got.Header.Get("Cache-Control"), c.target)
	}
}
