package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage/memory"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	w := newWorld(t)
	_, err := httpapi.New(nil, httpapi.Options{Authenticator: w.auth})
	require.Error(t, err)
	_, err = httpapi.New(w.v, httpapi.Options{})
	require.ErrorContains(t, err, "Authenticator")
	for _, address := range []string{"calls.example.com", "ws://x", "https://", ":", "/x"} {
		_, err = httpapi.New(w.v, httpapi.Options{Authenticator: w.auth, PublicURL: address})
		require.ErrorContains(t, err, "PublicURL", address)
	}
}

// Each request is wrong in all ways that come after the one it is refused for.
func TestOrderOfChecks(t *testing.T) {
	w := newWorld(t)
	done, queued := w.in(call.Completed), w.in(call.Queued)
	broken := `{"notes":`
	notes := calls + "/" + queued.ID + "/manager-notes"
	bearer := func(a call.Actor) header { return header{"Authorization", "Bearer " + w.token(a)} }
	avanter := header{"X-Tenant", "avanter"}

	tests := map[string]struct {
		method, path, body string
		headers            []header
		status             int
	}{
		"no route":       {"POST", "/api/v1/callsx", broken, nil, 404},
		"method":         {"PATCH", notes, broken, nil, 405},
		"token":          {"POST", notes, broken, nil, 401},
		"tenant missing": {"POST", calls + "/no/manager-notes", broken, []header{bearer(ana)}, 400},
		"other tenant":   {"POST", calls + "/no/manager-notes", broken, []header{bearer(eve), avanter}, 403},
		"role":           {"POST", calls + "/no/manager-notes", broken, []header{bearer(ana), avanter}, 403},
		"call":           {"POST", calls + "/no/manager-notes", broken, []header{bearer(sue), avanter}, 404},
		"body":           {"POST", notes, broken, []header{bearer(sue), avanter}, 400},
		"field":          {"POST", notes, `{"notes":" "}`, []header{bearer(sue), avanter}, 422},
		"state":          {"POST", notes, `{"notes":"x"}`, []header{bearer(sue), avanter}, 409},
		"nothing": {
			"POST", calls + "/" + done.ID + "/manager-notes", `{"notes":"x"}`, []header{bearer(sue), avanter}, 200,
		},
		"media type":                   {"POST", calls + "/" + done.ID + "/upload", "", []header{bearer(ana), avanter}, 415},
		"media type of a missing call": {"POST", calls + "/no/upload", "", []header{bearer(ana), avanter}, 404},
		"assign: field before state": {
			"POST", calls + "/" + done.ID + "/assign", `{"user_id":"nobody"}`, []header{bearer(ana), avanter}, 422,
		},
		"assign: call before field": {
			"POST", calls + "/no/assign", `{"user_id":"nobody"}`, []header{bearer(ana), avanter}, 404,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.do(test.method, test.path, test.body, test.headers...)
			assert.Equal(t, test.status, got.StatusCode, got.body)
		})
	}
}

func TestEveryRouteNeedsTokenAndTenant(t *testing.T) {
	w := newWorld(t)
	for _, route := range httpapi.Routes() {
		if route.Public {
			continue
		}
		path := strings.NewReplacer("{id}", "x", "{call_id}", "x", "{tag_id}", "x", "{file_id}", "x", "{name}", "x").Replace(route.Pattern)
		got := w.do(route.Method, path, "")
		assert.Equal(t, 401, got.StatusCode, route.Operation)
		assert.Equal(t, "Bearer", got.Header.Get("WWW-Authenticate"), route.Operation)
		got = w.do(route.Method, path, "", w.as(eve)[0], header{"X-Tenant", "avanter"})
		assert.Equal(t, 403, got.StatusCode, route.Operation)
		got = w.do(route.Method, path, "", w.as(eve)[0])
		assert.Equal(t, 400, got.StatusCode, route.Operation)
		stranger := call.Actor{Tenant: "nowhere", ID: "x", Name: "X", Role: call.RoleOwner}
		got = w.do(route.Method, path, "", w.as(stranger)...)
		assert.Equal(t, 403, got.StatusCode, route.Operation)
		if route.Role == call.RoleSupervisor {
			got = w.do(route.Method, path, "", w.as(ana)...)
			assert.Equal(t, 403, got.StatusCode, route.Operation)
		}
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	good := w.token(ana)
	tests := map[string]struct {
		authorization []string
		status        int
	}{
		"good":                {[]string{"Bearer " + good}, 200},
		"scheme in any case":  {[]string{"bEaReR " + good}, 200},
		"two blanks":          {[]string{"Bearer  " + good}, 200},
		"no scheme":           {[]string{good}, 401},
		"other scheme":        {[]string{"Basic " + good}, 401},
		"empty":               {[]string{"Bearer "}, 401},
		"two headers":         {[]string{"Bearer " + good, "Bearer " + good}, 401},
		"signature cut":       {[]string{"Bearer " + good[:len(good)-4]}, 401},
		"invalid UTF-8":       {[]string{"Bearer \xff\xfe"}, 401},
		"a websocket token":   {[]string{"Bearer c1.YQ.YQ"}, 401},
		"very long":           {[]string{"Bearer " + strings.Repeat("a", 100_000)}, 401},
		"something behind it": {[]string{"Bearer " + good + " x"}, 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			headers := []header{{"X-Tenant", "avanter"}}
			for _, a := range test.authorization {
				headers = append(headers, header{"Authorization", a})
			}
			assert.Equal(t, test.status, w.do("GET", calls, "", headers...).StatusCode)
		})
	}
}

func TestMethods(t *testing.T) {
	w := newWorld(t)
	got := w.do("DELETE", calls+"/x/tags", "")
	assert.Equal(t, 405, got.StatusCode)
	assert.Equal(t, "GET, HEAD, OPTIONS, POST", got.Header.Get("Allow"))

	got = w.do("PUT", calls+"/x/assign", "")
	assert.Equal(t, "OPTIONS, POST", got.Header.Get("Allow"))

	c := w.in(call.Queued)
	get := w.do("GET", calls+"/"+c.ID, "", w.as(ana)...)
	head := w.do("HEAD", calls+"/"+c.ID, "", w.as(ana)...)
	assert.Equal(t, 200, head.StatusCode)
	assert.Empty(t, head.body)
	assert.Equal(t, get.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
	assert.Equal(t, 401, w.do("HEAD", calls, "").StatusCode)

	got = w.do("OPTIONS", calls+"/x/recording", "")
	assert.Equal(t, 204, got.StatusCode)
	assert.Equal(t, "DELETE, GET, HEAD, OPTIONS, PUT", got.Header.Get("Allow"))
	assert.Equal(t, 404, w.do("OPTIONS", "/api/v1/other", "").StatusCode)
}

// Every action in every state: what the transition table does not have is a 409 and changes nothing.
func TestActionsInAllStates(t *testing.T) {
	const ok, refused = 200, 409
	want := map[call.Status]map[string]int{
		call.Queued:    {"assign": ok, "start": refused, "complete": refused, "manager-notes": refused},
		call.Assigned:  {"assign": ok, "start": ok, "complete": refused, "manager-notes": refused},
		call.Active:    {"assign": refused, "start": ok, "complete": ok, "manager-notes": refused},
		call.Completed: {"assign": refused, "start": refused, "complete": ok, "manager-notes": ok},
		call.Cancelled: {"assign": refused, "start": refused, "complete": refused, "manager-notes": refused},
	}
	w := newWorld(t)
	for status, actions := range want {
		for action, code := range actions {
			t.Run(string(status)+" "+action, func(t *testing.T) {
				c := w.in(status)
				body := ""
				if action == "manager-notes" {
					body = `{"notes":"n"}`
				}
				before := w.events()
				got := w.do("POST", calls+"/"+c.ID+"/"+action, body, w.as(call.Actor{
					Tenant: "avanter", ID: "ana", Name: "Ana", Role: call.RoleSupervisor,
				})...)
				require.Equal(t, code, got.StatusCode, got.body)
				if code == refused {
					assert.Equal(t, before, w.events(), "a refusal changes nothing")
					assert.Regexp(t, `^Cannot .*\.?$`, got.detail(t))
				}
			})
		}
	}
}

// A store that has failed refuses writes in the envelope, and tells nothing of its inside.
func TestClosedStore(t *testing.T) {
	store := memory.New()
	w := newWorld(t, func(_ *company, o *voki.Options, _ *httpapi.Options) { o.Store = store })
	c := w.in(call.Queued)
	require.NoError(t, store.Close())
	got := w.do("POST", calls+"/"+c.ID+"/assign", "", w.as(ana)...)
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Equal(t, "The server is shutting down", got.detail(t))
}
