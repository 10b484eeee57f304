package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/avanter/voki/call"
)

// errTurnedAway is all that a client learns who may not connect.
var errTurnedAway = errors.New("turned away")

// visitor is who is at the other end of a socket, as its token says.
type visitor struct {
	tenant string
	actor  call.Actor // a user; of one with a resume_token the id alone is known
	callID string     // the only call that a customer or a resume_token may join
	side   call.Side  // of that call
}

// user reports whether the visitor is a user with all that his role allows.
func (v *visitor) user() bool { return v.callID == "" }

// knock finds out who wants to connect, with the token of the query if there is one there. Returns errTurnedAway for who
// may not, and other errors for a store or host that fails.
func (s *Server) knock(r *http.Request, token string) (*visitor, error) {
	if !s.originAllowed(r) {
		return nil, errTurnedAway
	}
	if token == "" {
		token = headerToken(r)
	}
	switch {
	case strings.HasPrefix(token, websocketTokenVersion+"."):
		return s.customer(r.Context(), token)
	case strings.HasPrefix(token, resumeTokenVersion+"."):
		return s.returning(r.Context(), token)
	}
	a, err := s.authenticate(bearing(r, token))
	if errors.Is(err, ErrUnauthorized) || err == nil && !a.Role.Valid() {
		return nil, errTurnedAway
	}
	if err != nil {
		return nil, err
	}
	if _, err := s.voki.Calls.Tenant(r.Context(), a.Tenant); err != nil {
		return nil, turnedAway(err)
	}
	return &visitor{tenant: a.Tenant, actor: a}, nil
}

func (s *Server) customer(ctx context.Context, token string) (*visitor, error) {
	tenant, id, ok := s.tokens.verify(token)
	if !ok {
		return nil, errTurnedAway
	}
	return s.admit(ctx, resumeSeat{tenant: tenant, callID: id, side: call.SideCustomer})
}

func (s *Server) returning(ctx context.Context, token string) (*visitor, error) {
	seat, ok := s.resumes.verify(token)
	if !ok {
		return nil, errTurnedAway
	}
	return s.admit(ctx, seat)
}

// admit lets a participant in while his token is good. A customer whose call somebody is in needs no look at the call:
// what the join may find is for that to say.
func (s *Server) admit(ctx context.Context, seat resumeSeat) (*visitor, error) {
	if seat.side == call.SideAgent || !s.aboard(seat.tenant, seat.callID) {
		c, err := s.callWithin(ctx, seat.tenant, seat.callID)
		if err != nil {
			return nil, turnedAway(err)
		}
		if seat.side == call.SideAgent && seat.userID != c.User.ID {
			return nil, errTurnedAway
		}
	}
	return &visitor{
		tenant: seat.tenant, callID: seat.callID, side: seat.side, actor: call.Actor{Tenant: seat.tenant, ID: seat.userID},
	}, nil
}

// turnedAway hides what a client may have guessed.
func turnedAway(err error) error {
	if errors.Is(err, ErrUnauthorized) || errors.Is(err, call.ErrTenantNotFound) {
		return errTurnedAway
	}
	return err
}

// bearerProtocol begins the subprotocol in which the stock client, from 1.8 on, sends its authToken.
const bearerProtocol = "base64url.bearer.phx." //nolint:gosec // a name, no credential

// headerToken returns the token of a handshake that has none in its query: of the subprotocol, or of the Authorization
// header; empty if there is none.
func headerToken(r *http.Request) string {
	for _, header := range r.Header.Values("Sec-Websocket-Protocol") {
		for protocol := range strings.SplitSeq(header, ",") {
			encoded, ok := strings.CutPrefix(strings.TrimSpace(protocol), bearerProtocol)
			if !ok {
				continue
			}
			// The client's name promises base64url, and what it sends is base64.
			encoded = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(encoded)
			if token, err := base64.RawURLEncoding.DecodeString(encoded); err == nil {
				return string(token)
			}
		}
	}
	token, _ := BearerToken(r)
	return token
}

// bearing returns the request as an [Authenticator] expects it: with the token in its Authorization header, if there is
// one, and without it anywhere else.
func bearing(r *http.Request, token string) *http.Request {
	if token == "" {
		return r
	}
	clone := r.Clone(r.Context())
	clone.Header.Set("Authorization", "Bearer "+token)
	clone.Header.Del("Sec-Websocket-Protocol")
	clone.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}
	clone.RequestURI = clone.URL.RequestURI()
	return clone
}
