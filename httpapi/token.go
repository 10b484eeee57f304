package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
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
	signed := websocketTokenVersion + "." + base64.RawURLEncoding.EncodeToString([]byte(tenant+"\x00"+callID))
	return signed + "." + signature(k.key, signed)
}

// verify returns what a token stands for, and false for one that was not signed here.
func (k websocketTokens) verify(token string) (tenant, callID string, ok bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 || !hmac.Equal([]byte(token[dot+1:]), []byte(signature(k.key, token[:dot]))) {
		return "", "", false
	}
	version, body, _ := strings.Cut(token[:dot], ".")
	plain, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || version != websocketTokenVersion {
		return "", "", false
	}
	return strings.Cut(string(plain), "\x00")
}

// signature is the HMAC-SHA256 of a text, in base64url without padding.
func signature(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
