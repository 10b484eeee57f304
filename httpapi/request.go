package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/avanter/voki/call"
)

// request is one request on its way through the checks, and what they have found out.
type request struct {
	s *Server
	w *replyWriter
	r *http.Request

	route  *endpoint
	params params

	actor  call.Actor  // routes for users
	signed string      // the tenant that the signed address of a recording names, instead of an actor
	link   Link        // public routes by link
	tenant call.Tenant // the actor's, or the link's
	call   *call.Call  // where the route names one, or the websocket token

	read *bodyReader // the body, as far as the handler has read it; nil if it has not
}

// noRoute is that of a request whose route is not found yet.
var noRoute = &endpoint{}

// ctx is that of the request, but it does not end with the connection: net/http takes a client that has closed only its
// own side, as nc -N and some proxies do, for one that is gone. Whoever waits for a client does so with a deadline.
func (rq *request) ctx() context.Context { return context.WithoutCancel(rq.r.Context()) }

// callID is the id in the path of a route that names a call.
func (rq *request) callID() string {
	if id, ok := rq.params["id"]; ok {
		return id
	}
	return rq.params["call_id"]
}

// serve answers a request from a table of routes.
func (s *Server) serve(t table, w http.ResponseWriter, r *http.Request) {
	rq := &request{s: s, w: &replyWriter{ResponseWriter: w}, r: r, route: noRoute}
	defer rq.recoverPanic()
	s.origins.allow(rq.w, r)

	matched, values := t.match(r.URL.EscapedPath())
	if matched == nil {
		writeError(rq.w, r, http.StatusNotFound, "Not Found")
		return
	}
	if r.Method == http.MethodOptions {
		s.origins.preflight(rq.w, r, allowed(matched))
		return
	}
	route := forMethod(matched, r.Method)
	if route == nil {
		rq.w.Header().Set("Allow", allowed(matched))
		writeError(rq.w, r, http.StatusMethodNotAllowed, "Method not allowed")
		return
	}
	rq.route, rq.params = route, values
	if err := rq.run(); err != nil {
		rq.fail(err)
	}
}

// run is the order of checks; the handler reads the body.
func (rq *request) run() error {
	if err := rq.route.access(rq); err != nil {
		return err
	}
	if rq.route.call {
		if err := rq.loadCall(rq.callID()); err != nil {
			return err
		}
	}
	return rq.route.handle(rq)
}

// loadCall reads a call that the actor may see and asks the host's Policy whether the route may be used on it.
func (rq *request) loadCall(id string) error {
	c, err := rq.s.voki.Calls.Get(rq.ctx(), rq.actor, id)
	if err != nil {
		return err
	}
	rq.call = &c
	return rq.s.o.Policy.Allow(rq.ctx(), rq.actor, rq.route.Operation, c)
}

// byUser is the access to routes for users: a token, the tenant, the role.
func (rq *request) byUser() error {
	a, err := rq.s.authenticate(rq.r)
	if err != nil {
		return err
	}
	slugs := rq.r.Header.Values("X-Tenant")
	if len(slugs) != 1 || slugs[0] == "" {
		return errNoTenant
	}
	slug := slugs[0]
	if slug != a.Tenant {
		return errOtherTenant
	}
	if rq.tenant, err = rq.s.voki.Calls.Tenant(rq.ctx(), slug); err != nil {
		return err
	}
	if err := a.Require(rq.route.Role); err != nil {
		if rq.route.forbidden != nil {
			return rq.route.forbidden
		}
		return err
	}
	rq.actor = a
	return nil
}

// authenticate asks the host who makes a request. Returns [ErrUnauthorized].
func (s *Server) authenticate(r *http.Request) (call.Actor, error) {
	a, err := s.o.Authenticator.Authenticate(r)
	if errors.Is(err, ErrUnauthorized) {
		return call.Actor{}, ErrUnauthorized
	}
	if err != nil { // whatever it wraps, it says nothing about a call
		return call.Actor{}, errors.New("authenticator: " + err.Error())
	}
	if !call.ValidID(a.ID) || !call.ValidID(a.Tenant) {
		s.o.Logger.WarnContext(r.Context(), "the authenticator returned an actor without usable id and tenant")
		return call.Actor{}, ErrUnauthorized
	}
	return a, nil
}

// recoverPanic turns a panic into a 500, or cuts the connection if a reply has begun. The panic of
// [http.ErrAbortHandler] goes on.
func (rq *request) recoverPanic() {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	rq.s.o.Logger.ErrorContext(rq.ctx(), "panic in a handler",
		"operation", rq.route.Operation, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if rq.w.begun {
		panic(http.ErrAbortHandler)
	}
	writeError(rq.w, rq.r, http.StatusInternalServerError, internalError)
}
