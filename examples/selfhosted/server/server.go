// Package server is what the binary adds around the API: its other pages, metrics, the access log, and the life of the
// listeners from start to drain.
package server

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/avanter/voki"
	"github.com/avanter/voki/httpapi"
)

// Options say what is served.
type Options struct {
	Voki    *voki.Voki
	API     *httpapi.Server
	Relays  func() int // how many relays of the built-in server are open; nil without one
	Version string
	Logger  *slog.Logger

	Webhooks *WebhookTries
}

// Handler serves everything that the binary has on its public address.
func Handler(o Options) http.Handler {
	m := newMetrics(o)
	pages := map[string]http.Handler{
		"/":             page("text/html; charset=utf-8", statusPage(o.Voki, o.Version)),
		"/healthz":      health(o.Voki),
		"/metrics":      promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}),
		"/openapi.yaml": page("application/yaml; charset=utf-8", func() ([]byte, error) { return httpapi.OpenAPI(), nil }),
	}
	public, socket := o.API.Public(), o.API.Socket()
	// A switch and no http.ServeMux, which would answer odd paths with redirects where the API says 404.
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/v1/call/"):
			public.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/api/v1/"), strings.HasPrefix(path, "/uploads/"):
			o.API.ServeHTTP(w, r)
		case path == httpapi.SocketPath:
			socket.ServeHTTP(w, r)
		case pages[path] == nil:
			writeError(w, http.StatusNotFound, "Not Found")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			writeError(w, http.StatusMethodNotAllowed, "Method Not Allowed")
		default:
			pages[path].ServeHTTP(w, r)
		}
	}
	return observed(m, o.Logger, recovered(o.Logger, http.HandlerFunc(serve)))
}

// recovered answers a panic with 500 and goes on.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler: // is meant to cut the connection
				panic(cause)
			default:
				log.ErrorContext(r.Context(), "a request panicked", "cause", cause, "stack", string(debug.Stack()))
				if begun(w) {
					panic(http.ErrAbortHandler)
				}
				writeError(w, http.StatusInternalServerError, "Internal server error")
			}
		}()
		next.ServeHTTP(w, r)
	})
}
