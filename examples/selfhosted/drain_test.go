package main_test

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slow is an upload that is under way.
type slow struct {
	in     *io.PipeWriter
	answer chan reply // the zero reply if there was none
}

// patient waits for the word of the server before it sends a body.
var patient = http.Client{Transport: &http.Transport{ExpectContinueTimeout: 3 * patience}}

// slowUpload begins an upload and returns when the server reads it: nothing is sent before it says that it does.
func slowUpload(t *testing.T, p *process) slow {
	t.Helper()
	body, in := io.Pipe()
	s := slow{in: in, answer: make(chan reply, 1)}
	t.Cleanup(func() { _ = in.CloseWithError(io.ErrUnexpectedEOF) }) // never fails
	r := uploadRequest(p, pageCall, attendant, "multipart/form-data; boundary=b", body)
	r.Header.Set("Expect", "100-continue")
	go func() {
		got, _ := doBy(&patient, r)
		s.answer <- got
	}()
	s.write(t, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.txt\"\r\n\r\n")
	s.write(t, strings.Repeat("slow ", 100_000))
	return s
}

func (s slow) write(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(s.in, text)
	require.NoError(t, err)
}

func TestSIGTERMLetsRequestsFinish(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	upload := slowUpload(t, p)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool {
		_, err := p.ask("GET", "/healthz", "", "")
		return err != nil
	}, patience, 10*time.Millisecond, "new connections are refused")
	upload.write(t, "\r\n--b--\r\n")
	require.NoError(t, upload.in.Close())
	assert.Equal(t, 201, (<-upload.answer).status)
	assert.Zero(t, p.wait())
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "1 files, 1 recordings: everything is in order")
}

func TestSIGTERMDoesNotWaitForEver(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	slowUpload(t, p)
	assert.Zero(t, p.stop())
	serve(t, dir)
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "0 files, 1 recordings: everything is in order")
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo")
	slowUpload(t, p)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), "draining") }, patience, time.Millisecond)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.wait()
	assert.Equal(t, syscall.SIGTERM, p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
}

func TestLogHoldsNoSecrets(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo", "--log-level", "debug")
	p.must(200, "GET", "/api/v1/calls?search=Ferreira", attendant, "")
	p.must(401, "GET", pageCall+"/recording/download?signature=sig-in-query", "", "")
	p.must(404, "GET", "/api/v1/call/token-in-path/validate", "", "")
	p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria Oliveira"}`)
	p.must(404, "GET", "/somewhere/else", "", "")
	got := upload(t, p, "name-of-a-file.txt", []byte("x"))
	p.must(200, "GET", got["url"].(string), attendant, "")
	require.Zero(t, p.stop())

	log := p.stderr.String()
	for _, secret := range []string{"sig-in-query", "token-in-path", "Ferreira", "Maria", "name-of-a-file", attendant, "eyJ", "somewhere", "João"} {
		assert.NotContains(t, log, secret)
	}
	for _, said := range []string{
		"route=/api/v1/call/{token}/validate", "route=none", "status=404",
		"route=/api/v1/calls/{id}/recording/download call=1a2b3c4d-5e6f-7890-abcd-ef1234567890",
	} {
		assert.Contains(t, log, said)
	}
}

func TestPages(t *testing.T) {
	p := serve(t, t.TempDir())
	assert.Equal(t, "ok\n", string(p.must(200, "GET", "/healthz", "", "")))
	assert.Contains(t, string(p.must(200, "GET", "/", "", "")), "It takes reads and writes.")
	assert.Contains(t, string(p.must(200, "GET", "/openapi.yaml", "", "")), "openapi: 3.1")
	for _, path := range []string{"/x", "/api", "/api/v1", "/api/v1/", "/uploads/", "/api/v2/calls", "//api/v1/calls", "/healthz/", "/..", "/%00"} {
		assert.Regexp(t, `^\{"errors":\{"detail":"Not [Ff]ound"\}\}\n$`, string(p.must(404, "GET", path, "", "")), path)
	}
	assert.JSONEq(t, `{"errors": {"detail": "Method Not Allowed"}}`, string(p.must(405, "DELETE", "/healthz", "", "")))
	metrics := string(p.must(200, "GET", "/metrics", "", ""))
	for _, line := range []string{
		`voki_http_requests_total{method="GET",route="/healthz",status="2xx"} 1`,
		`voki_http_requests_total{method="GET",route="none",status="4xx"}`,
		"voki_store_writable 1", "voki_build_info{", "go_goroutines ",
	} {
		assert.Contains(t, metrics, line)
	}
}
