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

// SecretVariable names the environment variable that holds the secrets of access tokens.
const SecretVariable = "VOKI_JWT_SECRET" //nolint:gosec // a name, and no secret

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
		if err := d.makeSecret(); err != nil {
			return nil, fmt.Errorf("make %s: %w", SecretName, err)
		}
		content, err = os.ReadFile(d.Path(SecretName))
	}
	if err != nil {
		return nil, err
	}
	return split(d.Path(SecretName), string(content))
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

func (d Dir) makeSecret() error {
	fresh := make([]byte, minSecret)
	if _, err := rand.Read(fresh); err != nil {
		return err
	}
	err := d.place(SecretName, []byte(hex.EncodeToString(fresh)+"\n"))
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		return nil
	}
	return err
}
