package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
)

// TestStockVerifier has the npm package of Standard Webhooks verify what is sent. testdata/clients pins it; the Go library
// does the same in httpapi/apitest.
func TestStockVerifier(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "verify.js"} {
		data, err := os.ReadFile(filepath.Join("testdata", "clients", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	need(t, "node and npm", func() error {
		if _, err := exec.LookPath("node"); err != nil {
			return err
		}
		_, err := exec.LookPath("npm")
		return err
	})
	need(t, "the npm packages", func() error {
		_, err := run(t, dir, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		return err
	})

	type sent struct {
		Secret  string            `json:"secret"`
		Raw     bool              `json:"raw"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	r := newReceiver(t, nil)
	sub := r.sub("a")
	sub.Secrets = []string{secret, "a secret that is no Base64"}
	w := newWorld(t, nil, sub)
	w.run()
	w.call(true)
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 4 }, "four deliveries")
	var all []sent
	for _, d := range r.deliveries() {
		headers := map[string]string{}
		for name, values := range d.header {
			headers[strings.ToLower(name)] = values[0]
		}
		for i, secret := range sub.Secrets {
			all = append(all, sent{secret, i == 1, headers, string(d.body)})
		}
	}
	input, err := json.Marshal(all)
	require.NoError(t, err)
	out, err := run(t, dir, input, "node", "verify.js")
	assert.NoError(t, err, out)
	assert.Equal(t, "ok\n", out)
}

// need skips the test where the machine lacks something, unless VOKI_TEST_ALL=1 asks for everything.
func need(t *testing.T, what string, get func() error) {
	t.Helper()
	if err := get(); err != nil && os.Getenv("VOKI_TEST_ALL") == "1" {
		t.Fatalf("needs %s: %v", what, err)
	} else if err != nil {
		t.Skipf("needs %s: %v", what, err)
	}
}

func run(t *testing.T, dir string, input []byte, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
