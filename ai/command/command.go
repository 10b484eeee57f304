// Package command writes down what is said by a speech program that the host has installed: no key, no network.
//
// The program's words may hold {input}, for which stands the name of a file with the audio, and {lang}, for the language
// (BCP 47). Without {input} the audio is its standard input. What it writes to its standard output is the transcript,
// and nothing written means that nobody spoke. Its exit code says how it went:
//
//	0       done
//	65      the audio is none that it can read (EX_DATAERR): it is not asked again for this call
//	other   it failed, and is asked again later
//
// It must never know of calls, jobs or companies.
package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/avanter/voki/ai"
)

// Options configure a [Transcriber] or a [Converter]; Words is required.
type Options struct {
	Words    []string      // the program and its arguments; [Split] makes them of a line
	Language string        // for {lang} where the call's is not known. Defaults to en
	Limit    time.Duration // how long it may run. Defaults to an hour
	Dir      string        // where files with audio lie while it runs; New removes those that a crash left there. Defaults to the system's folder for such, where nothing is removed
}

// The defaults of [Options].
const (
	DefaultLanguage = "en"
	DefaultLimit    = time.Hour
)

// maxText is how many bytes of transcript are read: some days of speech.
const maxText = 8 << 20

// Transcriber runs a program that writes down what is said. It is an [ai.Transcriber], safe for concurrent use: each
// audio has a process of its own.
type Transcriber struct{ program }

var _ ai.Transcriber = (*Transcriber)(nil)

// New returns a transcriber. It fails if there is no such program.
func New(o Options) (*Transcriber, error) {
	p, err := newProgram(o)
	if err != nil {
		return nil, err
	}
	return &Transcriber{p}, nil
}

// Transcribe implements [ai.Transcriber].
func (t *Transcriber) Transcribe(ctx context.Context, a ai.Audio) (ai.Speech, error) {
	if a.Language == "" {
		a.Language = t.o.Language
	}
	out := &head{most: maxText}
	if err := t.run(ctx, a, out); err != nil {
		return ai.Speech{}, err
	}
	if out.over {
		return ai.Speech{}, &ai.Refused{Err: fmt.Errorf("%s wrote more than %d bytes", t.o.Words[0], maxText)}
	}
	text := strings.TrimSpace(string(out.b))
	if text == "" {
		return ai.Speech{}, ai.ErrEmpty
	}
	return ai.Speech{Text: text, Language: a.Language}, nil
}

// head keeps what is written first, and notes that there was more.
type head struct {
	b    []byte
	most int
	over bool
}

func (h *head) Write(p []byte) (int, error) {
	room := min(len(p), h.most-len(h.b))
	h.over = h.over || room < len(p)
	h.b = append(h.b, p[:room]...)
	return len(p), nil
}
