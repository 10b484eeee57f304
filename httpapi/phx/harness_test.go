package phx_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// room is the handler of the tests: what it does is in the payload of the join and in the name of the event.
type room struct {
	mu  sync.Mutex
	log []string // what it was called for
}

func (r *room) note(line string) {
	r.mu.Lock()
	r.log = append(r.log, line)
	r.mu.Unlock()
}

// take returns and forgets what the handler was called for.
func (r *room) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

func (r *room) route(_ *phx.Socket, topic string) phx.Handler {
	if strings.HasPrefix(topic, "room:") {
		return r
	}
	return nil
}

func (r *room) Join(_ context.Context, c *phx.Channel, payload json.RawMessage) (any, error) {
	r.note("join " + c.Topic())
	var p struct {
		Refuse, Final, Do string
		Block             int
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(p.Block) * time.Second)
	switch {
	case p.Refuse != "":
		return nil, phx.Refuse(p.Refuse)
	case p.Final != "":
		return nil, &phx.Refusal{Response: map[string]any{"reason": p.Final, "n": 1}, Final: true}
	}
	switch p.Do {
	case "push":
		return map[string]int{"n": 0}, errors.Join(
			c.Push("pushed", map[string]int{"n": 1}), c.Socket().Hub().Broadcast(c.Topic(), "shouted", nil))
	case "close":
		return nil, c.Close(map[string]string{"reason": "over"})
	case "fail":
		return nil, errors.New("secret")
	case "panic":
		panic("join")
	case "unmarshallable":
		return func() {}, nil
	}
	return nil, nil
}

func (r *room) Push(_ context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	r.note(event + " " + c.Topic())
	hub := c.Socket().Hub()
	switch event {
	case "echo":
		return payload, nil
	case "shout":
		return nil, hub.Broadcast(c.Topic(), "shouted", payload)
	case "relay":
		return phx.NoReply, hub.BroadcastFrom(c, "relayed", payload)
	case "tell":
		return nil, c.Push("told", payload)
	case "bytes":
		return phx.Binary("\x00\x01"), c.Push("bytes", phx.Binary("\xff"))
	case "block":
		time.Sleep(5 * time.Second)
	case "close":
		return nil, c.Close(payload)
	case "close_topic":
		return nil, hub.CloseTopic(c.Topic(), payload)
	case "hang_up":
		c.Socket().Close(4001)
	case "refuse":
		return nil, phx.Refuse("no")
	case "final":
		return nil, &phx.Refusal{Final: true}
	case "fail":
		return nil, errors.New("secret")
	case "panic":
		panic("push")
	}
	return nil, nil
}

func (r *room) PushBinary(_ context.Context, c *phx.Channel, event string, data []byte) (any, error) {
	r.note(event + " " + c.Topic())
	return phx.Binary(data), c.Socket().Hub().Broadcast(c.Topic(), event, phx.Binary(data))
}

func (r *room) Left(_ context.Context, c *phx.Channel, reason phx.Reason) {
	r.note(reason.String() + " " + c.Topic())
}

// upgrade is how a host mounts a hub.
func upgrade(hub *phx.Hub) http.Handler {
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 2048, WriteBufferPool: &sync.Pool{}}
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
	d := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		c.pipe = near
		w.listen.conns <- far
		return near, nil
	}}
	var err error
	c.Conn, _, err = d.Dial("ws://test/?vsn="+vsn, nil)
	require.NoError(w.t, err)
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
