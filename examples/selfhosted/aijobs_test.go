package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// activeCall lets a customer join, and starts the call.
func activeCall(t testing.TB, p *process) (id string) {
	t.Helper()
	var joined struct {
		Data struct {
			ID string `json:"call_id"`
		}
	}
	customer := `{"name": "Maria", "email": "maria@example.com"}`
	require.NoError(t, json.Unmarshal(p.must(200, "POST", "/api/v1/call/suporte/join", "", customer), &joined))
	for _, step := range []string{"/assign", "/start"} {
		p.must(200, "POST", "/api/v1/calls/"+joined.Data.ID+step, attendant, "")
	}
	return joined.Data.ID
}

// recordedCall takes a call to its end and gives it a recording.
func recordedCall(t testing.TB, p *process, recording []byte) (id string) {
	t.Helper()
	id = activeCall(t, p)
	path := "/api/v1/calls/" + id
	p.must(200, "POST", path+"/complete", attendant, "")
	r, err := http.NewRequest(http.MethodPut, p.url+path+"/recording", bytes.NewReader(recording))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+attendant)
	r.Header.Set("X-Tenant", "avanter")
	r.Header.Set("Content-Type", "video/webm")
	got, err := do(r)
	require.NoError(t, err)
	require.Equal(t, 201, got.status, "%s", got.body)
	return id
}

// written is the data of a transcript or a summary.
type written struct{ Transcript, Summary, Provider, Model, Language string }

// artifact waits for a transcript or a summary.
func artifact(t testing.TB, p *process, id, kind string) written {
	t.Helper()
	var got reply
	require.Eventually(t, func() bool {
		var err error
		got, err = p.ask("GET", "/api/v1/calls/"+id+"/"+kind, supervisor, "")
		return err == nil && got.status == 200
	}, 2*patience, 20*time.Millisecond, "no %s: %s\n%s", kind, got.body, p.stderr)
	var body struct{ Data written }
	require.NoError(t, json.Unmarshal(got.body, &body))
	return body.Data
}

// provider is a server that speaks what is documented of the OpenAI API: for each of its two routes it answers 500 at
// first, then does not answer until it is released, and then does.
type provider struct {
	t        *testing.T
	released chan struct{}

	mu     sync.Mutex
	asked  map[string]int  // requests by route
	held   map[string]bool // routes on which a request waits, or waited
	audio  [][]byte
	prompt []string // of the user
}

func (o *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	assert.Equal(o.t, "Bearer sk-of-the-test", r.Header.Get("Authorization"))
	var reply string
	switch r.URL.Path {
	case "/v1/audio/transcriptions":
		file, head, err := r.FormFile("file")
		if err != nil {
			return // the client was killed
		}
		assert.Equal(o.t, "audio.webm", head.Filename)
		assert.Equal(o.t, "house-whisper", r.FormValue("model"))
		assert.Equal(o.t, "verbose_json", r.FormValue("response_format"))
		content, _ := io.ReadAll(file)
		o.note(func() { o.audio = append(o.audio, content) })
		reply = `{"task": "transcribe", "language": "portuguese", "duration": 2.0, "text": "Bom dia. Preciso de ajuda.", "segments":
		  [{"id": 0, "start": 0.0, "end": 1.0, "text": " Bom dia."}, {"id": 1, "start": 1.0, "end": 2.0, "text": " Preciso de ajuda."}]}`
	case "/v1/chat/completions":
		var asked struct {
			Messages []struct{ Role, Content string }
		}
		if json.NewDecoder(r.Body).Decode(&asked) != nil {
			return
		}
		o.note(func() { o.prompt = append(o.prompt, asked.Messages[1].Content) })
		reply = `{"id": "chatcmpl-1", "object": "chat.completion", "created": 1770000000, "model": "house-gpt", "choices":
		  [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "O cliente precisa de ajuda."}}]}`
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch o.count(r.URL.Path) {
	case 1:
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error": {"message": "The server had an error", "type": "server_error", "param": null, "code": null}}`)
		return
	case 2:
		o.note(func() { o.held[r.URL.Path] = true })
		<-o.released
	}
	_, _ = io.WriteString(w, reply)
}

func (o *provider) note(fn func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fn()
}

func (o *provider) count(route string) (n int) {
	o.note(func() { o.asked[route]++; n = o.asked[route] })
	return n
}

// waits reports whether a request has been held on a route.
func (o *provider) waits(route string) (held bool) {
	o.note(func() { held = o.held[route] })
	return held
}

// TestArtifactsThoughAllFails: the provider fails, then hangs, and the server is killed while it waits, once for each of
// the two artifacts. Each is made, and each is made once.
func TestArtifactsThoughAllFails(t *testing.T) {
	o := &provider{t: t, released: make(chan struct{}), asked: map[string]int{}, held: map[string]bool{}}
	fake := httptest.NewServer(o)
	defer fake.Close()
	defer close(o.released)
	t.Setenv("OPENAI_API_KEY", "sk-of-the-test")
	t.Setenv("OPENAI_BASE_URL", fake.URL+"/v1")
	dir := t.TempDir()
	args := []string{"--demo", "--transcription-model", "house-whisper", "--summary-model", "house-gpt"}
	p := serve(t, dir, args...)
	webm, err := os.ReadFile("demo/recording.webm")
	require.NoError(t, err)
	id := recordedCall(t, p, webm)
	for _, route := range []string{"/v1/audio/transcriptions", "/v1/chat/completions"} {
		require.Eventually(t, func() bool { return o.waits(route) }, 2*patience, 10*time.Millisecond, "%s\n%s", route, p.stderr)
		p.kill()
		p = serve(t, dir, args...)
	}
	transcript := artifact(t, p, id, "transcript")
	assert.Equal(t, "Bom dia. Preciso de ajuda.", transcript.Transcript)
	assert.Equal(t, "pt", transcript.Language)
	summary := artifact(t, p, id, "summary")
	assert.Equal(t, "O cliente precisa de ajuda.", summary.Summary)
	assert.Equal(t, "openai", summary.Provider)
	assert.Equal(t, "house-gpt", summary.Model)
	assert.Zero(t, p.stop())

	assert.NotContains(t, p.stderr.String(), "sk-of-the-test")
	o.note(func() {
		assert.Equal(t, map[string]int{"/v1/audio/transcriptions": 3, "/v1/chat/completions": 3}, o.asked)
		for _, audio := range o.audio {
			assert.Equal(t, webm, audio)
		}
		assert.Contains(t, o.prompt[0], "Preciso de ajuda.")
	})
	events, jobs := followed(t, dir, id)
	assert.Equal(t, 1, events[call.KindTranscriptReady])
	assert.Equal(t, 1, events[call.KindSummaryReady])
	require.Len(t, jobs, 2)
	for _, j := range jobs {
		assert.Equal(t, follow.StateDone, j.State, j.ID)
		assert.Equal(t, ai.ResultReady, j.Result, j.ID)
	}
}

func TestWrongServerOfOpenAI(t *testing.T) {
	t.Setenv("OPENAI_BASE_URL", "localhost:8000")
	got := voki(t, "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, `OPENAI_BASE_URL: "localhost:8000" is no address`)
}

// followed reads from the database of a server that has ended what followed from a call: its events by kind, and its jobs.
func followed(t testing.TB, dir, id string) (events map[call.Kind]int, jobs []follow.Job) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(dir, "voki.db"), bolt.Options{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	require.NoError(t, store.View(context.Background(), func(tx storage.Tx) error {
		log, err := tx.CallEvents("avanter", id, 0, 1000)
		if err != nil {
			return err
		}
		events = map[call.Kind]int{}
		for _, e := range log {
			events[e.Kind]++
		}
		jobs, err = tx.Jobs("avanter", follow.Filter{CallID: id}, "", 100)
		return err
	}))
	return events, jobs
}

// TestRealSpeech: what a voice says is in the transcript that the API gives, though no network is there to help; and
// silence is no transcript, nor a failure.
func TestRealSpeech(t *testing.T) {
	for _, program := range []string{"flite", "ffmpeg", "pocketsphinx_continuous"} {
		_, err := exec.LookPath(program)
		needs(t, err == nil, program)
	}
	dir := t.TempDir()
	run := func(words ...string) {
		t.Helper()
		out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
		require.NoError(t, err, "%v: %s", words, out)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	content := func(name string) []byte {
		b, err := os.ReadFile(file(name))
		require.NoError(t, err)
		return b
	}
	run("flite", "-voice", "slt", "-t", "The budget report is due on friday.", "-o", file("said.wav"))
	run("ffmpeg", "-v", "error", "-i", file("said.wav"), "-c:a", "libopus", file("said.webm"))
	run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "2", "-c:a", "libopus", file("silence.webm"))

	script, err := filepath.Abs("transcribe.sh")
	require.NoError(t, err)
	p := serve(t, file("data"), "--demo", "--transcriber-cmd", "'"+script+"' {input}", "--ai-workers", "1",
		"--audio-cmd", "ffmpeg -nostdin -v error -i {input} -vn -ac 1 -c:a libopus -b:a 24k -f webm -")
	silent := recordedCall(t, p, content("silence.webm"))
	id := recordedCall(t, p, content("said.webm"))
	got := artifact(t, p, id, "transcript")
	for _, word := range []string{"budget", "friday"} {
		assert.Contains(t, strings.ToLower(got.Transcript), word)
	}
	assert.Equal(t, "en", got.Language)
	p.must(404, "GET", "/api/v1/calls/"+silent+"/transcript", supervisor, "")
	assert.Zero(t, p.stop())

	_, jobs := followed(t, file("data"), silent)
	require.Len(t, jobs, 1)
	assert.Equal(t, follow.StateDone, jobs[0].State, jobs[0].LastError)
	assert.Equal(t, ai.ResultEmpty, jobs[0].Result)
	assert.Equal(t, 1, jobs[0].Attempts)
	left, err := os.ReadDir(file("data/transcribing"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
