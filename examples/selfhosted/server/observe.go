package server

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// observed counts and logs every request. Neither sees more of its address than the route, and the id of the call:
// addresses hold tokens, signatures and file names.
func observed(m *metrics, log *slog.Logger, next http.Handler) http.Handler {
	routes := append(httpapi.Routes(),
		httpapi.Route{Method: http.MethodGet, Pattern: "/"}, httpapi.Route{Method: http.MethodGet, Pattern: "/healthz"},
		httpapi.Route{Method: http.MethodGet, Pattern: "/metrics"}, httpapi.Route{Method: http.MethodGet, Pattern: "/openapi.yaml"},
		httpapi.Route{Method: http.MethodGet, Pattern: httpapi.SocketPath},
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		reply := &observedWriter{ResponseWriter: w}
		route, id := routeOf(routes, r)
		defer func() {
			took := time.Since(begin)
			reply.begin() // who says nothing says 200
			m.request(route, r.Method, reply.status, took)
			level := slog.LevelInfo
			if reply.status >= http.StatusInternalServerError {
				level = slog.LevelWarn
			}
			log.LogAttrs(r.Context(), level, "request",
				slog.String("method", knownMethod(r.Method)), slog.String("route", route), slog.String("call", id),
				slog.Int("status", reply.status), slog.Int64("bytes", reply.bytes), slog.Duration("took", took))
		}()
		next.ServeHTTP(reply, r)
	})
}

// noRoute stands for every address that leads nowhere.
const noRoute = "none"

// routeOf returns the pattern of the route that serves r, or noRoute, and the id of the call that it names.
func routeOf(routes []httpapi.Route, r *http.Request) (pattern, id string) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	pattern, exact := noRoute, ""
	for _, route := range routes {
		if fit := fit(route.Pattern, segments); fit > exact {
			pattern, exact = route.Pattern, fit
		}
	}
	if exact == "" {
		return noRoute, ""
	}
	for i, p := range strings.Split(pattern, "/") {
		if p == "{id}" || p == "{call_id}" {
			if id, _ = url.PathUnescape(segments[i]); !call.ValidID(id) {
				id = ""
			}
		}
	}
	return pattern, id
}

// fit says how a pattern fits a path: a letter for each segment, such that of two that fit the greater one is the more
// exact, from the left; empty if it does not fit.
func fit(pattern string, segments []string) string {
	wanted := strings.Split(pattern, "/")
	if len(wanted) != len(segments) {
		return ""
	}
	letters := make([]byte, len(wanted))
	for i, p := range wanted {
		switch {
		case strings.HasPrefix(p, "{"):
			letters[i] = 'p' // a parameter
		case p == segments[i]:
			letters[i] = 'w' // a word
		default:
			return ""
		}
	}
	return string(letters)
}

// knownMethod bounds what a client can make a label of.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return method
	}
	return "other"
}

// observedWriter sees what becomes of a reply.
type observedWriter struct {
	http.ResponseWriter
	status int // 0: not begun
	bytes  int64
}

// begun reports whether a reply has begun.
func begun(w http.ResponseWriter) bool {
	o, ok := w.(*observedWriter)
	return ok && o.status != 0
}

func (w *observedWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *observedWriter) Write(p []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets files go out without a copy where the connection can do that.
func (w *observedWriter) ReadFrom(r io.Reader) (int64, error) {
	w.begin()
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

func (w *observedWriter) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// Hijack hands the connection over to who answers 101 on it, as sockets do.
func (w *observedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && w.status == 0 {
		w.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap is for [http.ResponseController].
func (w *observedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
