package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/avanter/voki/call"
)

var (
	// ErrUnauthorized is what an [Authenticator] returns, wrapped or not, for a request without a valid token.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrLinkNotFound is what [Links] return for a token that opens nothing, or nothing any more.
	ErrLinkNotFound = errors.New("invalid or expired access link")
)

// Authenticator is how the host says who makes a request.
type Authenticator interface {
	// Authenticate returns the user who makes the request, with tenant, id and role. It must not read the body.
	//
	// Returns [ErrUnauthorized] if there is no token or none that is valid: the reply is 401. Any other error is
	// logged, and the reply is 500.
	Authenticate(r *http.Request) (call.Actor, error)
}

// Policy is how a host narrows what the API page's role table allows, such as to a user's own calls or departments.
// It can take away and never add.
type Policy interface {
	// Scope narrows the query of a list, or of the export, to what a may see. It keeps to what the client asked for: a filter that q
	// has already is cut down, not replaced. A set that is cut down to nothing, but not nil, shows nothing.
	//
	// Returns [call.ErrForbidden] to refuse the list, and [call.ErrNotFound] if nothing that was asked for may be
	// seen: the list is empty then. Any other error is logged, and the reply is 500.
	Scope(ctx context.Context, a call.Actor, q *call.Query) error

	// Allow reports whether a may do to c what the route does; action is the route's [Route.Operation]. It is asked
	// before the body is read and before anything is changed. The signed address of a recording is not asked about
	// again: who got it was allowed to have it.
	//
	// Returns [call.ErrForbidden] to refuse, and [call.ErrNotFound] to hide that there is such a call. Any other error
	// is logged, and the reply is 500.
	Allow(ctx context.Context, a call.Actor, action string, c call.Call) error
}

// Links is how the host says what the access links open that its customers are given.
type Links interface {
	// Link returns what a token opens. Returns [ErrLinkNotFound]. The words status, evaluate, cancel and
	// turn-credentials are parts of addresses, and never asked about.
	Link(ctx context.Context, token string) (Link, error)
}

// Link is what an access link opens: the queue of one department.
type Link struct {
	Tenant     string // slug
	Department string // id
	Company    Company
}

// Company is how a company presents itself to its customers. What is empty is null in replies.
type Company struct {
	Name         string // Defaults to the name of the tenant
	LogoURL      string
	PrimaryColor string // as CSS writes it
}

// noLinks is used when the host gives no Links.
type noLinks struct{}

func (noLinks) Link(context.Context, string) (Link, error) { return Link{}, ErrLinkNotFound }

// noPolicy is used when the host gives no Policy: roles alone decide.
type noPolicy struct{}

func (noPolicy) Scope(context.Context, call.Actor, *call.Query) error       { return nil }
func (noPolicy) Allow(context.Context, call.Actor, string, call.Call) error { return nil }
