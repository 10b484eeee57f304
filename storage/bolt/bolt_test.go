package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
	"github.com/avanter/voki/storage/storagetest"
)

// helperFile is set for a second process that tries to open the file, and exits with 3 if it is locked.
const helperFile = "VOKI_BOLT_TEST_OPEN"

func TestMain(m *testing.M) {
	if path := os.Getenv(helperFile); path != "" {
		_, err := bolt.Open(path, bolt.Options{})
		if errors.Is(err, storage.ErrLocked) {
			os.Exit(3)
		}
		os.Exit(4)
	}
	os.Exit(m.Run())
}

func TestStore(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open:       func(t *testing.T, dir string) storage.Store { return open(t, filepath.Join(dir, "calls.db")) },
		Persistent: true,
		Restore: func(t *testing.T, dir string, backup io.Reader) {
			data, err := io.ReadAll(backup)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "calls.db"), data, 0o600))
		},
	})
}

func TestTheListIsTheSameAfterOpening(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	put(t, s, 0, 5000)
	put(t, s, 1000, 1500)
	want := lists(t, s)
	require.NoError(t, s.Close())

	s = open(t, path)
	require.Equal(t, want, lists(t, s))
	require.NoError(t, s.Check(t.Context()))
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path)
	_, err := bolt.Open(path, bolt.Options{})
	require.ErrorIs(t, err, storage.ErrLocked)

	second := exec.CommandContext(t.Context(), os.Args[0]) // #nosec G204 G702 -- the test itself
	second.Env = append(os.Environ(), helperFile+"="+path)
	var exit *exec.ExitError
	require.ErrorAs(t, second.Run(), &exit)
	require.Equal(t, 3, exit.ExitCode(), "the second process finds the file locked")

	require.NoError(t, s.Close())
	open(t, path)
}

func TestFilesThatAreNotOpened(t *testing.T) {
	t.Parallel()
	write := func(data string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		}
	}
	version := func(n uint32, put ...string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()
			engine, err := kv.OpenBolt(path, kv.BoltOptions{Version: n})
			require.NoError(t, err)
			require.NoError(t, engine.Update(t.Context(), func(w kv.Writer) (func(), error) {
				for _, k := range put {
					w.Put([]byte(k), []byte{0xff})
				}
				return nil, nil
			}))
			require.NoError(t, engine.Close())
		}
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"a newer format":       {version(rows.Version() + 1), "this program writes"},
		"an unknown old one":   {version(0), "nothing leads from format version 0"},
		"a damaged call":       {version(rows.Version(), "\x01acme\x00c1\x00"), `row "\x01acme\x00c1\x00"`},
		"a key that is no key": {version(rows.Version(), "\x01acme"), "cut short"},
		"something else":       {write("this is no store, however long the text may go on"), "damaged"},
		"a folder":             {func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Mkdir(path, 0o700)) }, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			c.prepare(t, path)
			for range 2 { // and it is let go of
				_, err := bolt.Open(path, bolt.Options{})
				require.ErrorContains(t, err, c.want)
				require.NotErrorIs(t, err, storage.ErrLocked)
			}
		})
	}
}

func TestCheckFindsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	put(t, s, 0, 7)
	require.NoError(t, s.Close())

	engine, err := kv.OpenBolt(path, kv.BoltOptions{Version: rows.Version()})
	require.NoError(t, err)
	key := "\x04acme\x00" + callID(1) + "\x00"
	require.NoError(t, engine.Update(t.Context(), func(w kv.Writer) (func(), error) {
		w.Delete([]byte(key))
		return nil, nil
	}))
	require.NoError(t, engine.Close())
	require.ErrorContains(t, open(t, path).Check(t.Context()), fmt.Sprintf("there is no row %q", key))
}

func TestBackupWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	put(t, s, 0, 100)
	var acknowledged atomic.Int64
	acknowledged.Store(100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 100; ctx.Err() == nil; n++ {
			put(t, s, n, n+1)
			acknowledged.Store(int64(n + 1))
		}
	}()
	for range 3 {
		atLeast := acknowledged.Load()
		var backup bytes.Buffer
		require.NoError(t, s.Backup(t.Context(), &backup))
		path := newPath(t)
		require.NoError(t, os.WriteFile(path, backup.Bytes(), 0o600))
		restored := open(t, path)
		require.NoError(t, restored.Check(t.Context()))
		page, err := restored.ListCalls(t.Context(), call.Query{Tenant: "acme"})
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(page.Total), atLeast)
		put(t, restored, 0, 10)
	}
	stop()
	<-done
	require.NoError(t, s.Check(t.Context()))

	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Backup(t.Context(), io.Discard), storage.ErrClosed)
}

func TestInABubble(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := bolt.Open(path, bolt.Options{})
		require.NoError(t, err)
		grown := s.Appended("acme")
		go func() {
			time.Sleep(time.Hour)
			put(t, s, 0, 1)
		}()
		<-grown
		page, err := s.ListCalls(t.Context(), call.Query{Tenant: "acme"})
		require.NoError(t, err)
		require.Equal(t, 1, page.Total)
		synctest.Wait()
		require.NoError(t, s.Check(t.Context()))
		require.NoError(t, s.Close())
	})
}
