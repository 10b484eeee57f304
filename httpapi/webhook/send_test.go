package webhook_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
)

// try sends a test event to a subscription.
func try(t *testing.T, change func(*webhook.Options), sub webhook.Subscription) webhook.Try {
	t.Helper()
	w := newWorld(t, change, sub)
	got, err := w.hooks.Test(t.Context(), sue, sub.ID)
	require.NoError(t, err)
	return got
}

func TestSignatures(t *testing.T) {
	r := newReceiver(t, nil)
	sub := r.sub("a")
	sub.Secrets = []string{"a secret of letters", secret}
	got := try(t, nil, sub)
	require.NoError(t, got.Err)
	assert.Equal(t, 204, got.Status)
	require.Len(t, r.deliveries(), 1)
	d := r.deliveries()[0]
	assert.Equal(t, webhook.TestEvent, d.Event)
	assert.Equal(t, tenant, d.Tenant)
	assert.Equal(t, d.ID, d.header.Get("webhook-id"))
	assert.True(t, strings.HasPrefix(d.ID, "evt_"))
	assert.Equal(t, "application/json", d.header.Get("Content-Type"))
	assert.NotContains(t, d.header, "Idempotency-Key")
	_, err := time.Parse(time.RFC3339, d.Timestamp)
	assert.NoError(t, err)

	sum := func(key, text string) []byte {
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	assert.Equal(t, "sha256="+hex.EncodeToString(sum(sub.Secrets[0], string(d.body))), d.header.Get("X-Voki-Signature"))
	signed := d.ID + "." + d.header.Get("webhook-timestamp") + "." + string(d.body)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	assert.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(sum(sub.Secrets[0], signed))+
		" v1,"+base64.StdEncoding.EncodeToString(sum(string(key), signed)), d.header.Get("webhook-signature"))
}

func TestSecrets(t *testing.T) {
	for _, good := range []string{secret, "0123456789abcdef", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 64))} {
		assert.NoError(t, webhook.CheckSecret(good), good)
	}
	for _, bad := range []string{"", "short", "whsec_", "whsec_not Base64 at all", "whsec_c2hvcnQ=", "um segredo com acentuação"} {
		assert.Error(t, webhook.CheckSecret(bad), bad)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	r := newReceiver(t, nil)
	for name, change := range map[string]func(*webhook.Subscription){
		"no secret":    func(s *webhook.Subscription) { s.Secrets = nil },
		"short secret": func(s *webhook.Subscription) { s.Secrets = []string{"short"} },
		"no scheme":    func(s *webhook.Subscription) { s.URL = "example.com/password" },
		"other scheme": func(s *webhook.Subscription) { s.URL = "ftp://example.com/password" },
		"no URL":       func(s *webhook.Subscription) { s.URL = "https://exa mple.com/%zz/password" },
		"no port":      func(s *webhook.Subscription) { s.URL = "https://127.0.0.1:99999/password" },
		"nobody there": func(s *webhook.Subscription) { s.URL = "http://127.0.0.1:1/password" },
	} {
		t.Run(name, func(t *testing.T) {
			sub := r.sub("a")
			change(&sub)
			got := try(t, nil, sub)
			require.Error(t, got.Err)
			assert.Zero(t, got.Status)
			assert.Equal(t, "connect", got.Outcome())
			assert.NotContains(t, got.Err.Error(), "password")
		})
	}
	assert.Empty(t, r.deliveries())
}

// TestInsideIsNotReached: names and addresses of this machine lead nowhere, whatever they are written like.
func TestInsideIsNotReached(t *testing.T) {
	plain, secure := newReceiver(t, nil), &receiver{}
	secure.Server = httptest.NewTLSServer(secure.handler(nil))
	t.Cleanup(secure.Close)
	t.Setenv("HTTP_PROXY", plain.URL)
	t.Setenv("HTTPS_PROXY", plain.URL)
	_, port, err := net.SplitHostPort(secure.Listener.Addr().String())
	require.NoError(t, err)
	urls := []string{plain.URL}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1.2.3", "0.0.0.0", "[::1]", "[::]", "[64:ff9b::7f00:1]", "169.254.169.254"} {
		urls = append(urls, "https://"+net.JoinHostPort(strings.Trim(host, "[]"), port))
	}
	for _, url := range urls {
		got := try(t, func(o *webhook.Options) { o.Allow = nil }, webhook.Subscription{ID: "a", URL: url, Secrets: []string{secret}})
		assert.ErrorIs(t, got.Err, webhook.ErrBlocked, url)
		assert.Equal(t, "blocked", got.Outcome(), url)
	}
	assert.Empty(t, plain.deliveries())
	assert.Empty(t, secure.deliveries())
}

func TestTLS(t *testing.T) {
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(r.handler(nil))
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.StartTLS()
	t.Cleanup(r.Close)

	got := try(t, nil, r.sub("a"))
	assert.Error(t, got.Err)
	assert.Equal(t, "tls", got.Outcome())

	trusted := func(o *webhook.Options) {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AddCert(r.Certificate())
	}
	assert.NoError(t, try(t, trusted, r.sub("a")).Err)

	sub := r.sub("a")
	sub.URL = strings.Replace(r.URL, "127.0.0.1", "localhost", 1) // whom the certificate does not name
	got = try(t, trusted, sub)
	assert.Equal(t, "tls", got.Outcome(), "%v", got.Err)

	plain := newReceiver(t, nil)
	sub.URL = strings.Replace(plain.URL, "http:", "https:", 1)
	got = try(t, trusted, sub)
	assert.Equal(t, "tls", got.Outcome(), "%v", got.Err)
	assert.Len(t, r.deliveries(), 1)
}

func TestAnswers(t *testing.T) {
	elsewhere := newReceiver(t, nil)
	header := func(code int, name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			w.WriteHeader(code)
		}
	}
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome string
		good    bool
	}{
		"200":      {status(200), "200", true},
		"299":      {status(299), "299", true},
		"redirect": {header(307, "Location", elsewhere.URL), "307", false},
		"moved":    {header(301, "Location", elsewhere.URL), "301", false},
		"304":      {status(304), "304", false},
		"400":      {status(400), "400", false},
		"gone":     {status(410), "410", false},
		"500":      {status(500), "500", false},
		"header bomb": {func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				w.Header().Add("X-Bomb", strings.Repeat("b", 4<<10))
			}
		}, "connect", false},
		"early hints without end": {func(w http.ResponseWriter, rq *http.Request) {
			w.Header().Set("Link", strings.Repeat("b", 1<<10))
			for rq.Context().Err() == nil {
				w.WriteHeader(http.StatusEarlyHints)
			}
		}, "connect", false},
		"cut off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connect", false},
		"cut off behind the status": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "200", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, test.answer)
			got := try(t, nil, r.sub("a"))
			assert.Equal(t, test.outcome, got.Outcome(), "%v", got.Err)
			assert.Equal(t, test.good, got.Err == nil, "%v", got.Err)
			assert.Len(t, r.deliveries(), 1)
		})
	}
	assert.Empty(t, elsewhere.deliveries())
}

// TestTenGigabytes: a reply is read to its limit and no further.
func TestTenGigabytes(t *testing.T) {
	const size = 10 << 30
	sent, cut := make(chan int64, 1), make(chan error, 1)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		n, err := io.CopyN(w, zeros{}, size)
		sent <- n
		cut <- err
	})
	got := try(t, nil, r.sub("a"))
	assert.NoError(t, got.Err)
	n := <-sent
	assert.Error(t, <-cut)
	assert.Less(t, n, int64(64<<20), "what fits into the buffers of both sides, and the limit")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestWhoHangs: what does not come within the time limit is not waited for, wherever it stops.
func TestWhoHangs(t *testing.T) {
	short := func(o *webhook.Options) { o.Timeout = 300 * time.Millisecond }
	until := func(_ http.ResponseWriter, rq *http.Request) { <-rq.Context().Done() }
	got := try(t, short, newReceiver(t, until).sub("a"))
	assert.Equal(t, "timeout", got.Outcome(), "%v", got.Err)

	// Where the machine is busy, the status may take longer than a short limit: then the limit is longer.
	for limit := 300 * time.Millisecond; ; limit *= 4 {
		got = try(t, func(o *webhook.Options) { o.Timeout = limit }, newReceiver(t, func(w http.ResponseWriter, rq *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			until(w, rq)
		}).sub("a"))
		if got.Outcome() != "timeout" || limit > 15*time.Second {
			break
		}
	}
	assert.NoError(t, got.Err, "the status is what counts")

	for name, serve := range map[string]func(net.Conn){
		"says nothing":     func(net.Conn) {},
		"stops in a line":  func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 20") },
		"floods headers":   flood,
		"is no web server": func(c net.Conn) { _, _ = io.WriteString(c, "220 smtp\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			got := try(t, short, webhook.Subscription{ID: "a", URL: listen(t, serve), Secrets: []string{secret}})
			assert.Error(t, got.Err)
			assert.Zero(t, got.Status)
		})
	}
}

// flood answers with headers, for ever.
func flood(c net.Conn) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for err == nil {
		_, err = io.WriteString(c, "A: b\r\n")
	}
}

// listen serves raw connections, which stay open until the other side closes them.
func listen(t *testing.T, serve func(net.Conn)) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			go func() {
				defer c.Close()
				_, _ = http.ReadRequest(bufio.NewReader(c))
				serve(c)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestRetryAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "7": 7 * time.Second, "86400": time.Hour, "99999999999999999999": 0,
		"Mon, 02 Jan 2006 15:04:05 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": time.Hour,
	} {
		for _, code := range []int{429, 503} {
			got := try(t, nil, newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", said)
				w.WriteHeader(code)
			}).sub("a"))
			assert.Equal(t, want, got.RetryAfter, "%d %q", code, said)
		}
	}
}

func TestTestIsForThoseWhoMay(t *testing.T) {
	r := newReceiver(t, nil)
	w := newWorld(t, nil, r.sub("a"))
	_, err := w.hooks.Test(t.Context(), ana, "a")
	assert.ErrorIs(t, err, call.ErrForbidden)
	_, err = w.hooks.List(t.Context(), ana)
	assert.ErrorIs(t, err, call.ErrForbidden)
	_, err = w.hooks.Test(t.Context(), sue, "b")
	assert.ErrorIs(t, err, webhook.ErrNotFound)
	_, err = w.hooks.Test(t.Context(), call.Actor{Tenant: "rival", Role: call.RoleOwner}, "a")
	assert.ErrorIs(t, err, webhook.ErrNotFound)
	assert.Empty(t, r.deliveries())
	_, err = webhook.New(w.voki, webhook.Options{})
	assert.Error(t, err)
}
