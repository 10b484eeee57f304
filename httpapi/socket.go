package httpapi

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/avanter/voki/httpapi/phx"
)

// SocketPath is where clients look for [Server.Socket]: the path of every websocket_url.
const SocketPath = "/socket/websocket"

// drainPatience is how long sockets may take to close when [Server.Run] ends, before their connections are cut.
const drainPatience = 5 * time.Second

// Socket returns the handler of [SocketPath], which speaks Phoenix Channels; package phx has the protocol, docs/live.md
// the topics. It takes over the connections it accepts, which [http.Server.Shutdown] then knows nothing of: [Server.Run]
// ends them. The requests of a client that is refused get 403 with an empty body, or 429 if he has too many already.
func (s *Server) Socket() http.Handler {
	upgrader := &websocket.Upgrader{
		ReadBufferSize: 1024, WriteBufferSize: 2048, WriteBufferPool: new(sync.Pool),
		Subprotocols: []string{"phoenix"},
		CheckOrigin:  func(*http.Request) bool { return true }, // knock has looked
		Error:        func(w http.ResponseWriter, _ *http.Request, status int, _ error) { turnAway(w, status) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			turnAway(w, http.StatusMethodNotAllowed)
			return
		}
		query := r.URL.Query()
		version, err := phx.ParseVersion(query.Get("vsn"))
		var v *visitor
		if err == nil {
			v, err = s.knock(r, query.Get("token"))
		}
		switch {
		case err == nil:
		case errors.Is(err, errTurnedAway) || errors.Is(err, phx.ErrVersion):
			turnAway(w, http.StatusForbidden)
			return
		default:
			s.o.Logger.ErrorContext(r.Context(), "a socket could not be let in", "error", err)
			turnAway(w, http.StatusServiceUnavailable)
			return
		}
		if !s.crowd.enter(v) {
			turnAway(w, http.StatusTooManyRequests)
			return
		}
		h := &hijacker{ResponseWriter: w}
		conn, err := upgrader.Upgrade(h, r, nil)
		if err == nil {
			_, err = s.hub.Accept(heldSocket{conn, h.conn}, version, v)
		}
		if err != nil { // the client is told, by a status, or by the close code of a server that goes down
			s.crowd.leave(v)
		}
	})
}

// turnAway answers a client that gets no socket.
func turnAway(w http.ResponseWriter, status int) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// hijacker finds the connection of a reply under the writers that middleware has put around it, and makes it one that
// can hold what is written.
type hijacker struct {
	http.ResponseWriter
	conn *heldConn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &heldConn{Conn: conn}
	return h.conn, buffered, nil
}

// Run feeds the topics of sockets from the log until ctx ends; then it closes the sockets with code 1012, waits until
// they have gone, and returns nil. Nothing runs on after it, and sockets that come later are turned away. Without it
// sockets connect, join and reach each other, but are told of nothing that happens. It is run once, beside
// [voki.Voki.Run], and should end before that.
func (s *Server) Run(ctx context.Context) error {
	if !s.ran.CompareAndSwap(false, true) {
		return errors.New("httpapi: Run was called before")
	}
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	s.feeds.begin(background)
	s.rosters.begin(background)

	<-ctx.Done()
	patience, cancel := context.WithTimeout(background, drainPatience)
	defer cancel()
	if err := s.hub.Drain(patience); err != nil {
		s.o.Logger.WarnContext(ctx, "sockets were cut off", "error", err)
	}
	s.feeds.end()
	s.rosters.end()
	return nil
}

// Sockets returns how many sockets are connected.
func (s *Server) Sockets() int { return s.hub.Sockets() }

// originAllowed reports whether the page that a browser connects from may. Who sends no Origin is no browser, and has
// nothing but the token.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || s.origins.any {
		return true
	}
	for _, allowed := range s.origins.exact {
		if origin == allowed {
			return true
		}
	}
	from, err := url.Parse(origin)
	if err != nil || from.Host == "" {
		return false
	}
	return strings.EqualFold(from.Host, r.Host) || s.publicURL != nil && strings.EqualFold(from.Host, s.publicURL.Host)
}
