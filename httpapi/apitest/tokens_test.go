package apitest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/jwtauth"
)

// token makes a JSON Web Token by hand, right or wrong.
func token(header, claims map[string]any, with func() hash.Hash, key []byte) string {
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := encode(header) + "." + encode(claims)
	if with == nil {
		return signed + "."
	}
	mac := hmac.New(with, key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hs256() map[string]any { return map[string]any{"alg": "HS256", "typ": "JWT"} }

func claimsOf(a call.Actor) map[string]any {
	return map[string]any{
		"sub": a.ID, "name": a.Name, "tenant": a.Tenant, "role": string(a.Role), "exp": time.Now().Add(time.Hour).Unix(),
	}
}

// but is claims with one of them changed, or taken away if it is nil.
func but(claims map[string]any, name string, value any) map[string]any {
	c := maps.Clone(claims)
	if c[name] = value; value == nil {
		delete(c, name)
	}
	return c
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := claimsOf(olga)
	try := func(authorization string) reply {
		c := client{w: w, tenant: avanter}.with("Authorization", authorization)
		return c.get("/api/v1/calls")
	}
	bearer := func(s string) string { return "Bearer " + s }
	require.Equal(t, 200, try(bearer(token(hs256(), good, sha256.New, jwtKey))).status, "the test's own tokens are right")
	require.Equal(t, 200, try(bearer(token(hs256(), good, sha256.New, oldKey))).status, "the key before the rotation")
	require.Equal(t, 200, try("bearer "+token(hs256(), good, sha256.New, jwtKey)).status, "a scheme knows no case")

	whole := token(hs256(), good, sha256.New, jwtKey)
	parts := strings.Split(whole, ".")
	for name, authorization := range map[string]string{
		"none":                 "",
		"only the scheme":      "Bearer",
		"another scheme":       "Basic b2xnYTpvbGdh",
		"no scheme":            whole,
		"not a token":          bearer("hello"),
		"dots":                 bearer(".."),
		"no signature":         bearer(parts[0] + "." + parts[1]),
		"empty signature":      bearer(parts[0] + "." + parts[1] + "."),
		"changed claims":       bearer(parts[0] + "." + strings.Split(token(hs256(), but(good, "role", "attendant"), nil, nil), ".")[1] + "." + parts[2]),
		"cut signature":        bearer(whole[:len(whole)-4]),
		"four parts":           bearer(whole + ".x"),
		"alg none":             bearer(token(map[string]any{"alg": "none", "typ": "JWT"}, good, nil, nil)),
		"alg None":             bearer(token(map[string]any{"alg": "None"}, good, nil, nil)),
		"alg none, but signed": bearer(token(map[string]any{"alg": "none"}, good, sha256.New, jwtKey)),
		"alg HS512":            bearer(token(map[string]any{"alg": "HS512"}, good, sha512.New, jwtKey)),
		"alg HS384":            bearer(token(map[string]any{"alg": "HS384"}, good, sha512.New384, jwtKey)),
		"alg RS256":            bearer(token(map[string]any{"alg": "RS256"}, good, sha256.New, jwtKey)),
		"no alg":               bearer(token(map[string]any{"typ": "JWT"}, good, sha256.New, jwtKey)),
		"another key":          bearer(token(hs256(), good, sha256.New, []byte(strings.Repeat("x", 32)))),
		"empty key":            bearer(token(hs256(), good, sha256.New, nil)),
		"no exp":               bearer(token(hs256(), but(good, "exp", nil), sha256.New, jwtKey)),
		"exp a text":           bearer(token(hs256(), but(good, "exp", "tomorrow"), sha256.New, jwtKey)),
		"expired":              bearer(token(hs256(), but(good, "exp", time.Now().Add(-time.Second).Unix()), sha256.New, jwtKey)),
		"not yet":              bearer(token(hs256(), but(good, "nbf", time.Now().Add(time.Hour).Unix()), sha256.New, jwtKey)),
		"no sub":               bearer(token(hs256(), but(good, "sub", nil), sha256.New, jwtKey)),
		"empty sub":            bearer(token(hs256(), but(good, "sub", ""), sha256.New, jwtKey)),
		"sub a number":         bearer(token(hs256(), but(good, "sub", 7), sha256.New, jwtKey)),
		"long sub":             bearer(token(hs256(), but(good, "sub", strings.Repeat("a", 4000)), sha256.New, jwtKey)),
		"NUL in sub":           bearer(token(hs256(), but(good, "sub", "a\x00b"), sha256.New, jwtKey)),
		"no name":              bearer(token(hs256(), but(good, "name", nil), sha256.New, jwtKey)),
		"no tenant":            bearer(token(hs256(), but(good, "tenant", nil), sha256.New, jwtKey)),
		"empty tenant":         bearer(token(hs256(), but(good, "tenant", ""), sha256.New, jwtKey)),
		"no role":              bearer(token(hs256(), but(good, "role", nil), sha256.New, jwtKey)),
		"unknown role":         bearer(token(hs256(), but(good, "role", "admin"), sha256.New, jwtKey)),
		"role in capitals":     bearer(token(hs256(), but(good, "role", "OWNER"), sha256.New, jwtKey)),
		"roles in a list":      bearer(token(hs256(), but(good, "role", []string{"owner"}), sha256.New, jwtKey)),
		"long":                 bearer(strings.Repeat("a", 100_000)),
	} {
		w.refused(name, func() reply { return try(authorization) }, http.StatusUnauthorized)
	}

	// A good token of another company, and of a company that the host does not know.
	w.refused("another tenant", func() reply {
		return try(bearer(token(hs256(), but(good, "tenant", padaria), sha256.New, jwtKey)))
	}, http.StatusForbidden)
	c := client{w: w, bearer: token(hs256(), but(good, "tenant", "ghost"), sha256.New, jwtKey), tenant: "ghost"}
	w.refused("unknown tenant", func() reply { return c.get("/api/v1/calls") }, http.StatusForbidden)
	for _, tenant := range []string{"Avanter", "avanter ghost", "avanter,padaria", "../avanter", strings.Repeat("a", 4000)} {
		w.refused("X-Tenant "+tenant, func() reply {
			c := w.as(olga)
			c.tenant = tenant
			return c.get("/api/v1/calls")
		}, http.StatusForbidden)
	}
	w.refused("X-Tenant empty", func() reply {
		c := w.as(olga)
		c.tenant = ""
		return c.with("X-Tenant", "").get("/api/v1/calls")
	}, http.StatusBadRequest)
}

// The token of a key that was taken away is no longer good; the first key signs.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	after, err := jwtauth.New(jwtauth.Options{Keys: [][]byte{jwtKey}})
	require.NoError(t, err)
	_, err = after.Verify(token(hs256(), claimsOf(olga), sha256.New, oldKey))
	require.Error(t, err)
	signed, err := w.auth.Sign(olga, time.Hour)
	require.NoError(t, err)
	_, err = after.Verify(signed)
	require.NoError(t, err)
}
