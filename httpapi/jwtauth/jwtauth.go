// Package jwtauth is a ready-made authenticator for package httpapi: access tokens that are JSON Web Tokens (RFC 7519),
// signed with HMAC-SHA256.
//
// A token bears the claims sub (user id), name (display name), tenant, role and exp, all of them required. Whoever has
// a key can make tokens for anybody; the package knows no users, sessions or passwords, and must never come to.
package jwtauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// MinKey is the fewest bytes that a key may have (RFC 7518, section 3.2).
const MinKey = 32

// Options configure an [Authenticator]. At least one key is required.
type Options struct {
	// Keys sign and verify: the first one signs, all of them verify. To change the key, put the new one in front, and
	// take the old one away when the last token that it has signed has expired.
	Keys [][]byte

	// Leeway is how far clocks may be apart when the times of a token are checked. Defaults to none.
	Leeway time.Duration
}

// Authenticator signs and verifies access tokens. It knows those that it has verified by their hashes, and takes them
// apart once; when they expire is checked each time. It implements [httpapi.Authenticator] and is safe for concurrent use.
type Authenticator struct {
	keys   [][]byte
	parser *jwt.Parser
	times  *jwt.Validator // of tokens that are known, by the parser's rules
	known  known
}

var _ httpapi.Authenticator = (*Authenticator)(nil)

// New returns an authenticator. It fails without a key, with one shorter than [MinKey], and with a negative leeway.
func New(o Options) (*Authenticator, error) {
	if len(o.Keys) == 0 {
		return nil, errors.New("jwtauth: Options.Keys is required")
	}
	if o.Leeway < 0 {
		return nil, errors.New("jwtauth: Options.Leeway is negative")
	}
	a := &Authenticator{
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithExpirationRequired(),
			jwt.WithStrictDecoding(),
			jwt.WithLeeway(o.Leeway),
		),
		times: jwt.NewValidator(jwt.WithExpirationRequired(), jwt.WithLeeway(o.Leeway)),
	}
	for i, key := range o.Keys {
		if len(key) < MinKey {
			return nil, fmt.Errorf("jwtauth: key %d has %d bytes, which is less than %d", i, len(key), MinKey)
		}
		a.keys = append(a.keys, slices.Clone(key))
	}
	return a, nil
}

// claims are what a token says.
type claims struct {
	Name   string    `json:"name"`
	Tenant string    `json:"tenant"`
	Role   call.Role `json:"role"`
	jwt.RegisteredClaims
}

// UnmarshalJSON is stricter than the library: a time is a number (RFC 7519, section 2) and the text is UTF-8.
func (c *claims) UnmarshalJSON(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("the claims are not UTF-8")
	}
	var times struct{ Exp, Nbf, Iat json.RawMessage }
	if err := json.Unmarshal(text, &times); err != nil {
		return err
	}
	for _, t := range []json.RawMessage{times.Exp, times.Nbf, times.Iat} {
		if len(t) > 0 && t[0] == '"' {
			return errors.New("a time in the claims is a text")
		}
	}
	type plain claims
	return json.Unmarshal(text, (*plain)(c))
}

// Authenticate returns the user whose token the request bears in its Authorization header. Returns an error that Is
// [httpapi.ErrUnauthorized] if there is none that is valid.
func (a *Authenticator) Authenticate(r *http.Request) (call.Actor, error) {
	token, ok := httpapi.BearerToken(r)
	if !ok {
		return call.Actor{}, fmt.Errorf("%w: no bearer token", httpapi.ErrUnauthorized)
	}
	return a.Verify(token)
}

// Verify returns the user that a token names. Returns an error that Is [httpapi.ErrUnauthorized] if the token is
// malformed, expired, signed with another algorithm or key, or lacks a claim.
func (a *Authenticator) Verify(token string) (call.Actor, error) {
	hash := hashOf(token)
	if v, ok := a.known.get(hash); ok && a.times.Validate(v.times) == nil {
		return v.actor, nil
	}
	var c claims
	_, err := a.parser.ParseWithClaims(token, &c, a.verificationKeys)
	if err != nil {
		return call.Actor{}, fmt.Errorf("%w: %w", httpapi.ErrUnauthorized, err)
	}
	actor := call.Actor{Tenant: c.Tenant, ID: c.Subject, Name: c.Name, Role: c.Role}
	if err := check(actor); err != nil {
		return call.Actor{}, fmt.Errorf("%w: %w", httpapi.ErrUnauthorized, err)
	}
	a.known.put(hash, verified{actor, &jwt.RegisteredClaims{ExpiresAt: c.ExpiresAt, NotBefore: c.NotBefore}})
	return actor, nil
}

// verificationKeys refuses a token with extensions that must be understood (RFC 7515, section 4.1.11): none is.
func (a *Authenticator) verificationKeys(t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("critical extensions are not understood")
	}
	set := jwt.VerificationKeySet{}
	for _, key := range a.keys {
		set.Keys = append(set.Keys, key)
	}
	return set, nil
}

// Sign returns a token for a user that is valid for ttl from now on. It fails for an actor whose token would not be
// accepted, and for a ttl that is not positive.
func (a *Authenticator) Sign(actor call.Actor, ttl time.Duration) (string, error) {
	if err := check(actor); err != nil {
		return "", fmt.Errorf("jwtauth: %w", err)
	}
	if ttl <= 0 {
		return "", errors.New("jwtauth: the time to live must be positive")
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Name: actor.Name, Tenant: actor.Tenant, Role: actor.Role,
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: actor.ID, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
	})
	return token.SignedString(a.keys[0])
}

// check says which claim is missing or unusable. What else a name holds is no matter: where it could do harm, it is
// cleaned.
func check(a call.Actor) error {
	if !call.ValidID(a.ID) {
		return errors.New("claim sub is missing or invalid")
	}
	if !call.ValidID(a.Tenant) {
		return errors.New("claim tenant is missing or invalid")
	}
	if !a.Role.Valid() {
		return errors.New("claim role is missing or invalid")
	}
	wrong := call.FieldErrors{}
	if wrong.CheckText("name", a.Name, call.MaxName); strings.TrimSpace(a.Name) == "" || len(wrong) > 0 {
		return errors.New("claim name is missing or invalid")
	}
	return nil
}
