package command

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/avanter/voki/ai"
)

// Converter lets a program make another audio of each, and hands that on: so a recording with pictures becomes the small
// file of sound that a provider takes. What the program writes to its standard output is WebM too. It is an
// [ai.Transcriber], safe for concurrent use.
type Converter struct {
	program
	next ai.Transcriber
}

var _ ai.Transcriber = (*Converter)(nil)

// NewConverter returns a converter in front of a transcriber. It fails if there is no such program.
func NewConverter(o Options, next ai.Transcriber) (*Converter, error) {
	p, err := newProgram(o)
	if err != nil {
		return nil, err
	}
	return &Converter{p, next}, nil
}

// Transcribe implements [ai.Transcriber].
func (c *Converter) Transcribe(ctx context.Context, a ai.Audio) (s ai.Speech, err error) {
	f, err := os.CreateTemp(c.o.Dir, filePrefix+"*."+a.Format)
	if err != nil {
		return ai.Speech{}, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := c.run(ctx, a, f); err != nil {
		return ai.Speech{}, err
	}
	a.Content = f
	if a.Size, err = f.Seek(0, io.SeekEnd); err != nil {
		return ai.Speech{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return ai.Speech{}, err
	}
	return c.next.Transcribe(ctx, a)
}
