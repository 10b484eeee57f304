package httpapi_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// TestStockClientsLiveACall runs the clients that browsers run, in Node, through a whole call against a real server.
func TestStockClientsLiveACall(t *testing.T) {
	dir := t.TempDir()
	pinned := filepath.Join("phx", "testdata", "clients")
	for _, file := range []string{
		filepath.Join(pinned, "package.json"), filepath.Join(pinned, "package-lock.json"),
		filepath.Join("testdata", "clients", "story.js"),
	} {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o600))
	}
	need(t, "node and npm", func() error {
		if _, err := exec.LookPath("node"); err != nil {
			return err
		}
		_, err := exec.LookPath("npm")
		return err
	})
	need(t, "the npm packages", func() error {
		_, err := command(t, dir, 5*time.Minute, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		return err
	})
	// All at once, on a server each: most of the story is waiting.
	type end struct {
		out string
		err error
	}
	ends := map[string]chan end{}
	for _, client := range []string{"phoenix-1.8", "phoenix-1.7", "phoenix-1.6", "phoenix-1.5", "phoenix-channels"} {
		w := newWorld(t, func(_ *company, v *voki.Options, _ *httpapi.Options) {
			v.Limits = call.Limits{Grace: 10 * time.Second}
		})
		address, token, ended := w.serveReal(), w.token(ana), make(chan end, 1)
		ends[client] = ended
		go func() {
			out, err := command(t, dir, 5*time.Minute, "node", "story.js", client, address, token)
			ended <- end{out, err}
		}()
	}
	for client, ended := range ends {
		t.Run(client, func(t *testing.T) {
			got := <-ended
			assert.NoError(t, got.err, got.out)
			t.Log(got.out)
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

func command(t *testing.T, dir string, limit time.Duration, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
