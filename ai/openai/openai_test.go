package openai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/ai/openai"
)

// request is what a server was asked.
type request struct {
	path, key string
	length    int64
	fields    map[string]string
	file      string // its name and type
	audio     string
	body      []byte
}

// serve answers every request alike, and returns a client of it and what it was asked last.
func serve(t testing.TB, status int, reply string, o openai.Options, header ...string) (*openai.Client, *request) {
	t.Helper()
	asked := &request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = request{path: r.URL.Path, key: r.Header.Get("Authorization"), length: r.ContentLength, fields: map[string]string{}}
		if form, err := r.MultipartReader(); err == nil {
			for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
				content, _ := io.ReadAll(part)
				if part.FileName() != "" {
					asked.file, asked.audio = part.FileName()+" "+part.Header.Get("Content-Type"), string(content)
				} else {
					asked.fields[part.FormName()] = string(content)
				}
			}
		} else {
			asked.body, _ = io.ReadAll(r.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(server.Close)
	o.BaseURL = server.URL + "/v1"
	c, err := openai.New(o)
	require.NoError(t, err)
	return c, asked
}

func audio(content, language string) ai.Audio {
	return ai.Audio{Content: strings.NewReader(content), Size: int64(len(content)), Format: "webm", Language: language}
}

// TestTranscribe: each kind of model is asked for the form that it knows, and each form is understood.
func TestTranscribe(t *testing.T) {
	for name, test := range map[string]struct {
		model, language, reply string
		fields                 map[string]string
		want                   ai.Speech
	}{
		"with times": {
			"", "pt-BR",
			`{"task":"transcribe","language":"portuguese","duration":2.5,"text":" Bom dia. Tudo bem? ","segments":[
			  {"id":0,"start":0.5,"end":1.0,"text":" Bom dia."},{"id":1,"start":1.25,"end":2.0,"text":" Tudo bem?"},{"id":2,"start":2.0,"end":2.5,"text":" "}]}`,
			map[string]string{"model": "whisper-1", "response_format": "verbose_json", "language": "pt"},
			ai.Speech{Text: "Bom dia. Tudo bem?", Language: "pt-BR", Segments: []ai.Segment{
				{Start: 500 * time.Millisecond, Text: " Bom dia."}, {Start: 1250 * time.Millisecond, Text: " Tudo bem?"},
			}},
		},
		"text alone": {
			"gpt-4o-transcribe", "", `{"text":"Hello."}`,
			map[string]string{"model": "gpt-4o-transcribe", "response_format": "json"},
			ai.Speech{Text: "Hello."},
		},
		"the newest": {
			"gpt-transcribe", "pt-BR", `{"text":"Bom dia.","languages":[{"code":"pt"}]}`,
			map[string]string{"model": "gpt-transcribe", "response_format": "json", "languages[]": "pt"},
			ai.Speech{Text: "Bom dia.", Language: "pt-BR"},
		},
		"with speakers": {
			"gpt-4o-transcribe-diarize", "en",
			`{"task":"transcribe","duration":2,"text":"Hello. Hi.","segments":[
			  {"type":"transcript.text.segment","id":"seg_1","start":0,"end":1,"text":"Hello.","speaker":"A"},
			  {"type":"transcript.text.segment","id":"seg_2","start":1,"end":2,"text":"Hi.","speaker":"agent"}]}`,
			map[string]string{"model": "gpt-4o-transcribe-diarize", "response_format": "diarized_json", "chunking_strategy": "auto", "language": "en"},
			ai.Speech{Text: "Hello. Hi.", Language: "en", Segments: []ai.Segment{
				{Speaker: "A", Text: "Hello."}, {Start: time.Second, Speaker: "agent", Text: "Hi."},
			}},
		},
		"another language than expected": {
			"Systran/faster-whisper-large-v3", "pt-BR", `{"language":"en","text":"Hello."}`,
			map[string]string{"model": "Systran/faster-whisper-large-v3", "response_format": "verbose_json", "language": "pt"},
			ai.Speech{Text: "Hello.", Language: "en"},
		},
		"a language that nobody knows": {
			"", "not a tag", `{"language":"klingonese","text":"nuqneH"}`,
			map[string]string{"model": "whisper-1", "response_format": "verbose_json"},
			ai.Speech{Text: "nuqneH", Language: "not a tag"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, asked := serve(t, 200, test.reply, openai.Options{Key: "sk-test", TranscriptionModel: test.model})
			got, err := c.Transcribe(t.Context(), audio("webm bytes", test.language))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			assert.Equal(t, "/v1/audio/transcriptions", asked.path)
			assert.Equal(t, "Bearer sk-test", asked.key)
			assert.Equal(t, test.fields, asked.fields)
			assert.Equal(t, "audio.webm audio/webm", asked.file)
			assert.Equal(t, "webm bytes", asked.audio)
			assert.Positive(t, asked.length, "the length is told")
		})
	}
}

func TestSummarize(t *testing.T) {
	c, asked := serve(t, 200, `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini-2024-07-18",
	  "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"A greeting."}}]}`, openai.Options{})
	got, err := c.Summarize(t.Context(), ai.Prompt{Instructions: "Summarise.", Data: "[begin]\nHello\n[end]"})
	require.NoError(t, err)
	assert.Equal(t, ai.Answer{Text: "A greeting.", Provider: "openai", Model: "gpt-5.4-mini"}, got)
	assert.Equal(t, "/v1/chat/completions", asked.path)
	assert.Empty(t, asked.key, "without a key none is sent")
	var sent struct {
		Model    string
		Messages []struct{ Role, Content string }
	}
	require.NoError(t, json.Unmarshal(asked.body, &sent))
	assert.Equal(t, "gpt-5.4-mini", sent.Model)
	assert.Equal(t, []struct{ Role, Content string }{{"system", "Summarise."}, {"user", "[begin]\nHello\n[end]"}}, sent.Messages)
}

// TestErrors: what each answer means for who may ask again.
func TestErrors(t *testing.T) {
	final, again := "final", "again"
	for name, test := range map[string]struct {
		status int
		reply  string
		header []string
		means  string
		after  time.Duration
		says   string
	}{
		"bad request":     {400, `{"error":{"message":"Invalid file\n format.","type":"invalid_request_error","code":null}}`, nil, final, 0, "400 Bad Request: Invalid file format."},
		"no key":          {401, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, nil, final, 0, "401 Unauthorized: Incorrect API key"},
		"not found":       {404, `not json`, nil, final, 0, "404 Not Found"},
		"too large":       {413, ``, nil, final, 0, "413 Request Entity Too Large"},
		"timeout":         {408, `{}`, nil, again, 0, "408 Request Timeout"},
		"conflict":        {409, `{}`, nil, again, 0, "409 Conflict"},
		"too many":        {429, `{"error":{"message":"slow down"}}`, []string{"Retry-After", "17"}, again, 17 * time.Second, "429 Too Many Requests: slow down"},
		"server":          {500, `{}`, nil, again, 0, "500 Internal Server Error"},
		"overloaded":      {503, `{}`, []string{"Retry-After", "99999999"}, again, 24 * time.Hour, "503 Service Unavailable"},
		"odd header":      {503, `{}`, []string{"Retry-After", "soon"}, again, 0, "503 Service Unavailable"},
		"not json at 200": {200, `<html>`, nil, again, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, test.status, test.reply, openai.Options{}, test.header...)
			_, heard := c.Transcribe(t.Context(), audio("x", ""))
			_, said := c.Summarize(t.Context(), ai.Prompt{})
			for _, err := range []error{heard, said} {
				require.Error(t, err)
				assert.ErrorContains(t, err, test.says)
				var refused *ai.Refused
				assert.Equal(t, test.means == final, errors.As(err, &refused), "%v", err)
				var retry *ai.Retry
				if test.after > 0 && assert.ErrorAs(t, err, &retry) {
					assert.Equal(t, test.after, retry.After)
				}
			}
		})
	}
}

func TestNothingSaid(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		reply  string
	}{
		"no text":   {200, `{"text":"","segments":[]}`},
		"blanks":    {200, `{"text":" \n","segments":[{"start":0,"text":" "}]}`},
		"too short": {400, `{"error":{"message":"Audio file is too short. Minimum audio length is 0.1 seconds.","code":"audio_too_short"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, test.status, test.reply, openai.Options{})
			_, err := c.Transcribe(t.Context(), audio("x", ""))
			assert.ErrorIs(t, err, ai.ErrEmpty)
		})
	}
}

func TestModelThatRefuses(t *testing.T) {
	for _, choice := range []string{
		`{"finish_reason":"stop","message":{"role":"assistant","refusal":"I can't.","content":null}}`,
		`{"finish_reason":"content_filter","message":{"role":"assistant","content":""}}`,
	} {
		c, _ := serve(t, 200, `{"choices":[`+choice+`]}`, openai.Options{})
		_, err := c.Summarize(t.Context(), ai.Prompt{})
		var refused *ai.Refused
		assert.ErrorAs(t, err, &refused)
	}
	c, _ := serve(t, 200, `{"choices":[]}`, openai.Options{})
	_, err := c.Summarize(t.Context(), ai.Prompt{})
	assert.ErrorContains(t, err, "no answer")
}

func TestBaseURL(t *testing.T) {
	for _, wrong := range []string{"example.com", "ftp://example.com", "http://", ":"} {
		_, err := openai.New(openai.Options{BaseURL: wrong})
		assert.ErrorContains(t, err, "is no address", wrong)
	}
}

// hour is an hour of audio, and knows how far it was read.
type hour struct{ size, read int64 }

func (h *hour) Read(p []byte) (int, error) {
	if h.read == h.size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), h.size-h.read)
	h.read += n
	return int(n), nil
}

// TestLongAudioIsStreamed: what is read of an audio is never much more than what the server has taken.
func TestLongAudioIsStreamed(t *testing.T) {
	const ahead, buffer = 8 << 20, 256 << 10 // of both sockets: the system's grow to many times that
	content := &hour{size: 128 << 20}
	transport := &watched{next: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return c, c.(*net.TCPConn).SetWriteBuffer(buffer)
	}}}
	taken := int64(0)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := make([]byte, 1<<20)
		for {
			n, err := r.Body.Read(p)
			taken += int64(n)
			if err != nil {
				break
			}
			if taken < 100<<20 {
				assert.Less(t, transport.read.Load(), taken+ahead)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"text":"Hello."}`)
	}))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		assert.NoError(t, c.(*net.TCPConn).SetReadBuffer(buffer))
		return ctx
	}
	server.Start()
	defer server.Close()
	c, err := openai.New(openai.Options{BaseURL: server.URL, HTTPClient: &http.Client{Transport: transport}})
	require.NoError(t, err)
	_, err = c.Transcribe(t.Context(), ai.Audio{Content: content, Size: content.size, Format: "webm"})
	require.NoError(t, err)
	assert.Equal(t, content.size, content.read)
	assert.Greater(t, taken, content.size)
	assert.Equal(t, taken, transport.read.Load(), "the body was read once, and no more of it")
}

// TestAudioThatBreaksOff: its error comes back, and the server is not told that it was all.
func TestAudioThatBreaksOff(t *testing.T) {
	c, _ := serve(t, 200, `{"text":"Hello."}`, openai.Options{})
	broken := errors.New("the disk is gone")
	_, err := c.Transcribe(t.Context(), ai.Audio{Content: io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), Format: "webm"})
	require.ErrorIs(t, err, broken)
	_, err = c.Transcribe(t.Context(), ai.Audio{Content: strings.NewReader("half"), Size: 1000, Format: "webm"})
	require.Error(t, err, "shorter than it was said to be")
}

// TestEarlyAnswer: a server that answers before it has read all is understood, and nothing reads on afterwards.
func TestEarlyAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	defer server.Close()
	c, err := openai.New(openai.Options{BaseURL: server.URL})
	require.NoError(t, err)
	content := &hour{size: 1 << 40}
	_, err = c.Transcribe(t.Context(), ai.Audio{Content: content, Size: content.size, Format: "webm"})
	require.Error(t, err)
	content.read = content.size // the race detector would see who still reads
}

// TestEndlessReply: no more is read of a reply than any transcript has.
func TestEndlessReply(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for some := bytes.Repeat([]byte(" "), 1<<20); ; {
			if _, err := w.Write(some); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c, err := openai.New(openai.Options{BaseURL: server.URL})
	require.NoError(t, err)
	_, err = c.Transcribe(t.Context(), audio("x", ""))
	assert.ErrorContains(t, err, "reply is too large")
}

// TestCause: a request that is given up says why.
func TestCause(t *testing.T) {
	held := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	defer server.Close()
	defer close(held)
	c, err := openai.New(openai.Options{BaseURL: server.URL})
	require.NoError(t, err)
	why := errors.New("too slow")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, why)
	defer cancel()
	_, err = c.Transcribe(ctx, audio("x", ""))
	require.ErrorIs(t, err, why)
}
