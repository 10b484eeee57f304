package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// frame is a message of serializer 2.0.0.
type frame struct {
	joinRef, ref, topic, event string
	payload                    map[string]any
}

func (f frame) String() string {
	b, _ := json.Marshal(f.payload)
	return f.event + " " + string(b)
}

// phone is a client of the tests.
type phone struct {
	*websocket.Conn
	l    *line
	pipe net.Conn
	refs int
	mu   sync.Mutex
	got  []frame
	dead atomic.Bool // answers no ping
	code int         // of the close frame; -1 if there was none
}

// dial connects, and returns the refusal if there is one.
func (l *line) dial(token string, headers ...header) (*phone, *http.Response) {
	l.t.Helper()
	p := &phone{l: l}
	d := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		p.pipe = near
		l.conns <- far
		return near, nil
	}}
	head := http.Header{}
	for _, h := range headers {
		head.Add(h.name, h.value)
	}
	query := "?vsn=2.0.0"
	if token != "" {
		query += "&token=" + token
	}
	conn, resp, err := d.Dial("ws://calls.test/socket/websocket"+query, head)
	if err != nil {
		require.ErrorIs(l.t, err, websocket.ErrBadHandshake)
		return nil, resp
	}
	p.Conn = conn
	p.SetPingHandler(func(data string) error {
		if p.dead.Load() {
			return nil
		}
		return p.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	go p.read()
	l.t.Cleanup(func() { p.pipe.Close() })
	return p, resp
}

func (l *line) phone(token string) *phone {
	l.t.Helper()
	p, _ := l.dial(token)
	require.NotNil(l.t, p, "refused")
	return p
}

func (p *phone) read() {
	for {
		_, data, err := p.ReadMessage()
		if err != nil {
			p.mu.Lock()
			p.code = -1
			if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure {
				p.code = closed.Code
			}
			p.mu.Unlock()
			p.Close()
			return
		}
		var parts [5]json.RawMessage
		if err := json.Unmarshal(data, &parts); err != nil {
			panic(err)
		}
		f := frame{payload: map[string]any{}}
		for i, to := range []*string{&f.joinRef, &f.ref, &f.topic, &f.event} {
			_ = json.Unmarshal(parts[i], to)
		}
		_ = json.Unmarshal(parts[4], &f.payload)
		p.mu.Lock()
		p.got = append(p.got, f)
		p.mu.Unlock()
	}
}

// take waits until nothing moves, and returns and forgets what has come.
func (p *phone) take() []frame {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// heard is take, as the names of the events.
func (p *phone) heard() (events []string) {
	for _, f := range p.take() {
		events = append(events, f.event)
	}
	return events
}

// last returns the last event of a name that has come; the zero frame if there is none.
func last(frames []frame, event string) (found frame) {
	for _, f := range frames {
		if f.event == event {
			found = f
		}
	}
	return found
}

func (p *phone) raw(text string) { _ = p.WriteMessage(websocket.TextMessage, []byte(text)) }

func (p *phone) send(joinRef, topic, event string, payload any) (ref string) {
	p.refs++
	ref = strconv.Itoa(p.refs)
	if joinRef == "" {
		joinRef = ref
	}
	b, err := json.Marshal([]any{joinRef, ref, topic, event, payload})
	require.NoError(p.l.t, err)
	p.raw(string(b))
	return ref
}

// seat is a channel of a phone.
type seat struct {
	*phone
	joinRef, topic string
	response       map[string]any // of the join
	after          []frame        // what came behind it
}

// join joins a topic and says how that went.
func (p *phone) join(topic string, payload any) (s seat, ok bool) {
	p.l.t.Helper()
	if payload == nil {
		payload = map[string]any{}
	}
	before := len(p.take())
	require.Zero(p.l.t, before, "unread messages before a join")
	s = seat{phone: p, topic: topic}
	s.joinRef = p.send("", topic, "phx_join", payload)
	for i, f := range p.take() {
		if f.event == "phx_reply" && f.ref == s.joinRef {
			require.Zero(p.l.t, i, "nothing comes before the reply")
			s.response, _ = f.payload["response"].(map[string]any)
			ok = f.payload["status"] == "ok"
			continue
		}
		s.after = append(s.after, f)
	}
	require.NotNil(p.l.t, s.response, "no reply")
	return s, ok
}

func (p *phone) joined(topic string) seat {
	p.l.t.Helper()
	s, ok := p.join(topic, nil)
	require.True(p.l.t, ok, "%v", s.response)
	return s
}

// push sends a message on the channel and returns its reply, which may be delayed; other messages that come meanwhile
// are lost.
func (s seat) push(event string, payload any) (status string, response map[string]any) {
	s.l.t.Helper()
	ref := s.send(s.joinRef, s.topic, event, payload)
	for range 2 {
		for _, f := range s.take() {
			if f.ref == ref {
				response, _ = f.payload["response"].(map[string]any)
				return f.payload["status"].(string), response
			}
		}
		time.Sleep(250 * time.Millisecond)
	}
	s.l.t.Fatalf("no reply to %s", event)
	return "", nil
}

// closed waits, and returns the code of the close frame; 0 while the socket is open.
func (p *phone) closed() int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code
}

// cut breaks the connection.
func (p *phone) cut() { p.pipe.Close() }

func texts(frames []frame) (all []string) {
	for _, f := range frames {
		all = append(all, fmt.Sprint(f))
	}
	return all
}
