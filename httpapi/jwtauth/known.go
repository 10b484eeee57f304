package jwtauth

import (
	"crypto/sha256"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/avanter/voki/call"
)

// known are tokens that have been verified. What is kept of one is what will never be otherwise: keys do not change
// while there is an [Authenticator], so neither does whether a signature is good. Times are not: they are looked at
// whenever a token is used.
//
// Tokens are kept as hashes, so that no memory holds them for longer than their request. There are two generations of
// up to maxKnown; when the younger one is full, the older one is forgotten, and with it what was not used for long.
type known struct {
	mu         sync.Mutex
	young, old map[tokenHash]verified
}

type tokenHash [sha256.Size]byte

// hashOf copies a token of usual length to the stack, and none to the heap.
func hashOf(token string) tokenHash {
	var room [1024]byte
	return sha256.Sum256(append(room[:0], token...))
}

// verified is what a token says.
type verified struct {
	actor call.Actor
	times *jwt.RegisteredClaims // exp and nbf; never written
}

const maxKnown = 4096

func (k *known) get(h tokenHash) (verified, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.young[h]
	if !ok {
		if v, ok = k.old[h]; ok {
			k.keep(h, v)
		}
	}
	return v, ok
}

func (k *known) put(h tokenHash, v verified) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keep(h, v)
}

// keep adds to the younger generation; the caller holds mu.
func (k *known) keep(h tokenHash, v verified) {
	if k.young == nil || len(k.young) >= maxKnown {
		k.young, k.old = map[tokenHash]verified{}, k.young
	}
	k.young[h] = v
}
