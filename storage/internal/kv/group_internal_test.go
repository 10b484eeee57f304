package kv

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// gate is a Bolt whose commits wait until they are let through.
type gate struct {
	*Bolt
	t       *testing.T
	reached chan struct{} // a commit waits
	pass    chan error    // lets it through, or fails it
	commits atomic.Int64
}

func openGate(t *testing.T) *gate {
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	g := &gate{Bolt: b, t: t, reached: make(chan struct{}), pass: make(chan error)}
	b.journal.sync = func(f *os.File) error {
		g.commits.Add(1)
		g.reached <- struct{}{}
		if err := <-g.pass; err != nil {
			return err
		}
		return syncFile(f)
	}
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return g
}

// start runs fn in an Update and returns when fn has, while the Update waits for
// its commit.
func (g *gate) start(fn func(Writer) error) <-chan error {
	ran, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- p.(error)
			}
		}()
		done <- g.Update(context.Background(), func(w Writer) (func(), error) {
			defer close(ran)
			return nil, fn(w)
		})
	}()
	<-ran
	return done
}

func (g *gate) put(key string) <-chan error {
	return g.start(func(w Writer) error {
		w.Put([]byte(key), []byte("v"))
		return nil
	})
}

// keys returns what a View sees.
func (g *gate) keys() string {
	var keys []byte // of one letter each
	require.NoError(g.t, g.View(context.Background(), nil, func(r Reader) error {
		for k := range r.Ascend(nil, nil) {
			keys = append(keys, k...)
		}
		return nil
	}))
	return string(keys)
}

func waits(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Errorf("has returned %v", err)
	default:
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	require.Empty(t, g.keys(), "a is not durable")

	// All of these see a, which is being committed.
	reads := g.start(func(w Writer) error {
		if _, ok := w.Get([]byte("a")); !ok {
			return errors.New("a is not there")
		}
		return nil
	})
	fails := g.start(func(Writer) error { return boom })
	b := g.put("b")
	dropped := g.start(func(w Writer) error {
		w.Put([]byte("x"), nil)
		w.Delete([]byte("b"))
		return boom
	})
	panics := g.start(func(w Writer) error {
		w.Put([]byte("y"), nil)
		panic(boom)
	})
	c := g.start(func(w Writer) error {
		w.Delete([]byte("a"))
		w.Put([]byte("c"), nil)
		return nil
	})
	require.Equal(t, boom, <-panics) // returns nothing that could be wrong
	for _, done := range []<-chan error{a, reads, fails, b, dropped, c} {
		waits(t, done)
	}

	g.pass <- nil
	require.NoError(t, <-a)
	require.NoError(t, <-reads)
	require.Equal(t, boom, <-fails)
	<-g.reached
	require.Equal(t, "a", g.keys())
	waits(t, dropped) // it saw b
	g.pass <- nil
	require.NoError(t, <-b)
	require.NoError(t, <-c)
	require.Equal(t, boom, <-dropped)
	require.Equal(t, "bc", g.keys())
	require.EqualValues(t, 2, g.commits.Load())
}

func TestCloseWaitsForCommits(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	b := g.put("b")
	closed := make(chan error, 1)
	go func() { closed <- g.Close() }()
	for g.View(context.Background(), nil, func(Reader) error { return nil }) == nil {
		runtime.Gosched() // until Close has begun
	}
	waits(t, closed)
	g.pass <- nil
	require.NoError(t, <-a)
	<-g.reached
	waits(t, closed)
	g.pass <- nil
	require.NoError(t, <-b)
	require.NoError(t, <-closed)
}

// No record is on the disk before all have written, and two are enough.
func TestWritersShareCommits(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	const writers = 64
	var commits atomic.Int64
	var wrote, all sync.WaitGroup
	wrote.Add(writers)
	b.journal.sync = func(f *os.File) error {
		commits.Add(1)
		wrote.Wait()
		return syncFile(f)
	}
	for range writers {
		all.Go(func() {
			if err := b.Update(t.Context(), func(w Writer) (func(), error) {
				defer wrote.Done()
				w.Put([]byte("k"), nil)
				return nil, nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, commits.Load(), int64(2))
	require.NoError(t, b.Close())
}
