package kv

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

func TestFailedCommit(t *testing.T) {
	t.Parallel()
	disk := errors.New("disk on fire")
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	g.pass <- nil
	require.NoError(t, <-a)

	b := g.put("b")
	<-g.reached
	reads := g.start(func(Writer) error { return errors.New("own") })
	c := g.put("c")
	g.pass <- disk
	for _, done := range []<-chan error{b, reads} {
		err := <-done
		require.ErrorIs(t, err, ErrFailed)
		require.ErrorIs(t, err, disk)
		require.ErrorContains(t, err, "unknown")
	}
	err := <-c // was never tried
	require.ErrorIs(t, err, ErrFailed)
	require.NotContains(t, err.Error(), "unknown")

	require.ErrorIs(t, g.Err(), disk)
	err = g.Update(context.Background(), func(Writer) (func(), error) { panic("called") })
	require.ErrorIs(t, err, ErrFailed)
	require.ErrorIs(t, g.Check(context.Background()), ErrFailed)
	require.Equal(t, "a", g.keys())
	require.EqualValues(t, 2, g.commits.Load())
}

// tiny makes a file so small that no row is sure to fit into it: nothing goes into
// its journal.
const tiny = 16 << 20

// What is refused is dropped, and who comes later knows nothing of it.
func TestRefusedCommit(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{MaxSize: tiny})
	require.NoError(t, err)
	g := &gate{Bolt: b, t: t}
	commit := b.commitTx
	b.commitTx = func(tx *bbolt.Tx) error {
		_ = tx.Rollback()
		return berrors.ErrMaxSizeReached
	}
	require.ErrorIs(t, <-g.put("a"), ErrFull)
	require.NoError(t, g.Err())
	require.NoError(t, <-g.start(func(w Writer) error {
		if _, ok := w.Get([]byte("a")); ok {
			return errors.New("a is there")
		}
		return nil
	}))
	b.commitTx = commit
	require.NoError(t, <-g.put("c"))
	require.Equal(t, "c", g.keys())
	require.Zero(t, b.journal.number)
	require.NoError(t, b.Close())
}

// A file is taken away from under the engine, which then fails.
func TestFailedDisk(t *testing.T) {
	t.Parallel()
	for name, takeAway := range map[string]func(*Bolt) error{
		"journal": func(b *Bolt) error { return b.journal.files[0].Close() },
		"rows":    func(b *Bolt) error { return b.file.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "db")
			b, err := OpenBolt(path, BoltOptions{})
			require.NoError(t, err)
			g := &gate{Bolt: b, t: t}
			require.NoError(t, <-g.put("a"))
			require.NoError(t, takeAway(b))
			if name == "rows" {
				require.NoError(t, <-g.put("b"), "it is in the journal")
				require.ErrorIs(t, b.Backup(t.Context(), io.Discard), ErrFailed)
			}
			require.ErrorIs(t, b.Update(t.Context(), func(w Writer) (func(), error) {
				w.Put([]byte("c"), nil)
				return func() { t.Error("published") }, nil
			}), ErrFailed)
			require.ErrorIs(t, b.Update(t.Context(), func(Writer) (func(), error) { panic("called") }), ErrFailed)
			seen := g.keys()
			require.Error(t, b.Close(), "the file that was taken away")

			b, err = OpenBolt(path, BoltOptions{})
			require.NoError(t, err)
			require.NoError(t, b.Check(t.Context()))
			require.Equal(t, seen, (&gate{Bolt: b, t: t}).keys())
			require.NoError(t, b.Close())
		})
	}
}

// A panic of bbolt in a commit is a failure, and Close does not hang after it.
func TestPanicInCommit(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{MaxSize: tiny})
	require.NoError(t, err)
	b.commitTx = func(*bbolt.Tx) error { panic("page 7 already freed") }
	err = b.Update(t.Context(), func(w Writer) (func(), error) {
		w.Put([]byte("k"), nil)
		return nil, nil
	})
	require.ErrorIs(t, err, ErrFailed)
	require.ErrorContains(t, err, "page 7")
	require.Empty(t, (&gate{Bolt: b, t: t}).keys())
	require.NoError(t, b.Close())
}

// Closing says so if what is in the journal cannot be put into the file. It is not
// lost.
func TestFailedClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	g := &gate{Bolt: b, t: t}
	require.NoError(t, <-g.put("a"))
	disk := errors.New("disk on fire")
	b.commitTx = func(tx *bbolt.Tx) error { return errors.Join(tx.Rollback(), disk) }
	require.ErrorIs(t, b.Close(), disk)

	b, err = OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	require.Equal(t, "a", (&gate{Bolt: b, t: t}).keys())
	require.NoError(t, b.Close())
}
