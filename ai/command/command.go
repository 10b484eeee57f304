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
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/avanter/voki/ai"
)

// Options configure a [Transcriber]; Words is required.
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

const (
	// maxText is how many bytes of transcript are read: some days of speech.
	maxText = 8 << 20
	// maxStderr is how many bytes of the end of what it complains about go into the error.
	maxStderr = 4 << 10
	// patience is how long its output is waited for when it has ended, should it have left children that hold it open.
	patience = 2 * time.Second
	// exitUnreadable is EX_DATAERR of sysexits.h.
	exitUnreadable = 65
)

// Transcriber runs a program. It is an [ai.Transcriber], safe for concurrent use: each audio has a process of its own.
type Transcriber struct {
	o      Options
	byFile bool
}

var _ ai.Transcriber = (*Transcriber)(nil)

// New returns a transcriber. It fails if there is no such program.
func New(o Options) (*Transcriber, error) {
	if len(o.Words) == 0 {
		return nil, errors.New("no program is named")
	}
	if _, err := exec.LookPath(o.Words[0]); err != nil {
		return nil, err
	}
	if o.Language == "" {
		o.Language = DefaultLanguage
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if err := removeLeft(o.Dir); err != nil {
		return nil, err
	}
	t := &Transcriber{o: o}
	for _, word := range o.Words[1:] {
		t.byFile = t.byFile || strings.Contains(word, "{input}")
	}
	return t, nil
}

// Transcribe implements [ai.Transcriber].
func (t *Transcriber) Transcribe(ctx context.Context, a ai.Audio) (s ai.Speech, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.o.Limit, fmt.Errorf("ended after the limit of %s", t.o.Limit))
	defer cancel()
	if a.Language == "" {
		a.Language = t.o.Language
	}
	input, stdin := "", a.Content
	if t.byFile {
		var remove func() error
		input, remove, err = keep(ctx, t.o.Dir, a)
		if err != nil {
			return ai.Speech{}, err
		}
		defer func() { err = errors.Join(err, remove()) }()
		stdin = nil
	}
	text, err := t.run(ctx, stdin, strings.NewReplacer("{input}", input, "{lang}", a.Language))
	if err != nil {
		return ai.Speech{}, err
	}
	if text = strings.TrimSpace(text); text == "" {
		return ai.Speech{}, ai.ErrEmpty
	}
	return ai.Speech{Text: text, Language: a.Language}, nil
}

// run returns what the program writes.
func (t *Transcriber) run(ctx context.Context, stdin io.Reader, put *strings.Replacer) (string, error) {
	words := make([]string, len(t.o.Words))
	for i, word := range t.o.Words {
		words[i] = word
		if i > 0 {
			words[i] = put.Replace(word)
		}
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the host says which program
	text, complaints := &head{most: maxText}, &tail{most: maxStderr}
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdin, text, complaints, patience
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	if err := cmd.Start(); err != nil {
		return "", err
	}
	err := cmd.Wait()
	_ = killGroup(cmd) // what it left running; mostly there is nothing
	switch {
	case text.over:
		return "", &ai.Refused{Err: fmt.Errorf("%s wrote more than %d bytes", words[0], maxText)}
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil:
		return string(text.b), nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	err = fmt.Errorf("%s: %w%s", words[0], err, complaints)
	if cmd.ProcessState.ExitCode() == exitUnreadable {
		return "", &ai.Refused{Err: err}
	}
	return "", err
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

// tail keeps what is written last.
type tail struct {
	b    []byte
	most int
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-t.most):]...)
	t.b = t.b[max(0, len(t.b)-t.most):]
	return len(p), nil
}

// String is what an error says of it.
func (t *tail) String() string {
	s := strings.TrimSpace(strings.ToValidUTF8(string(t.b), ""))
	if s == "" {
		return ""
	}
	return ": " + s
}
