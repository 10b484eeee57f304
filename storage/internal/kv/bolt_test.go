package kv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage/internal/kv"
)

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{})
	put(t, b, "k", "v")
	put(t, b, "empty", "")
	require.NoError(t, b.Close())

	b = openBolt(t, path, kv.BoltOptions{})
	require.Equal(t, map[string]string{"k": "v", "empty": ""}, dump(t, b))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
}

func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{})
	_, err := kv.OpenBolt(path, kv.BoltOptions{})
	require.ErrorIs(t, err, kv.ErrLocked)
	require.NoError(t, b.Close())
	openBolt(t, path, kv.BoltOptions{})
}

func TestNewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, openBolt(t, path, kv.BoltOptions{Version: 7}).Close())
	_, err := kv.OpenBolt(path, kv.BoltOptions{
		Version: 6,
		Migrate: func(uint32, kv.Writer) error { panic("called") },
	})
	var version *kv.VersionError
	require.ErrorAs(t, err, &version)
	require.Equal(t, kv.VersionError{File: 7, Supported: 6}, *version)
	openBolt(t, path, kv.BoltOptions{Version: 7})
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{Version: 1})
	put(t, b, "a", "1")
	put(t, b, "b", "1")
	require.NoError(t, b.Close())

	var version *kv.VersionError
	_, err := kv.OpenBolt(path, kv.BoltOptions{Version: 3})
	require.ErrorAs(t, err, &version)

	boom := errors.New("boom")
	change := func(from uint32, w kv.Writer) error {
		require.EqualValues(t, 1, from)
		for k := range w.Ascend(nil, nil) {
			w.Put(append([]byte("new "), k...), []byte("3"))
			w.Delete(k)
		}
		return nil
	}
	for _, end := range []func(kv.Writer) error{
		func(kv.Writer) error { return boom },
		func(kv.Writer) error { panic(boom) },
		func(w kv.Writer) error { w.Put(nil, nil); return nil },
	} {
		_, err = kv.OpenBolt(path, kv.BoltOptions{Version: 3, Migrate: func(from uint32, w kv.Writer) error {
			return errors.Join(change(from, w), end(w))
		}})
		require.Error(t, err)
	}
	b = openBolt(t, path, kv.BoltOptions{Version: 1})
	require.Equal(t, map[string]string{"a": "1", "b": "1"}, dump(t, b))
	require.NoError(t, b.Close())

	b = openBolt(t, path, kv.BoltOptions{Version: 3, Migrate: change})
	require.Equal(t, map[string]string{"new a": "3", "new b": "3"}, dump(t, b))
	require.NoError(t, b.Close())
	openBolt(t, path, kv.BoltOptions{Version: 3}) // needs no Migrate any more
}

func TestNoStore(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"text":   []byte("this is no store"),
		"zeroes": make([]byte, 1<<16),
		"noise":  bytes.Repeat([]byte{0xde, 0xad, 0xbe, 0xef}, 1<<14),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "db")
			require.NoError(t, os.WriteFile(path, content, 0o600))
			_, err := kv.OpenBolt(path, kv.BoltOptions{})
			require.ErrorIs(t, err, kv.ErrDamaged)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, after)
		})
	}
	t.Run("no directory", func(t *testing.T) {
		t.Parallel()
		_, err := kv.OpenBolt(filepath.Join(t.TempDir(), "none", "db"), kv.BoltOptions{})
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

// Whatever page is damaged, opening and checking return; they do not panic, and
// no damage to a page in use goes unnoticed by both.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	b := openBolt(t, path, kv.BoltOptions{})
	for i := range 40 {
		put(t, b, fmt.Sprintf("%03d", i), string(make([]byte, 1000)))
	}
	var image bytes.Buffer
	require.NoError(t, b.Backup(t.Context(), &image))
	page := os.Getpagesize()

	damaged := func(content []byte) error {
		path := filepath.Join(dir, "damaged")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		b, err := kv.OpenBolt(path, kv.BoltOptions{})
		if err != nil {
			return err
		}
		err = b.Check(t.Context())
		require.NoError(t, b.Close())
		return err
	}
	require.NoError(t, damaged(image.Bytes()))
	found := 0
	for at := 2 * page; at < image.Len(); at += page {
		for _, fill := range []byte{0x00, 0x01, 0xff} {
			content := bytes.Clone(image.Bytes())
			copy(content[at:], bytes.Repeat([]byte{fill}, page))
			if err := damaged(content); err != nil {
				require.ErrorIs(t, err, kv.ErrDamaged)
				found++
			}
		}
	}
	require.Greater(t, found, 3*10, "of the pages in use")
	require.ErrorIs(t, damaged(image.Bytes()[:image.Len()-page]), kv.ErrDamaged)
	require.ErrorIs(t, damaged(image.Bytes()[:page+1]), kv.ErrDamaged)
}

// The file is cut behind the back of who serves it: reading beyond its end is a
// fault of memory, here in the middle of a value, and no reason to die.
func TestCutFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := kv.OpenBolt(path, kv.BoltOptions{})
	require.NoError(t, err)
	put(t, b, "a", "small")
	page := os.Getpagesize()
	put(t, b, "k", string(make([]byte, 3*page))+"the end"+string(make([]byte, 3*page)))
	require.NoError(t, b.Backup(t.Context(), io.Discard)) // empties the journal
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	end := bytes.LastIndex(content, []byte("the end"))
	require.Positive(t, end)
	require.NoError(t, os.Truncate(path, int64(end/page*page)))

	read := func(r kv.Reader) {
		if v, ok := r.Get([]byte("k")); ok && bytes.Contains(v, []byte("the end")) {
			t.Error("has read what is not there")
		}
		for range r.Ascend(nil, nil) {
		}
	}
	require.ErrorIs(t, b.View(t.Context(), nil, func(r kv.Reader) error {
		read(r)
		require.ErrorIs(t, r.Err(), kv.ErrDamaged)
		return errors.New("own")
	}), kv.ErrDamaged)
	require.ErrorIs(t, b.Update(t.Context(), func(w kv.Writer) (func(), error) {
		read(w)
		return nil, nil
	}), kv.ErrDamaged)
	require.ErrorIs(t, b.Check(t.Context()), kv.ErrDamaged)
	require.NoError(t, b.Err())
	require.NoError(t, b.Close())
}

func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := openBolt(t, filepath.Join(dir, "db"), kv.BoltOptions{})
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := b.Update(t.Context(), func(w kv.Writer) (func(), error) {
					increment(w, "a")
					w.Put(fmt.Appendf(nil, "fill %d", counter(w, "a")%100), make([]byte, 500))
					increment(w, "z")
					return nil, nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint("copy", i))
		f, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, b.Backup(t.Context(), f))
		require.NoError(t, f.Close())
		backup := openBolt(t, path, kv.BoltOptions{})
		require.NoError(t, backup.Check(t.Context()))
		require.NoError(t, backup.View(t.Context(), nil, func(r kv.Reader) error {
			require.Equal(t, counter(r, "a"), counter(r, "z"))
			return nil
		}))
	}
	close(stop)
	writers.Wait()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Backup(ctx, new(bytes.Buffer)), context.Canceled)
	require.NoError(t, b.Close())
	require.ErrorIs(t, b.Backup(t.Context(), new(bytes.Buffer)), kv.ErrClosed)
	require.ErrorIs(t, b.Check(t.Context()), kv.ErrClosed)
}

func TestFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{MaxSize: 24 << 20})
	write := func(n int) error {
		return b.Update(t.Context(), func(w kv.Writer) (func(), error) {
			w.Put(fmt.Appendf(nil, "%03d", n), make([]byte, 200<<10))
			return nil, nil
		})
	}
	n, err := 0, error(nil)
	for ; n < 100 && err == nil; n++ {
		err = write(n)
	}
	require.ErrorIs(t, err, kv.ErrFull)
	require.NotErrorIs(t, err, kv.ErrFailed)
	require.NoError(t, b.Err())
	require.NoError(t, b.Check(t.Context()))
	require.Len(t, dump(t, b), n-1)
	require.NoError(t, b.Close())

	b = openBolt(t, path, kv.BoltOptions{MaxSize: 64 << 20})
	require.NoError(t, write(n))
	require.Len(t, dump(t, b), n)
}
