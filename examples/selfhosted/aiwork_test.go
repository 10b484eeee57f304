package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestWorkersAreBoundedAndHandBack: no more is asked at once than there are workers; a server that is told to end while a
// provider keeps it waiting does so in time, and hands the jobs back as if they had not been begun.
func TestWorkersAreBoundedAndHandBack(t *testing.T) {
	t.Parallel()
	const calls, workers = 5, 2
	var waiting atomic.Int64
	released := make(chan struct{})
	s := newScribe(t, &scribe{hear: func(int, hearing) scribed {
		waiting.Add(1)
		<-released
		return speech("portuguese", segment{Text: "Preciso de ajuda."})
	}})
	dir := companyWith(t, "")
	p := s.serve(t, dir, "--ai-workers", strconv.Itoa(workers))
	var ids []string
	for range calls {
		ids = append(ids, recordedCall(t, p, demoWebM(t)))
	}
	list := func(state string, tries int) int {
		all := mustVoki(t, "jobs", "list", "--data", dir, "--tenant", "avanter")
		return len(regexp.MustCompile(fmt.Sprintf(`(?m)^transcript-\S+  ai +transcript +%s +%d `, state, tries)).FindAllString(all, -1))
	}
	require.Eventually(t, func() bool {
		return waiting.Load() == workers && list("running", 1) == workers && list("pending", 0) == calls-workers
	}, patience, 10*time.Millisecond)
	require.Zero(t, p.stop())
	assert.EqualValues(t, workers, waiting.Load())
	assert.Equal(t, calls, list("pending", 0))

	close(released)
	p = s.serve(t, dir)
	for _, id := range ids {
		artifact(t, p, id, "summary")
	}
	require.Zero(t, p.stop())
	assert.EqualValues(t, workers+calls, waiting.Load())
	for _, id := range ids {
		events, _ := followed(t, dir, id)
		assert.Equal(t, 1, events[call.KindTranscriptReady])
		assert.Equal(t, 1, events[call.KindSummaryReady])
	}
}

// TestSpeakersOfAMixedTrack: they are told apart where the provider does.
func TestSpeakersOfAMixedTrack(t *testing.T) {
	t.Parallel()
	s := newScribe(t, &scribe{hear: func(_ int, h hearing) scribed {
		assert.Equal(t, "gpt-4o-transcribe-diarize", h.Model)
		assert.Equal(t, "diarized_json", h.Format)
		return speech("portuguese", segment{Text: "Bom dia.", Speaker: "A"}, segment{Start: 2, Text: "A tela está preta.", Speaker: "B"})
	}})
	p := s.serve(t, companyWith(t, ""), "--transcription-model", "gpt-4o-transcribe-diarize")
	id := recordedCall(t, p, demoWebM(t))
	assert.Equal(t, "Speaker A: Bom dia.\nSpeaker B: A tela está preta.", artifact(t, p, id, "transcript").Transcript)
}

// TestProgramThatFailsAndHangs: what a speech program writes to its standard error is in the error of its job, one that
// hangs is killed with what it has started, and the next try is as good as the first.
func TestProgramThatFailsAndHangs(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	put(t, work, `cd "$(dirname "$0")"
case $(cat way) in
fails) echo "the model is missing" >&2; exit 70;;
hangs) sleep 600 & echo $! >> children; wait;;
esac
echo "spoken in $2"
`, "transcribe.sh")
	way := func(way string) {
		put(t, work, way, "next")
		require.NoError(t, os.Rename(filepath.Join(work, "next"), filepath.Join(work, "way")))
	}
	way("fails")
	dir := companyWith(t, "language: pt-BR")
	p := serve(t, dir, "--transcriber-cmd", "sh "+filepath.Join(work, "transcribe.sh")+" {input} {lang}", "--ai-limit", "1s")
	id := recordedCall(t, p, demoWebM(t))
	jobs := func(what string) string {
		return voki(t, "jobs", what, "--data", dir, "--tenant", "avanter", "transcript-"+id).stdout
	}
	tries := func(shown string) {
		t.Helper()
		require.Eventually(t, func() bool {
			_, err := os.Stat(filepath.Join(work, "children"))
			if regexp.MustCompile(shown).MatchString(jobs("show")) && (err == nil || strings.Contains(shown, "exit")) {
				return true
			}
			jobs("retry") // unless it is being tried
			return false
		}, 2*patience, 100*time.Millisecond)
	}
	tries(`\ntry +\S+Z, \S+: .*exit status 70.*the model is missing\n`)
	way("hangs")
	tries(`\ntry +\S+Z, \S+: .*not done after 1s`)
	way("works")
	jobs("retry")
	assert.Equal(t, "spoken in pt-BR", artifact(t, p, id, "transcript").Transcript)

	pids, err := os.ReadFile(filepath.Join(work, "children"))
	require.NoError(t, err)
	for _, pid := range strings.Fields(string(pids)) {
		child, err := strconv.Atoi(pid)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return gone(child) }, patience, 10*time.Millisecond, "what it has started goes on")
	}
}

// gone reports whether a process has ended, though nobody may have asked how.
func gone(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return true
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || bytes.Contains(status, []byte("State:\tZ"))
}

// endless is so much of a recording that no memory is to hold it.
type endless struct {
	head io.Reader
	left int64
}

func (e *endless) Read(b []byte) (int, error) {
	if n, err := e.head.Read(b); n > 0 || err == nil {
		return n, nil
	}
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), e.left)
	clear(b[:n])
	e.left -= n
	return int(n), nil
}

// TestLongRecordingIsStreamed: a recording that is several times larger than the memory which the server takes for it
// comes in, goes to the provider, and comes out.
func TestLongRecordingIsStreamed(t *testing.T) {
	t.Parallel()
	const size = 256 << 20
	head := demoWebM(t)
	var heard atomic.Int64
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		heard.Add(n)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"text": "Preciso de ajuda.", "language": "portuguese"})
	}))
	t.Cleanup(provider.Close)
	s := &scribe{Server: provider}
	dir := companyWith(t, "")
	p := s.serve(t, dir)
	before := peak(t, p)

	path := "/api/v1/calls/" + activeCall(t, p)
	p.must(200, "POST", path+"/complete", attendant, "")
	r, err := http.NewRequest(http.MethodPut, p.url+path+"/recording", &endless{head: bytes.NewReader(head), left: size - int64(len(head))})
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+attendant)
	r.Header.Set("X-Tenant", "avanter")
	r.ContentLength = size
	got, err := do(r)
	require.NoError(t, err)
	require.Equal(t, 201, got.status, "%s", got.body)
	assert.Equal(t, "Preciso de ajuda.", artifact(t, p, strings.TrimPrefix(path, "/api/v1/calls/"), "transcript").Transcript)
	assert.Greater(t, heard.Load(), int64(size))

	r, err = http.NewRequest(http.MethodGet, p.url+path+"/recording/download", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+attendant)
	r.Header.Set("X-Tenant", "avanter")
	out, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer out.Body.Close() // only read
	n, err := io.Copy(io.Discard, out.Body)
	require.NoError(t, err)
	assert.EqualValues(t, size, n)
	assert.Less(t, peak(t, p)-before, int64(size/4))
}

// peak is the most memory in bytes that a server has had.
func peak(t *testing.T, p *process) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, found)
	kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
	require.NoError(t, err)
	return kilobytes << 10
}
