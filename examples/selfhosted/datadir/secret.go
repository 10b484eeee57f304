package datadir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// The environment variables that hold the secrets of access tokens, and that of the built-in relay.
const (
	SecretVariable     = "VOKI_JWT_SECRET"  //nolint:gosec // a name, and no secret
	TurnSecretVariable = "VOKI_TURN_SECRET" //nolint:gosec // a name, and no secret
)

// minSecret is the fewest bytes of a secret: as many as HS256 gives.
const minSecret = 32

// Secrets returns the keys of access tokens; the first signs. They are those of VOKI_JWT_SECRET, separated by commas,
// or else the one in the directory, which is made if orMake is set.
func (d Dir) Secrets(environment string, orMake bool) ([][]byte, error) {
	if environment != "" {
		return split(SecretVariable, environment)
	}
	content, err := os.ReadFile(d.Path(SecretName))
	if errors.Is(err, fs.ErrNotExist) {
		if !orMake {
			return nil, fmt.Errorf("%s holds no %s yet: start `voki serve --data %s` once, or set %s",
				d, SecretName, d, SecretVariable)
		}
		content, err = d.makeSecret(SecretName)
	}
	if err != nil {
		return nil, err
	}
	return split(d.Path(SecretName), string(content))
}

// TurnSecret returns the secret of the built-in relay: that of VOKI_TURN_SECRET, or else the one in the directory,
// which is made if there is none.
func (d Dir) TurnSecret(environment string) (string, error) {
	from, secret := TurnSecretVariable, environment
	if secret == "" {
		content, err := os.ReadFile(d.Path(TurnSecretName))
		if errors.Is(err, fs.ErrNotExist) {
			content, err = d.makeSecret(TurnSecretName)
		}
		if err != nil {
			return "", err
		}
		from, secret = d.Path(TurnSecretName), string(content)
	}
	if secret = strings.TrimSpace(secret); len(secret) < minSecret {
		return "", fmt.Errorf("%s: the secret must have at least %d bytes, and has %d", from, minSecret, len(secret))
	}
	return secret, nil
}

func split(from, text string) (keys [][]byte, err error) {
	for key := range strings.SplitSeq(text, ",") {
		key = strings.TrimSpace(key)
		if len(key) < minSecret {
			return nil, fmt.Errorf("%s: each of the secrets between commas must have at least %d bytes, one has %d", from, minSecret, len(key))
		}
		keys = append(keys, []byte(key))
	}
	return keys, nil
}

// makeSecret makes a secret in a file of its own and returns what is in it.
func (d Dir) makeSecret(name string) ([]byte, error) {
	fresh := make([]byte, minSecret)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	err := d.place(name, []byte(hex.EncodeToString(fresh)+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process may have been quicker
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	return os.ReadFile(d.Path(name))
}
