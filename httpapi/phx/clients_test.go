package phx_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// TestStockClients runs the clients that browsers run, in Node. testdata/clients pins them; install scripts are not
// run, since none of them is needed.
func TestStockClients(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "smoke.js"} {
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
		_, err := run(t, dir, 5*time.Minute, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		return err
	})

	h := &room{}
	hub := phx.New(phx.Options{Router: h.route})
	server := httptest.NewServer(upgrade(hub))
	defer server.Close()
	defer func() { require.NoError(t, hub.Drain(context.Background())) }()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + "/socket"

	for _, client := range []string{"phoenix-1.8", "phoenix-1.7", "phoenix-1.6", "phoenix-1.5", "phoenix-channels"} {
		t.Run(client, func(t *testing.T) {
			out, err := run(t, dir, 5*time.Minute, "node", "smoke.js", client, url)
			assert.NoError(t, err, out)
		})
	}
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

func run(t *testing.T, dir string, limit time.Duration, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
