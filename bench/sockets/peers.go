package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"
	"github.com/olahol/melody"
)

// A plain hub knows rooms of two. The first frame of a connection, "join <room>", is answered "ok", and the
// other member is told "back"; every other one goes to the other member as it is.
type plainHub struct {
	mu    sync.Mutex
	rooms map[string]*room
}

type room struct {
	mu      sync.Mutex
	members []member
}

// member is a connection: what it is sent, and where it is.
type member interface{ send(frame []byte) }

func newPlainHub() *plainHub { return &plainHub{rooms: map[string]*room{}} }

func (h *plainHub) join(m member, frame []byte) *room {
	name, ok := strings.CutPrefix(string(frame), "join ")
	if !ok {
		return nil
	}
	h.mu.Lock()
	r := h.rooms[name]
	if r == nil {
		r = &room{}
		h.rooms[name] = r
	}
	h.mu.Unlock()
	r.mu.Lock()
	r.members = append(r.members, m)
	r.mu.Unlock()
	m.send([]byte("ok"))
	r.relay(m, []byte("back"))
	return r
}

func (r *room) relay(from member, frame []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members {
		if m != from {
			m.send(frame)
		}
	}
}

func (r *room) leave(m member) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.members {
		if other == m {
			r.members = append(r.members[:i], r.members[i+1:]...)
			return
		}
	}
}

// plain is a server of such a hub.
type plain struct{ http.HandlerFunc }

func (plain) stop() {}

func (plain) prepare(calls int) ([]seats, error) {
	all := make([]seats, calls)
	for i := range all {
		name := fmt.Sprintf("room-%d", i)
		all[i] = seats{Room: name, Customer: "/", Agent: "/", JoinWith: "join " + name}
	}
	return all, nil
}

// What gorilla's chat example has, whose shape most servers on it have.
const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10
	maxMessage = 256 << 10
)

// pumped is a connection with a reading and a writing goroutine.
type pumped struct {
	conn    *websocket.Conn
	out     chan []byte
	replies bool
}

func (p *pumped) send(frame []byte) {
	select {
	case p.out <- frame:
	default: // it is too slow
	}
}

// plainGorilla can answer every message, as the protocol of Phoenix does: what is left of the difference then is ours.
func plainGorilla(replies bool) service {
	hub := newPlainHub()
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	return plain{func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		p := &pumped{conn: conn, out: make(chan []byte, 256), replies: replies}
		go p.write()
		go p.read(hub)
	}}
}

func (p *pumped) read(hub *plainHub) {
	var in *room
	defer func() {
		in.leave(p)
		close(p.out)
		_ = p.conn.Close()
	}()
	p.conn.SetReadLimit(maxMessage)
	_ = p.conn.SetReadDeadline(time.Now().Add(pongWait))
	p.conn.SetPongHandler(func(string) error { return p.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, frame, err := p.conn.ReadMessage()
		if err != nil {
			return
		}
		if in == nil {
			in = hub.join(p, frame)
		} else {
			in.relay(p, frame)
			if p.replies {
				p.send([]byte(`["1","2","room","reply",{"status":"ok"}]`))
			}
		}
	}
}

func (p *pumped) write() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		_ = p.conn.Close()
	}()
	for {
		kind, frame := websocket.PingMessage, []byte(nil)
		select {
		case f, ok := <-p.out:
			if !ok {
				return
			}
			kind, frame = websocket.TextMessage, f
		case <-ticker.C:
		}
		_ = p.conn.SetWriteDeadline(time.Now().Add(writeWait))
		if p.conn.WriteMessage(kind, frame) != nil {
			return
		}
	}
}

// ofMelody is a session of melody.
type ofMelody struct {
	*melody.Session
	in *room // of the reading goroutine
}

func (m *ofMelody) send(frame []byte) { _ = m.Write(frame) }

func plainMelody() service {
	const key = "member"
	hub, m := newPlainHub(), melody.New()
	m.Config.MaxMessageSize = maxMessage
	m.HandleConnect(func(s *melody.Session) { s.Set(key, &ofMelody{Session: s}) })
	m.HandleDisconnect(func(s *melody.Session) {
		me := s.MustGet(key).(*ofMelody)
		me.in.leave(me)
	})
	m.HandleMessage(func(s *melody.Session, frame []byte) {
		if me := s.MustGet(key).(*ofMelody); me.in == nil {
			me.in = hub.join(me, frame)
		} else {
			me.in.relay(me, frame)
		}
	})
	return plain{func(w http.ResponseWriter, r *http.Request) { _ = m.HandleRequest(w, r) }}
}

// ofGWS is a connection of gws.
type ofGWS struct {
	*gws.Conn
	in *room // of the reading goroutine
}

func (m *ofGWS) send(frame []byte) { _ = m.WriteMessage(gws.OpcodeText, frame) }

type gwsEvents struct {
	gws.BuiltinEventHandler
	hub *plainHub
}

func (gwsEvents) OnOpen(c *gws.Conn) {
	_ = c.SetDeadline(time.Now().Add(pongWait))
	c.Session().Store("member", &ofGWS{Conn: c})
}

func gwsMember(c *gws.Conn) *ofGWS {
	m, _ := c.Session().Load("member")
	return m.(*ofGWS)
}

func (gwsEvents) OnClose(c *gws.Conn, _ error) {
	me := gwsMember(c)
	me.in.leave(me)
}

func (e gwsEvents) OnMessage(c *gws.Conn, message *gws.Message) {
	defer func() { _ = message.Close() }()
	_ = c.SetDeadline(time.Now().Add(pongWait))
	if me := gwsMember(c); me.in == nil {
		me.in = e.hub.join(me, message.Bytes())
	} else {
		me.in.relay(me, message.Bytes())
	}
}

func plainGWS() service {
	upgrader := gws.NewUpgrader(gwsEvents{hub: newPlainHub()}, &gws.ServerOption{})
	return plain{func(w http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(w, r); err == nil {
			go c.ReadLoop()
		}
	}}
}
