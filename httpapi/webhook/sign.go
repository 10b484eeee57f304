package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The headers of a delivery.
const (
	// HeaderSignature bears sha256= and, in hexadecimal digits, the HMAC-SHA256 of the raw body; the key is the first
	// secret as it is written.
	HeaderSignature = "X-Voki-Signature"

	// Those of Standard Webhooks: the id, the time of the try in Unix seconds, and a signature with each secret of
	// id.time.body, as v1, and Base64.
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderStandard  = "Webhook-Signature"
)

// minSecret is the fewest bytes of a secret's key.
const minSecret = 16

// secretPrefix begins a secret whose key is written in Base64.
const secretPrefix = "whsec_"

// CheckSecret returns why a secret cannot be used: it is whsec_ and at least 16 bytes in standard Base64, or any other
// ASCII text of at least 16 bytes; the languages of receivers do not agree on the bytes of other letters.
func CheckSecret(secret string) error {
	_, err := standardKey(secret)
	return err
}

// standardKey returns the key of a secret for Standard Webhooks: what follows whsec_ in Base64, or else the secret as
// it is written.
func standardKey(secret string) ([]byte, error) {
	if strings.ContainsFunc(secret, func(r rune) bool { return r > unicode.MaxASCII }) {
		return nil, errors.New("must be ASCII")
	}
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("must be Base64 behind " + secretPrefix)
		}
	}
	if len(key) < minSecret {
		return nil, fmt.Errorf("must have at least %d bytes", minSecret)
	}
	return key, nil
}

// sign sets the headers that say who sends body, and when. The secrets have been checked.
func sign(h http.Header, secrets []string, id string, at time.Time, body []byte) error {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		key, err := standardKey(secret)
		if err != nil {
			return err
		}
		sum := mac(key, []byte(id+"."+stamp+"."), body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(sum))
	}
	h.Set(HeaderSignature, "sha256="+hex.EncodeToString(mac([]byte(secrets[0]), body)))
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderStandard, strings.Join(signatures, " "))
	return nil
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
