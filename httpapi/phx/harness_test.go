package phx_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// upgrade is how a host mounts a hub.
func upgrade(hub *phx.Hub) http.Handler {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{}, EnableCompression: true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := phx.ParseVersion(r.FormValue("vsn"))
		if err != nil {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
			hub.Accept(conn, v, r.FormValue("user"))
		}
	})
}

// world is a hub behind a real HTTP server, whose connections are pipes: inside a bubble of synctest, time passes when
// all are waiting.
type world struct {
	t      *testing.T
	hub    *phx.Hub
	room   *room
	listen pipeListener
}

// bubble runs a test in a bubble of synctest with a hub of these options. After it the hub is drained, and nothing may
// be left.
func bubble(t *testing.T, o phx.Options, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, room: &room{}, listen: pipeListener{make(chan net.Conn), make(chan struct{})}}
		if o.Router == nil {
			o.Router = w.room.route
		}
		o.ReadLimitError = websocket.ErrReadLimit
		w.hub = phx.New(o)
		server := &http.Server{Handler: upgrade(w.hub)}
		go server.Serve(w.listen)
		defer server.Close()
		defer func() { require.NoError(t, w.hub.Drain(context.Background())) }()
		test(w)
	})
}

// dial connects a client that speaks vsn and, unless it is asleep, reads what it gets.
func (w *world) dial(vsn string, asleep ...bool) *client {
	w.t.Helper()
	c := &client{t: w.t}
	d := websocket.Dialer{EnableCompression: true, NetDialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		c.pipe = near
		w.listen.conns <- far
		return near, nil
	}}
	var err error
	c.Conn, _, err = d.Dial("ws://test/?vsn="+vsn, nil)
	require.NoError(w.t, err)
	c.EnableWriteCompression(false)
	c.SetPingHandler(func(data string) error {
		c.mu.Lock()
		c.pinged = append(c.pinged, time.Now())
		c.mu.Unlock()
		if c.mute.Load() {
			return nil
		}
		return c.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	if len(asleep) == 0 {
		go c.read()
	}
	return c
}

// client collects what it is sent.
type client struct {
	*websocket.Conn
	t      *testing.T
	pipe   net.Conn
	mute   atomic.Bool // answers no ping
	mu     sync.Mutex
	got    []string
	pinged []time.Time
	code   int
	gone   time.Time
}

func (c *client) read() {
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.code, c.gone = -1, time.Now()
			if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure {
				c.code = closed.Code
			}
			c.Close()
			return
		}
		c.mu.Lock()
		c.got = append(c.got, string(data))
		c.mu.Unlock()
	}
}

// send sends a frame. It fails once the server has said goodbye, which the tests look at by code.
func (c *client) send(frame string) { _ = c.WriteMessage(websocket.TextMessage, []byte(frame)) }

// take waits until nothing moves, and returns and forgets what has come.
func (c *client) take() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

// closed waits until nothing moves, and returns the code of the close frame: 0 if the connection is open, -1 if it
// ended without.
func (c *client) closed() int {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func codeText(code int) string { return strconv.Itoa(code) }
