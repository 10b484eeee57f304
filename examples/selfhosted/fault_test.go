//go:build linux

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveWithFault starts a server whose system calls fail as strace's inject says.
func serveWithFault(t *testing.T, dir, inject string) *process {
	t.Helper()
	name, _, _ := strings.Cut(inject, ":")
	below := []string{"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + name, "-e", "inject=" + inject}
	return startServer(t, below, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--public-rate", "0")
}

func needsStrace(t *testing.T) {
	t.Helper()
	needs(t, exec.Command("strace", "-qq", "-o", os.DevNull, "true").Run() == nil, "strace that may trace")
}

// writesAreRefused asserts that nothing can be changed, that everybody is told so, and that reads go on.
func writesAreRefused(t *testing.T, p *process) {
	t.Helper()
	assert.Contains(t, string(p.must(503, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)), `{"errors":{"detail":"`)
	assert.Contains(t, string(p.must(503, "GET", "/healthz", "", "")), "no more writes")
	assert.Contains(t, string(p.must(200, "GET", "/", "", "")), "It takes no writes")
	assert.Contains(t, string(p.must(200, "GET", "/metrics", "", "")), "voki_store_writable 0")
	assert.Equal(t, 142, completedOfDemo(t, p))
}

// completedOfDemo is how many calls the page's list request counts.
func completedOfDemo(t *testing.T, p *process) int {
	t.Helper()
	list := p.must(200, "GET", "/api/v1/calls?status=completed&date_from=2026-02-01&date_to=2026-02-28", attendant, "")
	if bytes.Contains(list, []byte(`"total_count":142`)) {
		return 142
	}
	return 0
}

func TestFailingDiskSync(t *testing.T) {
	needsStrace(t)
	dir := t.TempDir()
	require.Zero(t, serve(t, dir, "--demo").stop())
	p, l := serveWithFault(t, dir, "fdatasync:error=EIO:when=60+"), &ledger{}
	l.load(p, 4, nil) // until the server refuses
	require.NotEmpty(t, l.facts)
	writesAreRefused(t, p)
	p.kill()

	p = serve(t, dir)
	l.verify(t, p)
	inOrder(t, dir)
}

func TestFailingSyncOfFiles(t *testing.T) {
	needsStrace(t)
	dir := t.TempDir()
	require.Zero(t, serve(t, dir, "--demo").stop())
	// Counted by thread: the start, which syncs the folder of the database, is to go well.
	p, l := serveWithFault(t, dir, "fsync:error=EIO:when=3+"), &ledger{}
	f := &fact{id: strings.TrimPrefix(pageCall, "/api/v1/calls/"), uploads: map[string]string{}}
	for n := 0; l.upload(p, f, "until it is refused"); n++ {
		require.Less(t, n, 500)
	}
	assert.Equal(t, "ok\n", string(p.must(200, "GET", "/healthz", "", "")), "the database is well")
	p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)
	p.kill()

	p = serve(t, dir)
	for url, content := range f.uploads {
		assert.Equal(t, content, string(p.must(200, "GET", url, attendant, "")))
	}
	inOrder(t, dir)
}

func TestFullDisk(t *testing.T) {
	needs(t, os.Getuid() == 0, "root, to mount a small file system")
	dir := t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).CombinedOutput()
	needs(t, err == nil, "the right to mount: "+string(out))
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })

	p, l := serve(t, dir, "--demo"), &ledger{}
	t.Cleanup(p.kill)
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	f := &fact{id: strings.TrimPrefix(pageCall, "/api/v1/calls/"), uploads: map[string]string{}}
	assert.False(t, l.upload(p, f, "refused"))
	l.load(p, 4, nil)
	l.queue(p) // until the journal is full, for which there is room
	require.NotEmpty(t, l.facts)
	writesAreRefused(t, p)
	p.kill()

	got := voki(t, "check", "--data", dir)
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "no space left")
	require.NoError(t, os.Remove(filler))
	p = serve(t, dir)
	t.Cleanup(p.kill)
	l.verify(t, p)
	inOrder(t, dir)
	p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)
}

// fill writes a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	require.NoError(t, err)
	defer f.Close() // it is to fail
	for _, size := range []int{1 << 20, 4096} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
}
