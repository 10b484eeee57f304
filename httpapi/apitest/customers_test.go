package apitest

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// What a customer sees of the queue, from the link to the end.
func TestCustomerStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.anonymous().get("/api/v1/call/suporte/validate")
	assertBody(t, `{"data":{"valid":true,"department_name":"Suporte Técnico","company_name":"Avanter",`+
		`"company_logo_url":"https://avanter.com.br/logo.svg","primary_color":"#3b82f6",`+
		`"queue_size":0,"estimated_wait_time":0,"online_agents":0}}`, r)

	visits := []visit{w.enqueue(avanter), w.enqueue(avanter), w.enqueue(avanter)}
	elsewhere := w.enqueue(padaria)
	position := func(v visit) any { return w.customer(v).get("/api/v1/call/status/" + v.id).value("data.position") }
	for i, v := range visits {
		assert.InDelta(t, i+1, position(v), 0)
	}
	assert.InDelta(t, 1, position(elsewhere), 0, "another company's queue")
	assert.InDelta(t, 3, w.anonymous().get("/api/v1/call/suporte/validate").value("data.queue_size"), 0)

	require.Equal(t, 200, w.customer(visits[0]).post("/api/v1/call/cancel/"+visits[0].id, nil).status)
	assert.InDelta(t, 1, position(visits[1]), 0)
	assert.InDelta(t, 2, position(visits[2]), 0)
	require.Equal(t, 200, w.as(joao).post(path(visits[1], "/assign"), nil).status)
	assert.InDelta(t, 1, position(visits[2]), 0)

	gone := w.customer(visits[0]).get("/api/v1/call/status/" + visits[0].id)
	assertBody(t, fmt.Sprintf(`{"data":{"call_id":"%s","status":"cancelled","position":null,"estimated_wait_time":null}}`,
		"<id 1>"), gone)
}

// In every state the customer is told the state, and a place in the queue only while there is one.
func TestStatusInEveryState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range call.Statuses() {
		v := w.callIn(avanter, s)
		r := w.customer(v).get("/api/v1/call/status/" + v.id)
		assert.Equal(t, string(s), r.text("data.status"))
		assert.Equal(t, s == call.Queued, r.value("data.position") != nil, s)
		assert.Equal(t, s == call.Queued, r.value("data.estimated_wait_time") != nil, s)
	}
}

// The fields of a joining customer, trimmed, and null where nothing was given.
func TestJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.anonymous().post("/api/v1/call/suporte/join", map[string]any{
		"name": "  José Ñandú ", "email": " jose@example.com ", "phone": " +55 11 ", "reason": "Linha 1\nLinha 2", "tenant": "padaria",
	})
	require.Equal(t, http.StatusOK, r.status, r)
	details := w.as(joao).get("/api/v1/calls/" + r.text("data.call_id"))
	assert.Equal(t, "José Ñandú", details.text("data.customer_name"))
	assert.Equal(t, "jose@example.com", details.text("data.customer_email"))
	assert.Equal(t, "+55 11", details.text("data.customer_phone"))

	r = w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria","email":null,"phone":"","reason":null}`))
	require.Equal(t, http.StatusOK, r.status, r)
	details = w.as(joao).get("/api/v1/calls/" + r.text("data.call_id"))
	assert.Nil(t, details.value("data.customer_email"))
	assert.Nil(t, details.value("data.customer_phone"))

	w.unchanged(func() {
		r = w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":" ","email":"x","phone":7}`))
		assert.Equal(t, http.StatusUnprocessableEntity, r.status)
		assert.NotNil(t, r.value("errors.phone"), r)

		r = w.anonymous().post("/api/v1/call/suporte/join", raw(`{"email":"x"}`))
		assert.Equal(t, []any{"can't be blank"}, r.value("errors.name"), r)
		assert.NotNil(t, r.value("errors.email"), "each wrong field is named")

		for _, path := range []string{"/api/v1/call/unknown/validate", "/api/v1/call/velho/validate"} {
			assertBody(t, `{"errors":{"detail":"Invalid or expired access link"}}`, w.anonymous().get(path))
		}
		assertBody(t, `{"errors":{"detail":"Invalid or expired access link"}}`,
			w.anonymous().post("/api/v1/call/unknown/join", raw(`{"name":"Maria"}`)))
	})
}

// The customer's token is good until 24 hours after the end of the call.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Completed)
	c, err := w.voki.Calls.Get(t.Context(), joao, v.id)
	require.NoError(t, err)
	for _, row := range []struct {
		ended time.Duration
		want  int
	}{{23*time.Hour + 59*time.Minute, 200}, {24*time.Hour + time.Second, 401}} {
		c.EndedAt = call.Now().Add(-row.ended)
		c.StartedAt, c.InsertedAt, c.AssignedAt = c.EndedAt, c.EndedAt, c.EndedAt
		w.put(c)
		assert.Equal(t, row.want, w.customer(v).get("/api/v1/call/status/"+v.id).status)
	}
}

// Over the limit of an address there is 429 with Retry-After, on the customers' routes only.
func TestPublicRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *setup) {
		s.options.PublicRate = 0 // the default
		s.options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(addr string) client { return w.anonymous().with("X-Forwarded-For", addr) }
	for range 30 {
		require.Equal(t, 200, from("192.0.2.1").get("/api/v1/call/suporte/validate").status)
	}
	w.unchanged(func() {
		for _, r := range []reply{
			from("192.0.2.1").get("/api/v1/call/suporte/validate"),
			from("192.0.2.1").get("/api/v1/call/unknown/validate"),
			from("192.0.2.1").post("/api/v1/call/suporte/join", raw(`{"name":"Maria"}`)),
			from("192.0.2.1").get("/api/v1/call/status/" + nobody),
			from("192.0.2.1").post("/api/v1/call/cancel/"+nobody, nil),
			from("192.0.2.1").post("/api/v1/call/evaluate/"+nobody, raw(`{"rating":5}`)),
			from("192.0.2.1").get("/api/v1/call/turn-credentials"),
			from("198.51.100.7, 192.0.2.1").get("/api/v1/call/suporte/validate"), // what the client itself wrote is not believed
		} {
			require.Equal(t, http.StatusTooManyRequests, r.status, r)
			wait, err := strconv.Atoi(r.header.Get("Retry-After"))
			require.NoError(t, err)
			assert.True(t, wait >= 1 && wait <= 60, "Retry-After: %d", wait)
		}
	})
	assert.Equal(t, 200, from("192.0.2.2").get("/api/v1/call/suporte/validate").status, "another address")
	for range 35 {
		require.Equal(t, 200, w.as(joao).with("X-Forwarded-For", "192.0.2.1").get("/api/v1/calls").status)
	}
}

// Without trusted proxies, nobody can name an address that is not the own.
func TestForgedAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *setup) { s.options.PublicRate = 2 })
	for i, want := range []int{200, 200, 429, 429} {
		c := w.anonymous().with("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i)).with("X-Real-Ip", fmt.Sprintf("192.0.2.%d", i))
		assert.Equal(t, want, c.get("/api/v1/call/suporte/validate").status)
	}
}

// The socket's address follows the public one.
func TestWebsocketURL(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]string{
		"https://voki.example":       "wss://voki.example/socket/websocket",
		"http://voki.example:8080":   "ws://voki.example:8080/socket/websocket",
		"https://voki.example/calls": "wss://voki.example/calls/socket/websocket",
	} {
		w := newWorld(t, func(s *setup) { s.options.PublicURL = public })
		r := w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria"}`))
		assert.Equal(t, want, r.text("data.websocket_url"))
	}
}
