package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// site is the host application: its own users and pages, and Voki.
type site struct {
	sessions *sessions
	voki     *voki.Voki
	api      *httpapi.Server
}

func newSite(store storage.Store, blobs media.BlobStore) (*site, error) {
	s := &site{sessions: newSessions()}
	var err error
	s.voki, err = voki.New(voki.Options{Store: store, Blobs: blobs, Directory: s.sessions, Tenants: company{}})
	if err != nil {
		return nil, err
	}
	s.api, err = httpapi.New(s.voki, httpapi.Options{Authenticator: s.sessions, Links: company{}})
	return s, err
}

// pages are the host's own routes. It does not matter to them that there is an API.
func (s *site) pages() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", s.home)
	mux.HandleFunc("GET /login", s.sessions.loginForm)
	mux.HandleFunc("POST /login", s.sessions.login)
	mux.HandleFunc("POST /logout", s.sessions.logout)
	return mux
}

// serveMux mounts the API beside the pages.
//
// The mux of the pages must not be the one that the API is mounted on. It has the pattern "GET /", and "/api/v1/" is
// narrower in its path and wider in its methods: neither goes before the other, and ServeMux panics. On an outer mux
// the pages are just "/", which is wider in both. (If the pages need no catch-all, "GET /{$}" does as well.)
func (s *site) serveMux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", s.api)
	mux.Handle("/uploads/", s.api)
	mux.Handle("/api/v1/call/", s.api.Public()) // the customers' routes, which need no session
	mux.Handle(httpapi.SocketPath, s.api.Socket())
	mux.Handle("/", s.pages())
	return protected(mux)
}

// chi does the same with a chi router, which knows no such conflict. The API wants the whole path: Handle leaves it as
// it is, where http.StripPrefix would not.
func (s *site) chi() http.Handler {
	r := chi.NewRouter()
	r.Use(protected)
	r.Handle("/api/v1/*", s.api)
	r.Handle("/uploads/*", s.api)
	r.Handle("/api/v1/call/*", s.api.Public())
	r.Handle(httpapi.SocketPath, s.api.Socket())
	r.Get("/", s.home)
	r.Get("/login", s.sessions.loginForm)
	r.Post("/login", s.sessions.login)
	r.Post("/logout", s.sessions.logout)
	return r
}

// protected refuses what other sites make a browser send with the user's cookie. An API behind bearer tokens has no
// need of it, one behind cookies has.
func protected(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(next)
}

// home shows how many customers wait, asked of Voki without a detour over HTTP.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	a, err := s.sessions.Authenticate(r)
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	waiting, err := s.voki.Calls.List(r.Context(), a, call.Query{Statuses: []call.Status{call.Queued}})
	if err != nil {
		http.Error(w, "the queue cannot be read now", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "Good morning, %s. Customers who wait: %d.\n", a.Name, waiting.Total)
}

// follow is where a host does what follows from a call, such as a message to somebody. Here it only keeps a diary. A
// host that must miss nothing over a restart keeps the number of the last event, and passes it here.
func (s *site) follow(ctx context.Context, diary *slog.Logger) error {
	for event, err := range s.voki.Events(ctx, companySlug, 0) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		diary.Info("call", "number", event.Seq, "kind", event.Kind, "call", event.CallID)
	}
	return nil
}
