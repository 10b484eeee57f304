package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"
	"sync"

	"github.com/avanter/voki/call"
)

// BearerToken returns the token of a request's Authorization header (RFC 6750), and false if there is none: no header
// or more than one, another scheme, an empty token. The scheme's case does not count.
func BearerToken(r *http.Request) (string, bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(strings.TrimSpace(headers[0]), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// websocketTokens signs and checks the websocket_token of a customer, which stands for one call:
//
//	c1.<base64url(tenant NUL call id)>.<base64url(HMAC-SHA256 of all before the last dot)>
//
// without padding. It bears no time: that it ends 24 hours after its call is for whoever has the call to see.
type websocketTokens struct{ *signer }

// websocketTokenVersion also tells the token from a JWT, whose first part always begins with "eyJ".
const websocketTokenVersion = "c1"

func (k websocketTokens) sign(tenant, callID string) string {
	return k.token(websocketTokenVersion, tenant, callID)
}

// verify returns what a token stands for, and false for one that was not signed here.
func (k websocketTokens) verify(token string) (tenant, callID string, ok bool) {
	parts, ok := k.parts(websocketTokenVersion, token)
	if !ok || len(parts) != 2 {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// resumeTokens signs and checks the resume_token of a participant, with which he comes back to his call when what he
// came with first has expired. It has the form of a websocket_token, with the version r1 and four texts: tenant, call,
// side, and the user's id, which is empty for a customer.
type resumeTokens struct{ *signer }

const resumeTokenVersion = "r1"

// resumeSeat is what a resume_token stands for: one participant of one call.
type resumeSeat struct {
	tenant, callID string
	side           call.Side
	userID         string
}

func (k resumeTokens) sign(s resumeSeat) string {
	return k.token(resumeTokenVersion, s.tenant, s.callID, string(s.side), s.userID)
}

func (k resumeTokens) verify(token string) (resumeSeat, bool) {
	parts, ok := k.parts(resumeTokenVersion, token)
	if !ok || len(parts) != 4 {
		return resumeSeat{}, false
	}
	return resumeSeat{tenant: parts[0], callID: parts[1], side: call.Side(parts[2]), userID: parts[3]}, true
}

// signer signs texts with one key, by HMAC-SHA256 in base64url without padding.
type signer struct{ seals sync.Pool }

// seal is what signs. It has taken the key in, and is used again.
type seal struct {
	mac  hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

func newSigner(key []byte) *signer {
	return &signer{sync.Pool{New: func() any { return &seal{mac: hmac.New(sha256.New, key)} }}}
}

// appendSignature appends the signature of a text.
func (s *signer) appendSignature(dst, text []byte) []byte {
	by, _ := s.seals.Get().(*seal)
	defer s.seals.Put(by)
	by.text = append(by.text[:0], text...) // so that the caller's may be on its stack
	by.mac.Reset()
	by.mac.Write(by.text)
	return base64.RawURLEncoding.AppendEncode(dst, by.mac.Sum(by.sum[:0]))
}

// signed reports whether a signature is that of a text.
func (s *signer) signed(text, signature string) bool {
	var want [64]byte
	return hmac.Equal([]byte(signature), s.appendSignature(want[:0], []byte(text)))
}

// token makes a token of texts without NUL, which no identifier has. Its characters are [A-Za-z0-9._-]: browsers take no
// others in a subprotocol.
func (s *signer) token(version string, parts ...string) string {
	token := append(make([]byte, 0, 256), version...)
	token = base64.RawURLEncoding.AppendEncode(append(token, '.'), []byte(strings.Join(parts, "\x00")))
	return string(s.appendSignature(append(token, '.'), token))
}

// parts returns the texts of a token, and false for one that token did not make of that key and version.
func (s *signer) parts(version, token string) (parts []string, ok bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 || !s.signed(token[:dot], token[dot+1:]) {
		return nil, false
	}
	signedVersion, body, _ := strings.Cut(token[:dot], ".")
	plain, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || signedVersion != version {
		return nil, false
	}
	return strings.Split(string(plain), "\x00"), true
}
