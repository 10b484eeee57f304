package httpapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/presence"
)

const link = "/api/v1/call"

func (w *world) join(body string) reply {
	w.t.Helper()
	return w.do("POST", link+"/suporte/join", body)
}

func TestCustomerOfALink(t *testing.T) {
	w := newWorld(t)
	got := w.do("GET", link+"/suporte/validate", "")
	assert.Equal(t, `{"data":{"valid":true,"department_name":"SUPPORT","company_name":"Avanter S.A.","company_logo_url":"https://x/l.svg",`+
		`"primary_color":null,"queue_size":0,"estimated_wait_time":0,"online_agents":0}}`+"\n", got.body)

	data := w.join(`{"name":" Maria ","email":"m@x.org","phone":null,"reason":"help"}`).data(t, 200)
	id, token := data["call_id"].(string), data["websocket_token"].(string)
	assert.Len(t, data, 6)
	assert.Equal(t, []any{"queued", 1.0, 60.0, "ws://example.com/socket/websocket"},
		[]any{data["status"], data["position"], data["estimated_wait_time"], data["websocket_url"]})
	assert.Regexp(t, `^[A-Za-z0-9._-]+$`, token)
	bearer := header{"Authorization", "Bearer " + token}

	w.in(call.Queued)
	got = w.do("GET", link+"/status/"+id, "", bearer)
	assert.Equal(t, `{"data":{"call_id":"`+id+`","status":"queued","position":1,"estimated_wait_time":60}}`+"\n", got.body)
	assert.Equal(t, 2.0, w.do("GET", link+"/suporte/validate", "").data(t, 200)["queue_size"])
	assert.Equal(t, 409, w.do("POST", link+"/evaluate/"+id, `{"rating":5}`, bearer).StatusCode)

	got = w.do("POST", link+"/cancel/"+id, "", bearer)
	assert.Equal(t, `{"data":{"call_id":"`+id+`","status":"cancelled"}}`+"\n", got.body)
	again := w.do("POST", link+"/cancel/"+id, "{}", bearer)
	assert.Equal(t, []any{409, "Cannot leave a call that is cancelled"}, []any{again.StatusCode, again.detail(t)})
	got = w.do("GET", link+"/status/"+id, "", bearer)
	assert.Equal(t, `{"data":{"call_id":"`+id+`","status":"cancelled","position":null,"estimated_wait_time":null}}`+"\n", got.body)
}

// TestOnlineAgents: those of the department who are not away are counted, and the wait is shared among them.
func TestOnlineAgents(t *testing.T) {
	w := newWorld(t)
	ask := func() []any {
		data := w.do("GET", link+"/suporte/validate", "").data(t, 200)
		return []any{data["online_agents"], data["estimated_wait_time"]}
	}
	for range 2 {
		w.join(`{"name":"Maria"}`).data(t, 200)
	}
	assert.Equal(t, []any{0.0, 120.0}, ask())
	for i, user := range []string{"ana", "bia", "bia"} {
		_, err := w.v.Presence.Track(t.Context(), "avanter", []string{"support"}, call.Ref{ID: user})
		require.NoError(t, err)
		assert.Equal(t, []any{float64(min(i+1, 2)), 120 / float64(min(i+1, 2))}, ask())
	}
	away, err := w.v.Presence.Track(t.Context(), "avanter", []string{"support"}, call.Ref{ID: "eva"})
	require.NoError(t, err)
	require.NoError(t, away.SetStatus(presence.Away))
	_, err = w.v.Presence.Track(t.Context(), "padaria", []string{"support"}, call.Ref{ID: "ana"})
	require.NoError(t, err)
	assert.Equal(t, []any{2.0, 60.0}, ask())
	data := w.join(`{"name":"João"}`).data(t, 200)
	assert.Equal(t, []any{3.0, 90.0}, []any{data["position"], data["estimated_wait_time"]})
}

func TestEvaluate(t *testing.T) {
	w := newWorld(t)
	data := w.join(`{"name":"Maria"}`).data(t, 200)
	id, bearer := data["call_id"].(string), header{"Authorization", "Bearer " + data["websocket_token"].(string)}
	for _, step := range []string{"assign", "start", "complete"} {
		w.do("POST", calls+"/"+id+"/"+step, "", w.as(ana)...).data(t, 200)
	}
	evaluate := func(body string) reply { return w.do("POST", link+"/evaluate/"+id, body, bearer) }
	for body, says := range map[string]string{
		`{}`: "can't be blank", `{"rating":null}`: "can't be blank", `{"rating":0}`: "between 1 and 5", `{"rating":6}`: "between 1 and 5",
		`{"rating":"5"}`: "is invalid", `{"rating":4.5}`: "is invalid", `{"rating":1e400}`: "is invalid", `{"rating":1e300}`: "is invalid",
		`{"rating":true}`: "is invalid", `{"rating":5,"comment":[]}`: `"comment":["is invalid"]`,
	} {
		got := evaluate(body)
		assert.Equal(t, 422, got.StatusCode, body)
		assert.Contains(t, got.body, says, body)
	}
	assert.Equal(t, 400, evaluate("").StatusCode)
	got := evaluate(`{"rating":5.0}`)
	assert.Equal(t, `{"data":{"call_id":"`+id+`","rating":5,"comment":null}}`+"\n", got.body)
	again := evaluate(`{"rating":1,"comment":"x"}`)
	assert.Equal(t, []any{409, "The call has already been evaluated"}, []any{again.StatusCode, again.detail(t)})
	assert.Equal(t, 5.0, w.do("GET", calls+"/"+id, "", w.as(ana)...).data(t, 200)["rating"])
}

func TestJoinRefused(t *testing.T) {
	w := newWorld(t, func(h *company, _ *voki.Options, _ *httpapi.Options) { h.maxQueue = 1 })
	for body, field := range map[string]string{
		`{}`: "name", `{"name":"  "}`: "name", `{"name":7}`: "name", `{"name":"a\u0000"}`: "name", `{"name":"a\nb"}`: "name",
		`{"name":"` + strings.Repeat("a", 201) + `"}`: "name", `{"name":"a","email":"x"}`: "email", `{"name":"a","phone":[]}`: "phone",
		`{"name":"a","reason":"\u0000"}`: "reason",
	} {
		got := w.join(body)
		assert.Equal(t, 422, got.StatusCode, body)
		assert.Contains(t, got.body, `"`+field+`":[`, body)
	}
	for _, body := range []string{"", "[]", `{"name":`} {
		assert.Equal(t, 400, w.join(body).StatusCode, body)
	}
	w.join(`{"name":"a"}`).data(t, 200)
	full := w.join(`{"name":"a"}`)
	assert.Equal(t, []any{409, "The queue is full"}, []any{full.StatusCode, full.detail(t)})
	assert.Equal(t, 422, w.join(`{}`).StatusCode, "fields come first")
}

func TestLinksThatOpenNothing(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{
		"unknown", "closed-department", "closed-company", "status", "cancel", "evaluate", "turn-credentials", "%00", "a%20b", strings.Repeat("a", 4000),
	} {
		for _, r := range [][2]string{{"GET", "validate"}, {"POST", "join"}} {
			got := w.do(r[0], link+"/"+token+"/"+r[1], "{")
			if got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusMethodNotAllowed { // status/{call_id} and the like
				continue
			}
			assert.Equal(t, []any{404, "Invalid or expired access link"}, []any{got.StatusCode, got.detail(t)}, token)
		}
	}
	assert.Contains(t, w.log.String(), "department=gone") // what the host has to mend is logged
	bare := newWorld(t, withOptions(func(o *httpapi.Options) { o.Links = nil }))
	assert.Equal(t, 404, bare.do("GET", link+"/suporte/validate", "").StatusCode)
}

func TestReservedWordsAreNoLinks(t *testing.T) {
	w := newWorld(t)
	assert.Equal(t, 401, w.do("GET", link+"/status/validate", "").StatusCode, "the status of a call named validate")
	assert.Equal(t, 405, w.do("GET", link+"/cancel/validate", "").StatusCode)
	assert.Equal(t, 404, w.do("GET", link+"/turn-credentials/validate", "").StatusCode)
	assert.Equal(t, 401, w.do("GET", link+"/turn-credentials", "").StatusCode)
	assert.Equal(t, 401, w.do("POST", link+"/evaluate/join", "").StatusCode)
}

func TestWebsocketToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		data := w.join(`{"name":"Maria"}`).data(t, 200)
		other := w.join(`{"name":"João"}`).data(t, 200)
		id, token := data["call_id"].(string), data["websocket_token"].(string)
		ask := func(id, token string) int {
			return w.do("GET", link+"/status/"+id, "", header{"Authorization", "Bearer " + token}).StatusCode
		}
		assert.Equal(t, 401, w.do("GET", link+"/status/"+id, "").StatusCode)
		assert.Equal(t, 403, ask(other["call_id"].(string), token))
		assert.Equal(t, 403, ask("no", token))
		parts := strings.Split(token, ".")
		for _, forged := range []string{
			"", "x", "..", token + "x", token[:len(token)-1], "c2." + parts[1] + "." + parts[2], parts[0] + ".AAAA." + parts[2],
			parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[2], w.token(ana), other["websocket_token"].(string)[:100] + token[100:],
		} {
			assert.Equal(t, 401, ask(id, forged), forged)
		}
		assert.Equal(t, 401, w.do("GET", calls, "", header{"Authorization", "Bearer " + token}, header{"X-Tenant", "avanter"}).StatusCode)

		for _, step := range []string{"assign", "start"} {
			w.do("POST", calls+"/"+id+"/"+step, "", w.as(ana)...).data(t, 200)
		}
		time.Sleep(48 * time.Hour)
		assert.Equal(t, 200, ask(id, token), "as long as the call has not ended")
		w.do("POST", link+"/cancel/"+id, "", header{"Authorization", "Bearer " + token}).data(t, 200)
		ended, err := w.v.Calls.Get(t.Context(), ana, id)
		require.NoError(t, err)
		time.Sleep(time.Until(ended.EndedAt.Add(24*time.Hour)) - time.Millisecond)
		assert.Equal(t, 200, ask(id, token))
		time.Sleep(time.Millisecond)
		assert.Equal(t, 401, ask(id, token))
	})
}

func TestWebsocketURL(t *testing.T) {
	proxied := withOptions(func(o *httpapi.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // where httptest's requests come from
	})
	public := func(u string) setup { return withOptions(func(o *httpapi.Options) { o.PublicURL = u }) }
	tests := map[string]struct {
		setups []setup
		proto  string
		tls    bool
		want   string
	}{
		"as it came":          {nil, "", false, "ws://example.com/socket/websocket"},
		"TLS":                 {nil, "", true, "wss://example.com/socket/websocket"},
		"a client's claim":    {nil, "https", false, "ws://example.com/socket/websocket"},
		"a proxy's word":      {[]setup{proxied}, "https", false, "wss://example.com/socket/websocket"},
		"a proxy without TLS": {[]setup{proxied}, "http", false, "ws://example.com/socket/websocket"},
		"public":              {[]setup{public("https://calls.example.org")}, "", false, "wss://calls.example.org/socket/websocket"},
		"public, with a path": {[]setup{public("http://x.org:8080/voki/")}, "", true, "ws://x.org:8080/voki/socket/websocket"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.setups...)
			r := httptest.NewRequest(http.MethodPost, link+"/suporte/join", strings.NewReader(`{"name":"Maria"}`))
			if test.proto != "" {
				r.Header.Set("X-Forwarded-Proto", test.proto)
			}
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			assert.Equal(t, test.want, w.serve(r).data(t, 200)["websocket_url"])
		})
	}
}
