package kv

import (
	"context"
	"errors"
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

// A group that has read what was refused is refused as well.
func TestRefusedCommit(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	b := g.put("b")
	g.pass <- berrors.ErrMaxSizeReached
	require.ErrorIs(t, <-a, ErrFull)
	require.ErrorIs(t, <-b, ErrFull)
	require.NoError(t, g.Err())

	c := g.put("c")
	<-g.reached
	g.pass <- nil
	require.NoError(t, <-c)
	require.Equal(t, "c", g.keys())
	require.EqualValues(t, 2, g.commits.Load())
}

// The file is taken away from under bbolt, which then fails in its own way.
func TestFailedDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	write := func(key string) error {
		return b.Update(t.Context(), func(w Writer) (func(), error) {
			w.Put([]byte(key), []byte("v"))
			return func() {
				if key != "a" {
					t.Error("published", key)
				}
			}, nil
		})
	}
	require.NoError(t, write("a"))
	require.NoError(t, b.file.Close())
	require.ErrorIs(t, write("b"), ErrFailed)
	require.ErrorIs(t, write("c"), ErrFailed)
	require.Equal(t, "a", (&gate{Bolt: b, t: t}).keys())
	require.Error(t, b.Close())

	b, err = OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	require.NoError(t, b.Check(t.Context()))
	require.NoError(t, b.Close())
}

// A panic of bbolt in a commit is a failure, and Close does not hang after it.
func TestPanicInCommit(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
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
