package jwtauth

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

var ana = call.Actor{Tenant: "avanter", ID: "ana", Name: "Ana", Role: call.RoleAttendant}

func hashNumbered(n int) (h tokenHash) {
	binary.BigEndian.PutUint64(h[:], uint64(n))
	return h
}

// However many tokens there are, few are kept, and those in use among them.
func TestKnownIsBounded(t *testing.T) {
	var k known
	for n := range 10 * maxKnown {
		k.put(hashNumbered(n), verified{actor: ana})
		_, ok := k.get(hashNumbered(0))
		require.True(t, ok, n)
		require.LessOrEqual(t, len(k.young)+len(k.old), 2*maxKnown)
	}
	_, ok := k.get(hashNumbered(1))
	assert.False(t, ok)
	_, ok = k.get(hashNumbered(10*maxKnown - 1))
	assert.True(t, ok)
}

// A token that is known is refused before its time and after it, as any other.
func TestKnownTokensKeepTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Options{Keys: [][]byte{bytes.Repeat([]byte("k"), MinKey)}, Leeway: time.Second})
		require.NoError(t, err)
		from, until := time.Now().Add(10*time.Second), time.Now().Add(20*time.Second)
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
			Name: ana.Name, Tenant: ana.Tenant, Role: ana.Role, RegisteredClaims: jwt.RegisteredClaims{
				Subject: ana.ID, NotBefore: jwt.NewNumericDate(from), ExpiresAt: jwt.NewNumericDate(until),
			},
		}).SignedString(a.keys[0])
		require.NoError(t, err)
		for second := range 30 {
			got, err := a.Verify(token)
			if valid := second >= 9 && second < 21; !valid {
				require.Error(t, err, second)
			} else {
				require.NoError(t, err, second)
				require.Equal(t, ana, got)
				require.Equal(t, 1, len(a.known.young), "known")
			}
			time.Sleep(time.Second)
		}
	})
}

// Nothing that was refused is known.
func TestRefusedTokensAreNotKnown(t *testing.T) {
	a, err := New(Options{Keys: [][]byte{bytes.Repeat([]byte("k"), MinKey)}})
	require.NoError(t, err)
	other, err := New(Options{Keys: [][]byte{bytes.Repeat([]byte("x"), MinKey)}})
	require.NoError(t, err)
	token, err := other.Sign(ana, time.Hour)
	require.NoError(t, err)
	for range 3 {
		_, err := a.Verify(token)
		require.Error(t, err)
	}
	assert.Empty(t, a.known.young)
}

func TestKnownFromMany(t *testing.T) {
	var k known
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range maxKnown / 4 {
				k.put(hashNumbered(n), verified{actor: ana})
				v, ok := k.get(hashNumbered(n))
				assert.True(t, ok)
				assert.Equal(t, ana, v.actor)
			}
		})
	}
	all.Wait()
	assert.Equal(t, maxKnown/4, len(k.young))
}
