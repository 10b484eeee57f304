package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/avanter/voki/call"
)

const (
	// maxHeader and maxReply are how many bytes of a reply are read; the connection is closed behind them.
	maxHeader = 64 << 10
	maxReply  = 64 << 10
	// idleTime is how long a connection is kept for the next delivery.
	idleTime = 30 * time.Second
	// mostPatience bounds what a receiver may ask for with Retry-After.
	mostPatience = time.Hour
)

// Try is how one request to a receiver went.
type Try struct {
	Status     int           // what was answered; 0: nothing
	Took       time.Duration // from the beginning to the status, or to the error
	RetryAfter time.Duration // of 429 and 503, bounded; 0: not said
	Err        error         // why it is no success; nil for 2xx
}

// Outcome is one word for a log: the status, or what was in the way of one: blocked, timeout, tls, connect.
func (t Try) Outcome() string {
	var (
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case t.Status != 0:
		return strconv.Itoa(t.Status)
	case errors.Is(t.Err, ErrBlocked):
		return "blocked"
	case errors.Is(t.Err, context.DeadlineExceeded), errors.As(t.Err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(t.Err, &certificate), errors.Is(t.Err, http.ErrSchemeMismatch):
		return "tls"
	}
	return "connect"
}

// sender makes the requests.
type sender struct {
	http    *http.Client
	timeout time.Duration
}

func newSender(o Options) *sender {
	dialer := func(g guard) *net.Dialer { return &net.Dialer{Control: g.control} }
	plain := dialer(guard{allow: o.Allow})
	secure := &tls.Dialer{
		NetDialer: dialer(guard{allow: o.Allow, public: true}),
		Config:    &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
	}
	return &sender{
		timeout: o.Timeout,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                  nil, // one from the environment would connect in the guard's place
				DialContext:            plain.DialContext,
				DialTLSContext:         secure.DialContext,
				DisableCompression:     true,
				MaxResponseHeaderBytes: maxHeader,
				MaxIdleConnsPerHost:    perTarget,
				IdleConnTimeout:        idleTime,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// close gives up the connections that are kept.
func (s *sender) close() { s.http.CloseIdleConnections() }

// send makes one request. It returns when it has been answered, or when its time has passed: that bounds looking the name
// up, connecting, sending, and reading the reply together.
func (s *sender) send(ctx context.Context, sub Subscription, id string, body []byte) Try {
	begun := time.Now()
	status, header, err := s.post(ctx, sub, id, body)
	t := Try{Status: status, Took: time.Since(begun), Err: err}
	if err == nil && (status < 200 || status > 299) {
		t.Err = fmt.Errorf("the receiver answered %d %s", status, http.StatusText(status))
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		t.RetryAfter = retryAfter(header, call.Now())
	}
	return t
}

func (s *sender) post(ctx context.Context, sub Subscription, id string, body []byte) (int, http.Header, error) {
	if err := sub.check(); err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, withoutURL(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "voki-webhooks")
	r.Header["Idempotency-Key"] = nil // is not sent; a kept connection that turns out closed is replaced within the try
	if err := sign(r.Header, sub.Secrets, id, time.Now(), body); err != nil {
		return 0, nil, err
	}
	reply, err := s.http.Do(r)
	if err != nil {
		return 0, nil, withoutURL(err)
	}
	defer reply.Body.Close() // only read
	// Only the status counts. What follows is read so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, reply.Body, maxReply)
	return reply.StatusCode, reply.Header, nil
}

// withoutURL takes the address out of an error: it may hold a password or a token, and errors are kept and logged.
func withoutURL(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	said := h.Get("Retry-After")
	after := time.Duration(0)
	if seconds, err := strconv.ParseUint(said, 10, 31); err == nil {
		after = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(said); err == nil {
		after = at.Sub(now)
	}
	return min(max(after, 0), mostPatience)
}
