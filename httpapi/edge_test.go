package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi"
)

// visit makes a public request from an address.
func (w *world) visit(from string, forwarded ...string) reply {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, link+"/suporte/validate", nil)
	r.RemoteAddr = from
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return w.serve(r)
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate = 0 }))
		for i := range 30 {
			require.Equal(t, 200, w.visit("10.0.0.1:"+strconv.Itoa(1000+i)).StatusCode)
			time.Sleep(time.Second)
		}
		got := w.visit("10.0.0.1:1")
		assert.Equal(t, []any{429, "Too many requests", "30"}, []any{got.StatusCode, got.detail(t), got.Header.Get("Retry-After")})
		assert.Equal(t, 200, w.visit("10.0.0.2:1").StatusCode, "another address")
		assert.Equal(t, 200, w.do("GET", calls, "", w.as(ana)...).StatusCode, "users are not limited")

		time.Sleep(30 * time.Second)
		assert.Equal(t, 200, w.visit("10.0.0.1:1").StatusCode, "as promised")
		got = w.visit("10.0.0.1:1")
		assert.Equal(t, []any{429, "1"}, []any{got.StatusCode, got.Header.Get("Retry-After")})
		time.Sleep(time.Minute)
		for range 30 {
			require.Equal(t, 200, w.visit("10.0.0.1:1").StatusCode)
		}
		assert.Equal(t, 429, w.visit("10.0.0.1:1").StatusCode)
	})
}

func TestRateLimitCoversAllOfTheSubtree(t *testing.T) {
	w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate = 3 }))
	assert.Equal(t, 404, w.do("GET", link+"/unknown/validate", "").StatusCode)
	assert.Equal(t, 401, w.do("POST", link+"/cancel/x", "").StatusCode)
	assert.Equal(t, 405, w.do("PUT", link+"/cancel/x", "").StatusCode)
	assert.Equal(t, 429, w.do("GET", link+"/status/x", "").StatusCode)
	assert.Equal(t, 204, w.do("OPTIONS", link+"/status/x", "").StatusCode)
}

func TestRateLimitByNetwork(t *testing.T) {
	w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate = 1 }))
	for _, visit := range []struct {
		from   string
		status int
	}{
		{"[2001:db8:1:1::1]:1", 200},
		{"[2001:db8:1:1:ffff::2]:1", 429},
		{"[2001:db8:1:2::1]:1", 200},
		{"10.0.0.1:1", 200},
		{"[::ffff:10.0.0.1]:1", 429},
		{"[fe80::1%eth0]:1", 200},
		{"[fe80::1%eth1]:1", 429},
		{"@", 200},
		{"", 429},
	} {
		assert.Equal(t, visit.status, w.visit(visit.from).StatusCode, visit.from)
	}
}

// However many addresses come by, what is remembered of them is bounded, and the newest is.
func TestRateLimitIsBounded(t *testing.T) {
	w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate = 1 }))
	for i := range 70_000 {
		r := httptest.NewRequest(http.MethodGet, link+"/x", nil)
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)
		w.ServeHTTP(httptest.NewRecorder(), r)
	}
	assert.Equal(t, 429, w.visit("10.1.17.111:1").StatusCode, "the last one")
	assert.Equal(t, 200, w.visit("10.0.0.0:1").StatusCode, "the first one is forgotten")
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := map[string]struct {
		from      string
		forwarded []string
		client    string
	}{
		"no proxy":               {"1.1.1.1:1", []string{"2.2.2.2"}, "1.1.1.1:1"},
		"a proxy":                {"10.0.0.1:1", []string{"2.2.2.2"}, "2.2.2.2:1"},
		"what the client claims": {"10.0.0.1:1", []string{"3.3.3.3, 2.2.2.2"}, "2.2.2.2:1"},
		"two proxies":            {"10.0.0.1:1", []string{"3.3.3.3, 2.2.2.2, 10.9.9.9"}, "2.2.2.2:1"},
		"two headers":            {"10.0.0.1:1", []string{"3.3.3.3", "2.2.2.2", "10.9.9.9"}, "2.2.2.2:1"},
		"with ports":             {"10.0.0.1:1", []string{"2.2.2.2:77"}, "2.2.2.2:1"},
		"IPv6":                   {"[fd00::1]:1", []string{"[2001:db8::1]:77"}, "[2001:db8::2]:1"},
		"IPv6 in brackets":       {"[fd00::1]:1", []string{"[2001:db8::1]"}, "[2001:db8::2]:1"},
		"mapped":                 {"[::ffff:10.0.0.1]:1", []string{"2.2.2.2"}, "2.2.2.2:1"},
		"nothing from a proxy":   {"10.0.0.1:1", nil, "10.0.0.1:1"},
		"nonsense from a proxy":  {"10.0.0.1:1", []string{"2.2.2.2, unknown"}, "10.0.0.1:1"},
		"nothing but proxies":    {"10.0.0.1:1", []string{"10.0.0.2, 10.0.0.3"}, "10.0.0.2:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate, o.TrustedProxies = 1, proxies }))
			assert.Equal(t, 200, w.visit(test.from, test.forwarded...).StatusCode)
			// Whoever comes from the client's own address now has used it up.
			assert.Equal(t, 429, w.visit(test.client).StatusCode)
			assert.Equal(t, 200, w.visit("9.9.9.9:1").StatusCode)
		})
	}
}

func TestCORS(t *testing.T) {
	const app = "https://app.example.com"
	allow := func(origins ...string) setup {
		return withOptions(func(o *httpapi.Options) { o.AllowedOrigins = origins })
	}
	tests := map[string]struct {
		allowed             setup
		origin              string
		answer, credentials string
	}{
		"none allowed":         {allow(), app, "", ""},
		"allowed":              {allow("https://x.org", app), app, app, "true"},
		"another":              {allow(app), "https://app.example.com.evil.org", "", ""},
		"another scheme":       {allow(app), "http://app.example.com", "", ""},
		"null":                 {allow(app), "null", "", ""},
		"all":                  {allow("*"), app, "*", ""},
		"all, and one by name": {allow("*", app), app, app, "true"},
		"all, not by name":     {allow("*", app), "https://y.org", "*", ""},
		"no origin":            {allow("*"), "", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.allowed)
			headers := append(w.as(ana), header{"Origin", test.origin})
			for _, path := range []string{calls, calls + "/no", "/nowhere"} {
				got := w.do("GET", path, "", headers...)
				assert.Equal(t, test.answer, got.Header.Get("Access-Control-Allow-Origin"), path)
				assert.Equal(t, test.credentials, got.Header.Get("Access-Control-Allow-Credentials"), path)
			}
			asked := w.do("OPTIONS", calls+"/x/tags", "", header{"Origin", test.origin}, header{"Access-Control-Request-Method", "POST"})
			assert.Equal(t, 204, asked.StatusCode)
			assert.Equal(t, test.answer, asked.Header.Get("Access-Control-Allow-Origin"))
			if test.answer == "" {
				assert.Empty(t, asked.Header.Get("Access-Control-Allow-Methods"))
				return
			}
			assert.Equal(t, "GET, HEAD, OPTIONS, POST", asked.Header.Get("Access-Control-Allow-Methods"))
			assert.Contains(t, asked.Header.Get("Access-Control-Allow-Headers"), "X-Tenant")
			assert.Equal(t, "Origin", asked.Header.Get("Vary"))
		})
	}
}

func TestCORSWhenLimited(t *testing.T) {
	w := newWorld(t, withOptions(func(o *httpapi.Options) { o.PublicRate, o.AllowedOrigins = 1, []string{"*"} }))
	w.visit("1.1.1.1:1")
	r := httptest.NewRequest(http.MethodGet, link+"/suporte/validate", nil)
	r.RemoteAddr = "1.1.1.1:1"
	r.Header.Set("Origin", "https://x.org")
	got := w.serve(r)
	assert.Equal(t, []any{429, "*"}, []any{got.StatusCode, got.Header.Get("Access-Control-Allow-Origin")})
}
