package command

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/avanter/voki/ai"
)

// filePrefix begins the names of all files with audio.
const filePrefix = "voki-audio-"

// keep writes the audio to a file that only this user can read, and returns its name, and what removes it.
func keep(ctx context.Context, dir string, a ai.Audio) (name string, remove func() error, err error) {
	f, err := os.CreateTemp(dir, filePrefix+"*."+a.Format)
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.Remove(f.Name()) }
	_, err = io.Copy(f, &untilDone{ctx, a.Content})
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return f.Name(), remove, nil
}

// removeLeft removes the files that an earlier process left in a directory that is the host's own.
func removeLeft(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(dir, filePrefix+"*"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// untilDone stops reading when ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(p)
}
