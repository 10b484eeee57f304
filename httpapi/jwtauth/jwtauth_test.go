package jwtauth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
)

var (
	key = bytes.Repeat([]byte("a"), 32)
	old = bytes.Repeat([]byte("b"), 64)
	ana = call.Actor{Tenant: "avanter", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
)

func newAuth(t *testing.T, o jwtauth.Options) *jwtauth.Authenticator {
	t.Helper()
	a, err := jwtauth.New(o)
	require.NoError(t, err)
	return a
}

func TestNewRefusesWeakKeys(t *testing.T) {
	for name, o := range map[string]jwtauth.Options{
		"none":            {},
		"short":           {Keys: [][]byte{key[:31]}},
		"short second":    {Keys: [][]byte{key, nil}},
		"negative leeway": {Keys: [][]byte{key}, Leeway: -1},
	} {
		_, err := jwtauth.New(o)
		assert.Error(t, err, name)
	}
}

func TestSignedTokensAreAccepted(t *testing.T) {
	auth := newAuth(t, jwtauth.Options{Keys: [][]byte{key}})
	token, err := auth.Sign(ana, time.Minute)
	require.NoError(t, err)
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", scheme+" "+token)
		got, err := auth.Authenticate(r)
		require.NoError(t, err)
		assert.Equal(t, ana, got)
	}
	_, err = auth.Authenticate(httptest.NewRequest(http.MethodGet, "/", nil))
	assert.ErrorIs(t, err, httpapi.ErrUnauthorized)
}

func TestSignRefusesWhatWouldNotBeAccepted(t *testing.T) {
	auth := newAuth(t, jwtauth.Options{Keys: [][]byte{key}})
	_, err := auth.Sign(ana, 0)
	assert.Error(t, err)
	for _, spoil := range []func(*call.Actor){
		func(a *call.Actor) { a.ID = "" }, func(a *call.Actor) { a.Tenant = "a b" }, func(a *call.Actor) { a.Name = " " },
		func(a *call.Actor) { a.Role = "boss" },
	} {
		a := ana
		spoil(&a)
		_, err := auth.Sign(a, time.Minute)
		assert.Error(t, err)
	}
}

func TestRotation(t *testing.T) {
	before := newAuth(t, jwtauth.Options{Keys: [][]byte{old}})
	during := newAuth(t, jwtauth.Options{Keys: [][]byte{key, old}})
	after := newAuth(t, jwtauth.Options{Keys: [][]byte{key}})
	byOld, err := before.Sign(ana, time.Minute)
	require.NoError(t, err)
	byNew, err := during.Sign(ana, time.Minute)
	require.NoError(t, err)

	accepts := func(a *jwtauth.Authenticator, token string) bool { _, err := a.Verify(token); return err == nil }
	assert.True(t, accepts(during, byOld))
	assert.True(t, accepts(during, byNew))
	assert.True(t, accepts(after, byNew))
	assert.False(t, accepts(after, byOld))
	assert.False(t, accepts(before, byNew))
}

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		strict := newAuth(t, jwtauth.Options{Keys: [][]byte{key}})
		lenient := newAuth(t, jwtauth.Options{Keys: [][]byte{key}, Leeway: 10 * time.Second})
		token, err := strict.Sign(ana, time.Minute)
		require.NoError(t, err)
		time.Sleep(time.Minute - time.Second)
		_, err = strict.Verify(token)
		assert.NoError(t, err)
		time.Sleep(2 * time.Second)
		_, err = strict.Verify(token)
		assert.ErrorIs(t, err, httpapi.ErrUnauthorized)
		_, err = lenient.Verify(token)
		assert.NoError(t, err)
	})
}

func TestTokensRefused(t *testing.T) {
	auth := newAuth(t, jwtauth.Options{Keys: [][]byte{key}})
	claims := func(change map[string]any) jwt.MapClaims {
		c := jwt.MapClaims{"sub": "ana", "name": "Ana", "tenant": "avanter", "role": "attendant", "exp": time.Now().Add(time.Minute).Unix()}
		for name, value := range change {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
		return c
	}
	sign := func(m jwt.SigningMethod, key any, c jwt.MapClaims, header map[string]any) string {
		token := jwt.NewWithClaims(m, c)
		for name, value := range header {
			token.Header[name] = value
		}
		s, err := token.SignedString(key)
		require.NoError(t, err)
		return s
	}
	good := sign(jwt.SigningMethodHS256, key, claims(nil), nil)
	_, err := auth.Verify(good)
	require.NoError(t, err)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)

	tokens := map[string]string{
		"empty":              "",
		"no token":           "abc",
		"two parts":          strings.Join(strings.Split(good, ".")[:2], "."),
		"four parts":         good + ".x",
		"another signature":  good[:strings.LastIndex(good, ".")] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		"padded":             good + "=",
		"alg none":           sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(nil), nil),
		"alg HS512":          sign(jwt.SigningMethodHS512, key, claims(nil), nil),
		"alg RS256":          sign(jwt.SigningMethodRS256, private, claims(nil), nil),
		"alg None in header": sign(jwt.SigningMethodHS256, key, claims(nil), map[string]any{"alg": "nOnE"}),
		"critical extension": sign(jwt.SigningMethodHS256, key, claims(nil), map[string]any{"crit": []string{"x"}}),
		"another key":        sign(jwt.SigningMethodHS256, old, claims(nil), nil),
		"name with a NUL":    sign(jwt.SigningMethodHS256, key, claims(map[string]any{"name": "a\x00"}), nil),
		"long name":          sign(jwt.SigningMethodHS256, key, claims(map[string]any{"name": strings.Repeat("a", 201)}), nil),
		"unknown role":       sign(jwt.SigningMethodHS256, key, claims(map[string]any{"role": "Owner"}), nil),
		"sub with a blank":   sign(jwt.SigningMethodHS256, key, claims(map[string]any{"sub": "a b"}), nil),
		"sub a number":       sign(jwt.SigningMethodHS256, key, claims(map[string]any{"sub": 7}), nil),
		"exp a text":         sign(jwt.SigningMethodHS256, key, claims(map[string]any{"exp": "tomorrow"}), nil),
		"expired":            sign(jwt.SigningMethodHS256, key, claims(map[string]any{"exp": time.Now().Unix() - 1}), nil),
		"not yet valid":      sign(jwt.SigningMethodHS256, key, claims(map[string]any{"nbf": time.Now().Unix() + 60}), nil),
	}
	for _, claim := range []string{"sub", "name", "tenant", "role", "exp"} {
		tokens["without "+claim] = sign(jwt.SigningMethodHS256, key, claims(map[string]any{claim: nil}), nil)
		if claim != "exp" {
			tokens["empty "+claim] = sign(jwt.SigningMethodHS256, key, claims(map[string]any{claim: ""}), nil)
		}
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			actor, err := auth.Verify(token)
			assert.ErrorIs(t, err, httpapi.ErrUnauthorized)
			assert.Zero(t, actor)
		})
	}
}
