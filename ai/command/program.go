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

const (
	// maxStderr is how many bytes of the end of what a program complains about go into the error.
	maxStderr = 4 << 10
	// patience is how long its output is waited for when it has ended, should it have left children that hold it open.
	patience = 2 * time.Second
	// exitUnreadable is EX_DATAERR of sysexits.h.
	exitUnreadable = 65
)

// program is what is run for each audio.
type program struct {
	o      Options
	byFile bool
}

func newProgram(o Options) (program, error) {
	if len(o.Words) == 0 {
		return program{}, errors.New("no program is named")
	}
	if _, err := exec.LookPath(o.Words[0]); err != nil {
		return program{}, err
	}
	if o.Language == "" {
		o.Language = DefaultLanguage
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	p := program{o: o}
	for _, word := range o.Words[1:] {
		p.byFile = p.byFile || strings.Contains(word, "{input}")
	}
	return p, removeLeft(o.Dir)
}

// run runs the program on an audio. It returns when the program has ended, and says what its exit code means.
func (p program) run(ctx context.Context, a ai.Audio, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.Limit, fmt.Errorf("ended after the limit of %s", p.o.Limit))
	defer cancel()
	input, stdin := "", a.Content
	if p.byFile {
		var remove func() error
		if input, remove, err = keep(ctx, p.o.Dir, a); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		stdin = nil
	}
	put := strings.NewReplacer("{input}", input, "{lang}", a.Language)
	name, arguments := p.o.Words[0], make([]string, 0, len(p.o.Words))
	for _, word := range p.o.Words[1:] {
		arguments = append(arguments, put.Replace(word))
	}
	cmd := exec.CommandContext(ctx, name, arguments...) //nolint:gosec // the host says which program
	complaints := &tail{most: maxStderr}
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdin, out, complaints, patience
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	if err := cmd.Start(); err != nil {
		return err
	}
	err = cmd.Wait()
	_ = killGroup(cmd) // what it left running; mostly there is nothing
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil:
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	err = fmt.Errorf("%s: %w%s", name, err, complaints)
	if cmd.ProcessState.ExitCode() == exitUnreadable {
		return &ai.Refused{Err: err}
	}
	return err
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
