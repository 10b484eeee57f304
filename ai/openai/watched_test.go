package openai_test

import (
	"io"
	"net/http"
	"sync/atomic"
)

// watched is a transport that counts what is read of the bodies that it sends.
type watched struct {
	next http.RoundTripper
	read atomic.Int64
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Body = &counted{ReadCloser: r.Body, n: &w.read}
	return w.next.RoundTrip(r)
}

type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}
