// Package datadir is the directory in which the server keeps all that it has: what lies where, who may use it, and how
// it is opened.
//
//	voki.yaml    who is who, unless --config names another file
//	demo.yaml    the companies of the demonstration, if it was asked for
//	jwt-secret   signs access tokens, unless VOKI_JWT_SECRET does
//	turn-secret  makes credentials for the built-in relay, unless VOKI_TURN_SECRET does
//	voki.db      the database; voki.db.* is its own too
//	blobs/       uploaded files and recordings
//	voki.lock    held, with its process id in it, by the one process that has the data open
//	voki.sock    where a running server takes the commands of the others
package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/avanter/voki/examples/selfhosted/config"
)

// Dir is the path of a data directory.
type Dir string

// The names of what lies in a directory.
const (
	ConfigName     = "voki.yaml"
	DemoName       = "demo.yaml"
	SecretName     = "jwt-secret"
	TurnSecretName = "turn-secret"
	DatabaseName   = "voki.db"
	BlobsName      = "blobs"
	SocketName     = "voki.sock"
	lockName       = "voki.lock"

	// TempPrefix begins the names of what is used while the program runs.
	TempPrefix = "voki-temp-"
)

// Path is where something of the given name lies.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// Create makes the directory, for its owner alone, if it is not there.
func (d Dir) Create() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// WriteDefault writes a file unless there is one of that name, and reports whether it did.
func (d Dir) WriteDefault(name string, content []byte) (written bool, err error) {
	if _, err := os.Lstat(d.Path(name)); err == nil {
		return false, nil
	}
	if err := d.place(name, content); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("data directory: %w", err)
	}
	return true, nil
}

// place makes a file with a content, whole or not at all, for its owner alone. It fails if there is one of that name.
func (d Dir) place(name string, content []byte) (err error) {
	f, err := d.Temp()
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // a leftover is removed at the next start
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Link(f.Name(), d.Path(name))
}

// Temp makes a file for use while the program runs. Whoever made it removes it; [Dir.Lock] removes those of processes
// that died.
func (d Dir) Temp() (*os.File, error) { return os.CreateTemp(string(d), TempPrefix+"*") }

// Config reads who is who: from the given file, or from voki.yaml if it is empty, and from demo.yaml if there is one.
// Defaults, by name, stand for files that are not there.
func (d Dir) Config(file string, defaults map[string][]byte) (*config.Config, error) {
	names := []string{d.ConfigFile(file)}
	_, err := os.Stat(d.Path(DemoName))
	if _, wanted := defaults[DemoName]; wanted || err == nil {
		names = append(names, d.Path(DemoName))
	}
	var files []config.File
	for _, name := range names {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			if text, ok := defaults[filepath.Base(name)]; ok && name == d.Path(filepath.Base(name)) {
				content, err = text, nil
			} else if file == "" {
				return nil, fmt.Errorf("%s holds no %s: name its directory with --data, or start `voki serve --data %s` to have one written",
					d, ConfigName, d)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
		files = append(files, config.File{Name: name, Content: content})
	}
	return config.Parse(files...)
}

// ConfigFile is the file that says who is who: the given one, or voki.yaml if it is empty.
func (d Dir) ConfigFile(file string) string {
	if file == "" {
		return d.Path(ConfigName)
	}
	return file
}

func (d Dir) removeTemps() error {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), TempPrefix) {
			if err := os.RemoveAll(d.Path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
