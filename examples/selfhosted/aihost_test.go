package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// demoWebM is the demonstration's recording.
func demoWebM(t testing.TB) []byte {
	t.Helper()
	content, err := os.ReadFile("demo/recording.webm")
	require.NoError(t, err)
	return content
}

// TestWordsAndLanguageOfTheHost: the provider is told the company's language, and asked in the words of the operator.
func TestWordsAndLanguageOfTheHost(t *testing.T) {
	t.Parallel()
	s := newScribe(t, &scribe{hear: func(int, hearing) scribed {
		return speech("portuguese", segment{Text: "Preciso de ajuda."})
	}})
	words := t.TempDir()
	put(t, words, "Write a sonnet in {{.Language}} about what {{.Begin}} begins and {{.End}} ends.\n", "summary.txt")
	p := s.serve(t, companyWith(t, "language: pt-BR"), "--prompts", words)
	id := recordedCall(t, p, demoWebM(t))
	assert.Equal(t, "O cliente foi atendido.", artifact(t, p, id, "summary").Summary)
	assert.Equal(t, "pt-BR", artifact(t, p, id, "transcript").Language)

	require.Len(t, s.hearings(), 1)
	assert.Equal(t, "pt", s.hearings()[0].Language, "as the API takes it")
	require.Len(t, s.questions(), 1)
	q := s.questions()[0]
	assert.Regexp(t, `^Write a sonnet in pt-BR about what \[begin \w+\] begins and \[end \w+\] ends\.$`, q.System)
	assert.Regexp(t, `^\[begin \w+\]\nPreciso de ajuda\.\n\[end \w+\]$`, q.User)
}

// TestWrongPromptIsNamed: a template that cannot be used ends the start, and is named with its line.
func TestWrongPromptIsNamed(t *testing.T) {
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1") // nobody is asked
	for name, test := range map[string]struct{ file, content, want string }{
		"not closed":    {"summary.txt", "Sum up.\n\n{{if .Language}}Write in {{.Language}}", "summary.txt:3"},
		"unknown word":  {"piece.txt", "Note piece\n{{.Number}}", "piece.txt:2"},
		"one way alone": {"join.txt", "{{if .Language}}In {{.Language}}.{{else}}\nIn {{.Tongue}}.{{end}}", "join.txt:2"},
	} {
		t.Run(name, func(t *testing.T) {
			words := t.TempDir()
			put(t, words, test.content, test.file)
			got := voki(t, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--addr", "127.0.0.1:0", "--prompts", words)
			assert.Equal(t, 1, got.code)
			assert.Contains(t, got.stderr, test.want)
			assert.NotContains(t, got.stdout, "serves")
		})
	}
}

// TestLongTranscriptInPieces: no question holds more than a piece, each sentence of the call is in one of them, and one
// summary comes of it all.
func TestLongTranscriptInPieces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sentences, most, pieces int
		args                    []string
	}{
		"as it is":     {2000, 48_000, 3, nil},
		"small models": {300, 5_000, 4, []string{"--ai-piece", "5000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			longTranscript(t, test.sentences, test.most, test.pieces, test.args)
		})
	}
}

func longTranscript(t *testing.T, sentences, most, pieces int, args []string) {
	s := newScribe(t, &scribe{
		hear: func(int, hearing) scribed {
			all := make([]segment, sentences)
			for i := range all {
				all[i] = segment{Start: float64(2 * i), Text: fmt.Sprintf("This is sentence <%d>, which says little, of the long call.", i)}
			}
			return speech("english", all...)
		},
		say: func(n int, q question) scribed {
			if strings.Contains(q.User, "sentence <") {
				return sentence(fmt.Sprintf("Note of answer <%d>.", n))
			}
			return sentence("All in all, little was said.")
		},
	})
	dir := companyWith(t, "")
	p := s.serve(t, dir, args...)
	id := recordedCall(t, p, demoWebM(t))
	assert.Equal(t, "All in all, little was said.", artifact(t, p, id, "summary").Summary)
	assert.Greater(t, len(artifact(t, p, id, "transcript").Transcript), (pieces-1)*most)
	require.Zero(t, p.stop())

	asked := s.questions()
	require.Len(t, asked, pieces+1)
	var seen []int
	for i, q := range asked[:pieces] {
		data := q.User[strings.Index(q.User, "\n")+1 : strings.LastIndex(q.User, "\n")]
		assert.LessOrEqual(t, len(data), most)
		assert.Contains(t, q.System, fmt.Sprintf("piece %d of %d", i+1, pieces))
		for _, after := range strings.Split(data, "sentence <")[1:] {
			number, _, _ := strings.Cut(after, ">")
			n, err := strconv.Atoi(number)
			require.NoError(t, err)
			seen = append(seen, n)
		}
		assert.Contains(t, asked[pieces].User, fmt.Sprintf("Note of answer <%d>.", i+1))
	}
	assert.Len(t, seen, sentences)
	assert.True(t, slices.IsSorted(seen))
	assert.Len(t, slices.Compact(seen), sentences, "each once")
	events, jobs := followed(t, dir, id)
	assert.Equal(t, 1, events[call.KindSummaryReady])
	assert.Len(t, jobs, 2)
}

// TestTracksOfBothSidesAreMerged: parts of two tracks come as they come, each track is written down on its own, and the
// lines stand in the order in which they were said.
func TestTracksOfBothSidesAreMerged(t *testing.T) {
	t.Parallel()
	whole := demoWebM(t)
	tracks := map[string]string{"agent": string(whole), "customer": string(whole[:len(whole)/2])}
	s := newScribe(t, &scribe{hear: func(_ int, h hearing) scribed {
		switch h.Audio {
		case tracks["agent"]:
			return speech("portuguese", segment{Start: 0, Text: "Bom dia."}, segment{Start: 1.2, Text: "Em que posso ajudar?"}, segment{Start: 6.5, Text: "Vou verificar."})
		case tracks["customer"]:
			return speech("portuguese", segment{Start: 2.4, Text: "A tela está preta."}, segment{Start: 8, Text: "Obrigada."})
		}
		return failure(400, "neither of the tracks")
	}})
	dir := companyWith(t, "")
	p := s.serve(t, dir)
	path := "/api/v1/calls/" + activeCall(t, p)
	const parts = 3
	for n := parts - 1; n >= 0; n-- {
		for _, name := range []string{"customer", "agent"} {
			size := len(tracks[name])/parts + 1
			part := tracks[name][n*size : min((n+1)*size, len(tracks[name]))]
			p.must(201, "PUT", fmt.Sprintf("%s/recording/%s/%d", path, name, n), attendant, part)
		}
	}
	p.must(200, "POST", path+"/complete", attendant, "")
	p.must(201, "POST", path+"/recording/finish", attendant, `{"parts": {"agent": 3, "customer": 3}}`)
	for name, content := range tracks {
		got := p.must(200, "GET", path+"/recording/download?track="+name, attendant, "")
		assert.Equal(t, content, string(got), name)
	}
	p.must(404, "GET", path+"/recording/download?track=mixed", attendant, "")

	id := strings.TrimPrefix(path, "/api/v1/calls/")
	assert.Equal(t, "Agent: Bom dia. Em que posso ajudar?\nCustomer: A tela está preta.\nAgent: Vou verificar.\nCustomer: Obrigada.",
		artifact(t, p, id, "transcript").Transcript)
	assert.Len(t, s.hearings(), 2)
	artifact(t, p, id, "summary")
	assert.Contains(t, s.questions()[0].User, "\nCustomer: A tela está preta.\n")
}
