package httpapi

import (
	"net"
	"sync"

	"github.com/gorilla/websocket"
)

// heldConn is a connection that keeps back what is written, while it is told to: frames that wait together then go out
// as one segment and with one system call. It holds no buffer otherwise.
type heldConn struct {
	net.Conn

	mu   sync.Mutex
	held *[]byte // nil: nothing is held
	err  error   // of a write that was made while holding
}

// holdMost is how many bytes are held, unless one piece is longer.
const holdMost = 16 << 10

var heldBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

// Write implements net.Conn.
func (c *heldConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.Conn.Write(p)
	}
	if len(*c.held) > 0 && len(*c.held)+len(p) > holdMost {
		c.flush()
	}
	*c.held = append(*c.held, p...)
	return len(p), c.err
}

// Hold keeps back what is written from now on.
func (c *heldConn) Hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held, _ = heldBuffers.Get().(*[]byte)
	*c.held, c.err = (*c.held)[:0], nil
}

// Release writes what was held, and returns the first error since Hold.
func (c *heldConn) Release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush()
	if cap(*c.held) <= holdMost {
		heldBuffers.Put(c.held)
	}
	c.held = nil
	return c.err
}

// flush writes what is held. mu is held, too.
func (c *heldConn) flush() {
	if c.err == nil {
		_, c.err = c.Conn.Write(*c.held)
	}
	*c.held = (*c.held)[:0]
}

// heldSocket is a WebSocket on a connection that can hold.
type heldSocket struct {
	*websocket.Conn
	held *heldConn
}

// Hold implements [phx.Holder].
func (s heldSocket) Hold() { s.held.Hold() }

// Release implements [phx.Holder].
func (s heldSocket) Release() error { return s.held.Release() }
