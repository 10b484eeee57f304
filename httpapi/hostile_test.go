package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

func TestBodies(t *testing.T) {
	w := newWorld(t)
	done := w.in(call.Completed)
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := map[string]struct {
		body   string
		status int
		says   string
	}{
		"no object":              {`[]`, 400, "one JSON object"},
		"null":                   {`null`, 400, "one JSON object"},
		"a text":                 {`"notes"`, 400, "one JSON object"},
		"two values":             {`{"notes":"a"}{"notes":"b"}`, 400, "one JSON object"},
		"something behind":       {`{"notes":"a"} x`, 400, "one JSON object"},
		"cut off":                {`{"notes":"a`, 400, "one JSON object"},
		"a form":                 {`notes=a`, 400, "one JSON object"},
		"blank":                  {"  \n", 400, "one JSON object"},
		"invalid UTF-8":          {"{\"notes\":\"\xff\"}", 400, "one JSON object"},
		"20,000 deep":            {deep(20_000), 400, "one JSON object"},
		"20,000 arrays":          {`{"x":` + strings.Repeat("[", 20_000), 400, "one JSON object"},
		"too long":               {`{"x":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "too large"},
		"too long, of blanks":    {strings.Repeat(" ", 1<<20) + "{}", 413, "too large"},
		"wrong type":             {`{"notes":{"a":1}}`, 422, `"notes":["is invalid"]`},
		"number":                 {`{"notes":5}`, 422, `"notes":["is invalid"]`},
		"NUL":                    {`{"notes":"a\u0000b"}`, 422, `"notes":["is invalid"]`},
		"too many characters":    {`{"notes":"` + strings.Repeat("é", call.MaxText+1) + `"}`, 422, `"notes":["should be`},
		"another case":           {`{"Notes":"a"}`, 422, `"notes":["Field notes is empty"]`},
		"null counts as absent":  {`{"notes":null}`, 422, `"notes":["Field notes is empty"]`},
		"unknown fields":         {`{"x":[1,{"y":2}],"notes":"a"}`, 200, "a"},
		"the last of two counts": {`{"notes":1,"notes":"later"}`, 200, "later"},
		"blanks around":          {" \r\n{\"notes\":\"a\"}\t\n ", 200, "a"},
		"lone surrogate":         {`{"notes":"a\ud800"}`, 200, "a\ufffd"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := w.events()
			got := w.do("POST", calls+"/"+done.ID+"/manager-notes", test.body, w.as(sue)...)
			assert.Equal(t, test.status, got.StatusCode, got.body)
			assert.Contains(t, got.body, test.says)
			if test.status != 200 {
				assert.Equal(t, before, w.events())
			}
		})
	}
}

func TestOptionalBodies(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{"", " ", "{}", `{"user_id":null}`, `{"user_id":""}`, `{"x":1}`} {
		c := w.in(call.Queued)
		got := w.do("POST", calls+"/"+c.ID+"/assign", body, w.as(ana)...)
		assert.Equal(t, "ana", got.data(t, 200)["user_id"], body)
	}
	c := w.in(call.Queued)
	for body, status := range map[string]int{
		"[]": 400, `{"user_id":`: 400, `{"user_id":7}`: 422, `{"user_id":"a b"}`: 422, `{"user_id":"nobody"}`: 422,
	} {
		assert.Equal(t, status, w.do("POST", calls+"/"+c.ID+"/assign", body, w.as(ana)...).StatusCode, body)
	}
	assigned := w.in(call.Assigned)
	assert.Equal(t, 400, w.do("POST", calls+"/"+assigned.ID+"/start", "{", w.as(ana)...).StatusCode)
	got := w.do("POST", calls+"/"+assigned.ID+"/start", "{}", append(w.as(ana), header{"Content-Type", "application/x-www-form-urlencoded"})...)
	assert.Equal(t, 200, got.StatusCode, got.body)
}

func TestPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		calls + "/" + strings.Repeat("a", 4000), calls + "/%00", calls + "/%ff%fe", calls + "/a%20b", calls + "/%e2%80%a8",
		calls + "/", calls + "//", calls + "//assign", calls + "/x/y", "/", "//", "/api", "/api/v1/", calls + "/../x",
		calls + "/%2e%2e", "/uploads/calls/x/..%2f..%2fetc%2fpasswd", "/uploads/calls/%00/%00", "/uploads/calls/x",
		"/uploads/../calls", "/API/V1/CALLS", "/api/v1/calls%2f", "/api%2fv1/calls",
		"/api/v1/call/turn-credentials/", "/api/v1/call/", "/api/v1/call/x", "/api/v1/call/x/validate/y",
	} {
		got := w.do("GET", path, "", w.as(ana)...)
		assert.Equal(t, 404, got.StatusCode, path)
	}
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.URL.Path, r.URL.RawPath = "\xff", "%zz"
	assert.Equal(t, 404, w.serve(r).StatusCode)
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	token := w.as(ana)[0]
	for value, status := range map[string]int{
		"": 400, "other": 403, "Avanter": 403, "avanter\x00": 403, "\xff": 403,
		strings.Repeat("a", 5000): 403, "avanter": 200,
	} {
		assert.Equal(t, status, w.do("GET", calls, "", token, header{"X-Tenant", value}).StatusCode, "%q", value)
	}
}

// A body that breaks off on the wire is a 400, if anybody is left to read it, and changes nothing.
func TestBodyBreaksOff(t *testing.T) {
	w := newWorld(t)
	address := strings.TrimPrefix(w.listen(), "http://")
	c := w.in(call.Assigned)
	for _, action := range []string{"assign", "start", "complete", "tags", "upload", "manager-notes"} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST %s/%s/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nX-Tenant: avanter\r\n"+
			"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 500\r\n\r\n{", calls, c.ID, action, w.token(sue))
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		body := readAll(t, resp.Body)
		assert.Equal(t, 400, resp.StatusCode, "%s: %s", action, body)
		require.NoError(t, conn.Close())
	}
	now, err := w.v.Calls.Get(t.Context(), ana, c.ID)
	require.NoError(t, err)
	assert.Equal(t, c, now)
}

// A body that does not come is given up, even if it comes a byte at a time.
func TestBodyDoesNotCome(t *testing.T) {
	w := newWorld(t, withOptions(func(o *httpapi.Options) { o.BodyTimeout = 20 * time.Millisecond }))
	address := strings.TrimPrefix(w.listen(), "http://")
	c := w.in(call.Assigned)
	for _, action := range []string{"start", "upload"} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST %s/%s/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nX-Tenant: avanter\r\n"+
			"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 500\r\n\r\n{", calls, c.ID, action, w.token(sue))
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		_ = readAll(t, resp.Body)
		assert.Equal(t, 400, resp.StatusCode, action)
		require.NoError(t, conn.Close())
	}
}

// A client that is still sending a long body when it is refused gets to read why.
func TestRefusedWhileSending(t *testing.T) {
	w := newWorld(t)
	address := w.listen()
	long := strings.Repeat("x", 20<<20)
	for path, status := range map[string]int{
		calls + "/no/upload": 404, calls + "/" + w.in(call.Active).ID + "/upload": 415,
		calls + "/" + w.in(call.Completed).ID + "/assign": 413,
	} {
		r, err := http.NewRequest(http.MethodPost, address+path, strings.NewReader(long))
		require.NoError(t, err)
		for _, h := range w.as(ana) {
			r.Header.Set(h.name, h.value)
		}
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err, path)
		body := readAll(t, resp.Body)
		assert.Equal(t, status, resp.StatusCode, body)
	}
}

func TestPanicsAre500(t *testing.T) {
	w := newWorld(t, authenticatedBy(func(*http.Request) (call.Actor, error) { panic("secret") }))
	got := w.do("GET", calls, "")
	assert.Equal(t, []any{500, "Internal server error"}, []any{got.StatusCode, got.detail(t)})
	assert.Contains(t, w.log.String(), "panic")

	w = newWorld(t, authenticatedBy(func(*http.Request) (call.Actor, error) { panic(http.ErrAbortHandler) }))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { w.do("GET", calls, "") })
}

func TestErrorsOfTheHostAre500AndLogged(t *testing.T) {
	w := newWorld(t, authenticatedBy(func(*http.Request) (call.Actor, error) {
		return call.Actor{}, errors.New("dial sessions:6379 refused")
	}))
	got := w.do("GET", calls, "")
	assert.Equal(t, 500, got.StatusCode)
	assert.NotContains(t, got.body, "6379")
	assert.Contains(t, w.log.String(), "6379")

	w = newWorld(t, authenticatedBy(func(*http.Request) (call.Actor, error) { return call.Actor{}, nil }))
	assert.Equal(t, 401, w.do("GET", calls, "").StatusCode, "an actor who is nobody")
	w = newWorld(t, authenticatedBy(func(*http.Request) (call.Actor, error) {
		return call.Actor{Tenant: "avanter", ID: "x", Role: "boss"}, nil
	}))
	assert.Equal(t, 403, w.do("GET", calls, "", header{"X-Tenant", "avanter"}).StatusCode, "a role that is none")
}

// authenticatedBy replaces the authenticator.
func authenticatedBy(f func(*http.Request) (call.Actor, error)) setup {
	return withOptions(func(o *httpapi.Options) { o.Authenticator = authenticator(f) })
}

type authenticator func(*http.Request) (call.Actor, error)

func (f authenticator) Authenticate(r *http.Request) (call.Actor, error) { return f(r) }
