package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browser is a Chromium on one page, with a camera and a microphone that are made up.
type browser struct {
	cmd   *exec.Cmd
	said  *output
	once  sync.Once
	ended chan struct{}
}

func openBrowser(t *testing.T, page string) *browser {
	t.Helper()
	b := &browser{said: &output{}, ended: make(chan struct{})}
	b.cmd = exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream",
		"--use-fake-ui-for-media-stream", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), page)
	b.cmd.Stdout, b.cmd.Stderr = b.said, b.said
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b.cmd.WaitDelay = 10 * time.Second // for what it has started to let go of its output
	require.NoError(t, b.cmd.Start())
	go func() {
		defer close(b.ended)
		_ = b.cmd.Wait() // it is killed
	}()
	t.Cleanup(b.crash)
	return b
}

// crash kills the browser with all of its processes.
func (b *browser) crash() {
	b.once.Do(func() { _ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) }) // it may have ended
	<-b.ended
}

// recordingPage serves a page that records, and the server's API below the same origin. In the middle of the part with
// the given number it calls interrupt, and nothing more of that part comes through.
type recordingPage struct {
	*httptest.Server
	interrupted chan struct{}

	mu      sync.Mutex
	reports []string
	sent    int // bytes of parts that were kept
}

func newRecordingPage(t *testing.T, p *process, last int, interrupt func()) *recordingPage {
	t.Helper()
	to, err := url.Parse(p.url)
	require.NoError(t, err)
	page := &recordingPage{interrupted: make(chan struct{})}
	api := httputil.NewSingleHostReverseProxy(to)
	api.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {} // of the part that is cut off
	api.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusCreated {
			page.note(func() { page.sent += int(r.Request.ContentLength) })
		}
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.HandleFunc("PUT /api/v1/calls/{id}/recording/mixed/"+strconv.Itoa(last), func(w http.ResponseWriter, r *http.Request) {
		r.Body = &cut{ReadCloser: r.Body, left: r.ContentLength / 2, cut: sync.OnceFunc(func() {
			interrupt()
			close(page.interrupted)
		})}
		api.ServeHTTP(w, r)
	})
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the browser may be killed
		page.note(func() { page.reports = append(page.reports, string(body)) })
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/recorder.html") })
	page.Server = httptest.NewServer(mux)
	t.Cleanup(page.Close)
	return page
}

func (p *recordingPage) note(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
}

// cut is a body that breaks off in the middle.
type cut struct {
	io.ReadCloser
	left int64
	cut  func()
}

func (c *cut) Read(b []byte) (int, error) {
	if c.left <= 0 {
		c.cut()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// TestBrowserCrashesWhileItRecords: a browser sends parts as it records and dies in the middle of one; when the call has
// ended and nothing came for a minute, what it has sent is the recording, and plays.
func TestBrowserCrashesWhileItRecords(t *testing.T) {
	for _, program := range []string{"chromium", "ffprobe"} {
		_, err := exec.LookPath(program)
		needs(t, err == nil, program)
	}
	t.Parallel()
	dir := companyWith(t, "")
	p := serve(t, dir)
	id := activeCall(t, p)
	path := "/api/v1/calls/" + id

	const last = 7
	var chromium *browser
	opened := make(chan struct{})
	page := newRecordingPage(t, p, last, func() {
		<-opened
		chromium.crash()
	})
	began := time.Now()
	chromium = openBrowser(t, page.URL+"/#"+url.Values{"id": {id}, "token": {attendant}}.Encode())
	close(opened)
	select {
	case <-page.interrupted:
	case <-time.After(3 * patience):
		page.note(func() { require.FailNow(t, "it does not record", "%v\n%s", page.reports, chromium.said) })
	}
	most := time.Since(began)
	page.note(func() {
		require.Len(t, page.reports, 1)
		assert.Contains(t, page.reports[0], "records video/webm")
	})
	p.must(404, "GET", path+"/recording", attendant, "")
	p.must(200, "POST", path+"/complete", attendant, "")

	var got reply
	require.Eventually(t, func() bool {
		var err error
		got, err = p.ask("GET", path+"/recording", attendant, "")
		return err == nil && got.status == http.StatusOK
	}, 3*time.Minute, 200*time.Millisecond, "%s", p.stderr)
	var facts struct {
		Data struct {
			Duration int       `json:"duration"`
			Size     int       `json:"file_size"`
			Created  time.Time `json:"created_at"`
			Download string    `json:"download_url"`
		}
	}
	require.NoError(t, json.Unmarshal(got.body, &facts))
	var call struct {
		Data struct {
			Completed time.Time `json:"completed_at"`
		}
	}
	require.NoError(t, json.Unmarshal(p.must(200, "GET", path, attendant, ""), &call))
	assert.GreaterOrEqual(t, facts.Data.Created.Sub(call.Data.Completed), time.Minute)
	page.note(func() { assert.Equal(t, page.sent, facts.Data.Size, "each byte that was taken, and no other") })

	work := t.TempDir()
	put(t, work, string(p.must(200, "GET", facts.Data.Download, "", "")), "recording.webm")
	plays := probe(t, filepath.Join(work, "recording.webm"))
	assert.Greater(t, plays, time.Second)
	assert.Less(t, plays, most)
	assert.InDelta(t, plays.Seconds(), facts.Data.Duration, 1)
	require.Zero(t, p.stop())
	assert.Len(t, kept(t, dir), 1)
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "1 recordings: everything is in order")
}

// probe has ffprobe read all of a recording with picture and sound, and returns when its last picture or sound is. That
// the last one is cut short, of which ffprobe warns, is what a crash does.
func probe(t *testing.T, file string) time.Duration {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_type:packet=pts_time", "-of", "json", file).Output()
	require.NoError(t, err)
	var found struct {
		Streams []struct {
			Type string `json:"codec_type"`
		}
		Packets []struct {
			At string `json:"pts_time"`
		}
	}
	require.NoError(t, json.Unmarshal(out, &found), "%s", out)
	kinds := make([]string, 0, len(found.Streams))
	for _, s := range found.Streams {
		kinds = append(kinds, s.Type)
	}
	assert.ElementsMatch(t, []string{"video", "audio"}, kinds)
	last := 0.0
	for _, packet := range found.Packets {
		at, err := strconv.ParseFloat(packet.At, 64)
		require.NoError(t, err)
		last = max(last, at)
	}
	return time.Duration(last * float64(time.Second))
}
