package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scribe is a server that speaks what is documented of the OpenAI API, and answers what a test says. It does not answer
// before it has noted what it was asked.
type scribe struct {
	*httptest.Server
	hear func(n int, h hearing) scribed  // n counts from 1
	say  func(n int, q question) scribed // nil: one sentence

	mu    sync.Mutex
	heard []hearing
	asked []question
}

// hearing is a request for a transcript, question one for a text.
type (
	hearing struct {
		Model    string
		Format   string
		Language string
		Audio    string
	}
	question struct{ System, User string }
)

// scribed is an answer.
type scribed struct {
	status int
	body   any
}

type segment struct {
	Start   float64 `json:"start"`
	End     float64 `json:"end"`
	Text    string  `json:"text"`
	Speaker string  `json:"speaker,omitempty"`
}

// speech is a transcript in verbose_json.
func speech(language string, segments ...segment) scribed {
	texts := make([]string, len(segments))
	for i := range segments {
		segments[i].End = segments[i].Start + 1
		texts[i] = segments[i].Text
	}
	return scribed{200, map[string]any{
		"task": "transcribe", "language": language, "duration": 10.0, "text": strings.Join(texts, " "), "segments": segments,
	}}
}

// sentence is a chat completion.
func sentence(text string) scribed {
	message := map[string]any{"role": "assistant", "content": text}
	return scribed{200, map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "created": 1770000000, "model": "gpt-5.4-mini-2026-03-05",
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": message}},
	}}
}

// failure is an error as the API has them.
func failure(status int, message string) scribed {
	return scribed{status, map[string]any{"error": map[string]any{"message": message, "type": "some_error", "param": nil, "code": nil}}}
}

func newScribe(t testing.TB, s *scribe) *scribe {
	t.Helper()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, known := s.answer(r)
		if !known {
			assert.Fail(t, "not of the API", "%s %s", r.Method, r.URL)
			got = failure(http.StatusNotFound, "Invalid URL")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(got.status)
		_ = json.NewEncoder(w).Encode(got.body) // the client may have been killed
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *scribe) answer(r *http.Request) (got scribed, known bool) {
	switch r.URL.Path {
	case "/v1/audio/transcriptions":
		h := hearing{Model: r.FormValue("model"), Format: r.FormValue("response_format"), Language: r.FormValue("language")}
		if file, _, err := r.FormFile("file"); err == nil {
			audio, _ := io.ReadAll(file) // it is in memory
			h.Audio = string(audio)
		}
		return s.hear(noted(s, &s.heard, h), h), true
	case "/v1/chat/completions":
		var body struct {
			Messages []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Messages) != 2 {
			return failure(http.StatusBadRequest, "two messages were to come"), true
		}
		q := question{System: body.Messages[0].Content, User: body.Messages[1].Content}
		if n := noted(s, &s.asked, q); s.say != nil {
			return s.say(n, q), true
		}
		return sentence("O cliente foi atendido."), true
	}
	return scribed{}, false
}

// noted appends what a scribe was asked and returns how many there are now.
func noted[T any](s *scribe, all *[]T, one T) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	*all = append(*all, one)
	return len(*all)
}

// hearings and questions are those so far.
func (s *scribe) hearings() []hearing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]hearing(nil), s.heard...)
}

func (s *scribe) questions() []question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]question(nil), s.asked...)
}

// serve is serve with this provider, in tests that run beside others too.
func (s *scribe) serve(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	return startServer(t, []string{"env", "OPENAI_API_KEY=sk-of-the-test", "OPENAI_BASE_URL=" + s.URL + "/v1"},
		append([]string{"serve", "--addr", "127.0.0.1:0", "--data", dir, "--public-rate", "0"}, args...)...)
}

// company is a configuration in which avanter has both features, and one more line.
const company = `tenants:
  - slug: avanter
    name: Avanter
    features: [transcription, ai_summaries]
    departments: [{id: support, name: Support}]
    users:
      - {id: a1b2c3d4-e5f6-7890-abcd-ef1234567890, name: João Silva, role: attendant, departments: [support]}
      - {id: b2c3d4e5-f6a7-8901-bcde-f12345678901, name: Ana Supervisor, role: supervisor}
    links: [{token: suporte, department: support}]
    %s
`

// companyWith is a data directory with that configuration.
func companyWith(t testing.TB, line string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "voki.yaml"), fmt.Appendf(nil, company, line), 0o600))
	return dir
}
