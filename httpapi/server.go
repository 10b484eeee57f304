package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/avanter/voki"
	"github.com/avanter/voki/httpapi/phx"
)

// Options configure a [Server]. Only Authenticator is required.
type Options struct {
	Authenticator Authenticator
	Policy        Policy // Defaults to none: the page's role table
	Links         Links  // for Public. Defaults to none: every link token is unknown

	// PublicURL is where clients reach this server, such as https://calls.example.com; the websocket_url of replies
	// begins with it. Defaults to what the request came in on.
	PublicURL string

	// PublicRate is how many requests a minute one address may make to the public routes. An IPv6 address stands for
	// its /64. Defaults to 30; negative turns it off.
	PublicRate int

	// TrustedProxies are the addresses whose X-Forwarded-For and X-Forwarded-Proto are believed. If there are any, a
	// peer on a unix socket, which has no address, is believed too. Defaults to none.
	TrustedProxies []netip.Prefix

	// AllowedOrigins are the web origins, such as https://app.example.com, whose scripts may use the API (CORS),
	// compared exactly; "*" stands for all, without credentials. Sockets are open to them, and to pages of the server's
	// own host. Defaults to none.
	AllowedOrigins []string

	// ICE are the STUN and TURN servers that both sides of a call are told of. Defaults to none: browsers find each
	// other where no network stands between them.
	ICE []ICEServer

	// MaxBody is the most bytes of a JSON body, and of all that an upload holds beside its file. Defaults to 1 MiB.
	MaxBody int64

	// BodyTimeout is how long a client may take to send a JSON body, and between two pieces of an upload. It stands in
	// for the ReadTimeout of the host's http.Server, which would cut long uploads. Defaults to 30 seconds; negative
	// leaves it to the host.
	BodyTimeout time.Duration

	// SocketRate is how many messages a second a socket may send in the long run, and twice as many at once; beyond, it
	// is closed with [phx.TooManyMessages]. Defaults to 100; negative turns it off.
	SocketRate float64

	// SocketByteRate is the same for the bytes of the messages, but that 256 KiB may always come at once. Defaults to
	// 1 MiB; negative turns it off.
	SocketByteRate float64

	// SocketsPerUser is how many sockets the access tokens of one user may have open at once, in all his tabs, and
	// SocketsPerParticipant how many the websocket_token and the resume_tokens of one participant of a call. One too
	// many is refused with 429. Default to 64 and 16; negative turns them off.
	SocketsPerUser, SocketsPerParticipant int

	Logger *slog.Logger // gets no names, texts or tokens. Defaults to one that discards
}

// The defaults of [Options].
const (
	DefaultPublicRate  = 30
	DefaultMaxBody     = 1 << 20
	DefaultBodyTimeout = 30 * time.Second

	DefaultSocketsPerUser        = 64
	DefaultSocketsPerParticipant = 16
)

// Server serves the API. It is safe for concurrent use. It has no goroutines of its own and needs no closing, unless
// [Server.Socket] is mounted: [Server.Run] owns what sockets need.
type Server struct {
	voki      *voki.Voki
	o         Options
	origins   origins
	publicURL *url.URL               // nil: as the request came in
	limiter   *limiter[netip.Prefix] // nil: no limit
	joins     *limiter[holder]       // of participants
	tokens    websocketTokens
	downloads downloadLinks
	resumes   resumeTokens
	hub       *phx.Hub
	crowd     crowd
	feeds     *runners[string, *feed]
	rosters   *runners[place, *roster]
	ran       atomic.Bool
	pages     sync.Pool // of *pageRoom: replies to lists
	private   table
	public    table
}

// New returns a server on v. It fails without v, without an Authenticator, with a PublicURL that is no absolute http
// or https address, and with an ICE server that no browser would take.
func New(v *voki.Voki, o Options) (*Server, error) {
	if v == nil {
		return nil, errors.New("httpapi: a Voki is required")
	}
	if o.Authenticator == nil {
		return nil, errors.New("httpapi: Options.Authenticator is required")
	}
	if o.Policy == nil {
		o.Policy = noPolicy{}
	}
	if o.Links == nil {
		o.Links = noLinks{}
	}
	if o.PublicRate == 0 {
		o.PublicRate = DefaultPublicRate
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = DefaultBodyTimeout
	}
	if o.SocketsPerUser == 0 {
		o.SocketsPerUser = DefaultSocketsPerUser
	}
	if o.SocketsPerParticipant == 0 {
		o.SocketsPerParticipant = DefaultSocketsPerParticipant
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		voki:      v,
		o:         o,
		origins:   newOrigins(o.AllowedOrigins),
		tokens:    websocketTokens{newSigner(v.Key("websocket token"))},
		downloads: downloadLinks{newSigner(v.Key("recording download"))},
		resumes:   resumeTokens{newSigner(v.Key("resume token"))},
		joins:     newLimiter[holder](participantJoins),
		crowd: crowd{
			perUser: o.SocketsPerUser, perParticipant: o.SocketsPerParticipant, of: map[holder]int{},
		},
	}
	s.hub = phx.New(phx.Options{
		Router: s.route, Logger: o.Logger, ReadLimitError: websocket.ErrReadLimit,
		Rate: o.SocketRate, Burst: int(2 * max(o.SocketRate, 0)),
		ByteRate: o.SocketByteRate, ByteBurst: int(2 * max(o.SocketByteRate, 0)),
		OnClose: func(socket *phx.Socket, _ phx.Code) { s.crowd.leave(socket.User().(*visitor)) },
	})
	s.feeds = newRunners(s.newFeed, (*feed).run)
	s.rosters = newRunners(s.newRoster, (*roster).run)
	if o.PublicURL != "" {
		u, err := parsePublicURL(o.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("httpapi: Options.PublicURL: %w", err)
		}
		s.publicURL = u
	}
	for n, i := range o.ICE {
		if err := i.Check(); err != nil {
			return nil, fmt.Errorf("httpapi: Options.ICE[%d]: %w", n, err)
		}
	}
	if o.PublicRate > 0 {
		s.limiter = newLimiter[netip.Prefix](o.PublicRate)
	}
	for _, e := range endpoints() {
		if e.Public {
			s.public = append(s.public, e)
		} else {
			s.private = append(s.private, e)
		}
	}
	return s, nil
}

func parsePublicURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no absolute http or https address", raw)
	}
	return u, nil
}

// ServeHTTP serves the routes for users: /api/v1/calls…, /api/v1/export/… and /uploads/calls/….
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(s.private, w, r) }

// Public returns the handler of the routes for customers: the subtree /api/v1/call/. It is limited by
// [Options.PublicRate].
func (s *Server) Public() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.limiter != nil && r.Method != http.MethodOptions {
			if wait, ok := s.limiter.take(neighbourhood(s.clientAddr(r)), time.Now()); !ok {
				s.origins.allow(w, r)
				w.Header().Set("Retry-After", wholeSeconds(wait))
				writeError(w, r, http.StatusTooManyRequests, "Too many requests")
				return
			}
		}
		s.serve(s.public, w, r)
	})
}
