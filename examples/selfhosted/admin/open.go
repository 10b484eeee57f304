package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/httpapi/webhook"
)

// Session is a command's way to the data.
type Session struct {
	Ops
	close func() error
}

// Close ends it.
func (s *Session) Close() error { return s.close() }

const (
	// patience is how long a command waits for another one, or for a server that starts or ends.
	patience = 5 * time.Second
	retry    = 50 * time.Millisecond
)

// Open finds the way to the data of a directory: through the server that has it open, or else by opening it. The
// configuration is read from the given file, or from the directory if it is empty. It makes nothing in a directory
// without data.
func Open(ctx context.Context, dir datadir.Dir, configFile string) (*Session, error) {
	take := dir.Lock
	if !dir.HasDatabase() { // a server that begins, or has its data in memory, has it locked
		take = dir.LockUsed
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		lock, err := take()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, noData(dir)
		case err == nil && !dir.HasDatabase():
			return nil, errors.Join(noData(dir), lock.Release())
		case err == nil:
			return openLocked(ctx, lock, dir, configFile)
		}
		var locked *datadir.LockedError
		if !errors.As(err, &locked) {
			return nil, err
		}
		if client, err := Dial(ctx, dir); err == nil {
			return &Session{Ops: client, close: client.Close}, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w, and takes no commands", err)
		case <-time.After(retry):
		}
	}
}

func noData(dir datadir.Dir) error {
	return fmt.Errorf("no data in %s: start `voki serve --data %s` first", dir, dir)
}

func openLocked(ctx context.Context, lock *datadir.Lock, dir datadir.Dir, configFile string) (*Session, error) {
	who, err := dir.Config(configFile, nil)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	data, err := lock.Open(datadir.StoreBolt)
	if err != nil {
		return nil, err
	}
	v, err := voki.New(voki.Options{Store: data.Store, Blobs: data.Blobs, Directory: who, Tenants: who, Plans: who})
	var hooks *webhook.Service
	if err == nil {
		hooks, err = webhook.New(v, webhook.Options{Subscriptions: who})
	}
	var tenants []string
	if err == nil {
		tenants, err = data.RememberTenants(ctx, who.Slugs())
	}
	if err != nil {
		return nil, errors.Join(err, data.Close())
	}
	local := &Local{Voki: v, Hooks: hooks, Data: data, Tenants: tenants, ConfigFile: dir.ConfigFile(configFile)}
	return &Session{Ops: local, close: data.Close}, nil
}
