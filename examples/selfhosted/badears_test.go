package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	plainSecret   = "a-long-and-random-text"
	encodedSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// misheard is the configuration of a company with one good receiver and some that are not.
func misheard(url string) []byte {
	var hooks strings.Builder
	for id, url := range map[string]string{
		"good": url + "/good", "hangs": url + "/hangs", "redirects": url + "/redirects", "floods": url + "/floods", "private": "https://10.255.255.1/",
	} {
		fmt.Fprintf(&hooks, "\n      - {url: %q, id: %s, events: [call.created], secret: [whsec_%s, %s]}", url, id, encodedSecret, plainSecret)
	}
	return fmt.Appendf(nil, company, "webhooks:"+hooks.String())
}

// signed checks both signatures of a webhook as their documents say, without a word of the code that makes them.
func signed(t *testing.T, r *http.Request, body []byte) {
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		_, _ = io.WriteString(m, text)
		return m.Sum(nil)
	}
	assert.Equal(t, "sha256="+hex.EncodeToString(mac([]byte("whsec_"+encodedSecret), string(body))), r.Header.Get("X-Voki-Signature"))
	key, err := base64.StdEncoding.DecodeString(encodedSecret)
	assert.NoError(t, err)
	text := r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)
	assert.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac(key, text))+" v1,"+base64.StdEncoding.EncodeToString(mac([]byte(plainSecret), text)),
		r.Header.Get("webhook-signature"))
	assert.Contains(t, string(body), `{"id":"`+r.Header.Get("webhook-id")+`","event":"webhook.test",`)
}

// TestReceiversThatMisbehave: each is treated as docs/webhooks.md says, and none takes the server's time or memory.
func TestReceiversThatMisbehave(t *testing.T) {
	t.Parallel()
	var sent, followed atomic.Int64
	release := make(chan struct{})
	receivers := http.NewServeMux()
	receivers.HandleFunc("POST /good", func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		signed(t, r, body)
	})
	receivers.HandleFunc("POST /hangs", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	receivers.HandleFunc("POST /redirects", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	receivers.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	receivers.HandleFunc("POST /floods", func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 64<<10); sent.Load() < 10<<30; {
			n, err := w.Write(chunk)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	there := httptest.NewServer(receivers)
	t.Cleanup(there.Close)
	t.Cleanup(func() { close(release) })

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "voki.yaml"), misheard(there.URL), 0o600))
	p := serve(t, dir, "--webhook-allow", "127.0.0.0/8")
	before := peak(t, p)
	var tests sync.WaitGroup
	for id, want := range map[string]string{
		"good":      `^200 after \S+\n$`,
		"floods":    `^200 after \S+\n$`,
		"hangs":     `^voki: timeout after \S+: `,
		"redirects": `^voki: 307 after \S+: `,
		"private":   `^voki: blocked after \S+: .*10\.255\.255\.1`,
	} {
		tests.Go(func() {
			got := voki(t, "webhook", "test", "--data", dir, "--tenant", "avanter", id)
			assert.Regexp(t, want, got.stdout+got.stderr, id)
		})
	}
	tests.Wait()
	assert.Zero(t, followed.Load())
	assert.Less(t, sent.Load(), int64(64<<20), "beside what the two systems keep on the way")
	assert.Less(t, peak(t, p)-before, int64(64<<20))
}
