package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

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
type websocketTokens struct{ key []byte }

// websocketTokenVersion also tells the token from a JWT, whose first part always begins with "eyJ".
const websocketTokenVersion = "c1"

func (k websocketTokens) sign(tenant, callID string) string {
	return signToken(k.key, websocketTokenVersion, tenant, callID)
}

// verify returns what a token stands for, and false for one that was not signed here.
func (k websocketTokens) verify(token string) (tenant, callID string, ok bool) {
	parts, ok := verifyToken(k.key, websocketTokenVersion, token)
	if !ok || len(parts) != 2 {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// resumeTokens signs and checks the resume_token of a participant, with which he comes back to his call when what he
// came with first has expired. It has the form of a websocket_token, with the version r1 and four texts: tenant, call,
// side, and the user's id, which is empty for a customer.
type resumeTokens struct{ key []byte }

const resumeTokenVersion = "r1"

// resumeSeat is what a resume_token stands for: one participant of one call.
type resumeSeat struct {
	tenant, callID string
	side           call.Side
	userID         string
}

func (k resumeTokens) sign(s resumeSeat) string {
	return signToken(k.key, resumeTokenVersion, s.tenant, s.callID, string(s.side), s.userID)
}

func (k resumeTokens) verify(token string) (resumeSeat, bool) {
	parts, ok := verifyToken(k.key, resumeTokenVersion, token)
	if !ok || len(parts) != 4 {
		return resumeSeat{}, false
	}
	return resumeSeat{tenant: parts[0], callID: parts[1], side: call.Side(parts[2]), userID: parts[3]}, true
}

// signToken makes a token of texts without NUL, which no identifier has. Its characters are [A-Za-z0-9._-]: browsers
// take no others in a subprotocol.
func signToken(key []byte, version string, parts ...string) string {
	signed := version + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00")))
	return signed + "." + signature(key, signed)
}

// verifyToken returns the texts of a token, and false for one that signToken did not make of that key and version.
func verifyToken(key []byte, version, token string) (parts []string, ok bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 || !hmac.Equal([]byte(token[dot+1:]), []byte(signature(key, token[:dot]))) {
		return nil, false
	}
	signedVersion, body, _ := strings.Cut(token[:dot], ".")
	plain, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || signedVersion != version {
		return nil, false
	}
	return strings.Split(string(plain), "\x00"), true
}

// signature is the HMAC-SHA256 of a text, in base64url without padding.
func signature(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
