package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// shelf is a Bolt whose checkpoints wait until they are let through.
type shelf struct {
	gate
	path string
}

func openShelf(t *testing.T) *shelf {
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	s := &shelf{gate: gate{Bolt: b, t: t, reached: make(chan struct{}), pass: make(chan error)}, path: path}
	b.commitTx = func(tx *bbolt.Tx) error {
		s.reached <- struct{}{}
		if err := <-s.pass; err != nil {
			return errors.Join(tx.Rollback(), err)
		}
		return tx.Commit()
	}
	return s
}

// fill is an Update that takes a third of a file of the journal as it is at first.
func (s *shelf) fill(key string) error {
	return s.Update(context.Background(), func(w Writer) (func(), error) {
		w.Put([]byte(key), make([]byte, smallestJournal/3-recordPage))
		return nil, nil
	})
}

// end lets all commits through from here on, and closes the store.
func (s *shelf) end() {
	go func() {
		for range s.reached {
			s.pass <- nil
		}
	}()
	require.NoError(s.t, s.Close())
	close(s.reached)
}

// crash opens what a process would leave that dies now, and returns its keys.
func (s *shelf) crash() string {
	path := filepath.Join(s.t.TempDir(), "db")
	for _, name := range []string{"", ".journal0", ".journal1"} {
		data, err := os.ReadFile(s.path + name)
		require.NoError(s.t, err)
		require.NoError(s.t, os.WriteFile(path+name, bytes.TrimRight(data, "\x00"), 0o600))
		require.NoError(s.t, os.Truncate(path+name, int64(len(data))))
	}
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, b.Close()) }()
	require.NoError(s.t, b.Check(s.t.Context()))
	return (&gate{Bolt: b, t: s.t}).keys()
}

// Both files of the journal are full and the checkpoint is not done: writers wait,
// readers do not, and whenever the process dies all that was acknowledged is there.
func TestTurns(t *testing.T) {
	t.Parallel()
	s := openShelf(t)
	for n, key := range strings.Split("abcdef", "") {
		require.NoError(t, s.fill(key))
		require.Equal(t, "abcdef"[:n+1], s.keys())
		require.Equal(t, "abcdef"[:n+1], s.crash())
		if key == "d" {
			<-s.reached // the checkpoint of a, b and c
		}
	}
	blocked := make(chan error, 1)
	go func() { blocked <- s.fill("g") }()
	for s.writing.TryLock() { // until its leader holds it and waits for the checkpoint
		s.writing.Unlock()
		runtime.Gosched()
	}
	waits(t, blocked)
	require.Equal(t, "abcdef", s.keys())
	require.Equal(t, "abcdef", s.crash())

	s.pass <- nil
	<-s.reached // the checkpoint of d, e and f: that of a, b and c is in the file and in the journal
	require.NoError(t, <-blocked)
	require.Equal(t, "abcdefg", s.crash())
	s.pass <- nil
	<-s.filed
	require.Equal(t, "abcdefg", s.crash())
	s.end()
}

// A checkpoint that fails is the end of writing, and nothing is lost.
func TestFailedCheckpoint(t *testing.T) {
	t.Parallel()
	s := openShelf(t)
	for _, key := range strings.Split("abcd", "") {
		require.NoError(t, s.fill(key))
	}
	disk := errors.New("disk on fire")
	<-s.reached
	s.pass <- disk
	<-s.filed
	require.ErrorIs(t, s.fill("e"), disk)
	require.ErrorIs(t, s.Err(), ErrFailed)
	require.Equal(t, "abcd", s.keys())
	require.Equal(t, "abcd", s.crash())
	require.NoError(t, s.Close())
	require.Equal(t, "abcd", s.crash())
}

// The journal grows with what is written, as far as there is room for it.
func TestJournalGrows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	s := &shelf{gate: gate{Bolt: b, t: t}, path: path}
	for n := range 30 {
		require.NoError(t, s.fill(strconv.Itoa(n%10)))
	}
	require.NoError(t, b.Backup(t.Context(), discard{}))
	for _, f := range b.journal.files {
		require.Greater(t, f.size, smallestJournal)
		info, err := f.Stat()
		require.NoError(t, err)
		require.EqualValues(t, f.size, info.Size())
	}
	require.Equal(t, "0123456789", s.crash())
	require.NoError(t, b.Close())
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Updates that Close meets are either durable or refused.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	var written [16]int
	var all sync.WaitGroup
	for w := range written {
		all.Go(func() {
			for n := 0; ; n++ {
				err := b.Update(t.Context(), func(tx Writer) (func(), error) {
					tx.Put(fmt.Appendf(nil, "%d %d", w, n), make([]byte, 3000))
					return nil, nil
				})
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
				written[w]++
				if w == 0 && n == 100 {
					all.Go(func() {
						if err := b.Close(); err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
	all.Wait()

	b, err = OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	require.NoError(t, b.View(t.Context(), nil, func(r Reader) error {
		for w, count := range written {
			_, there := r.Get(fmt.Appendf(nil, "%d %d", w, count-1))
			_, more := r.Get(fmt.Appendf(nil, "%d %d", w, count))
			if !there && count > 0 || more {
				t.Errorf("writer %d has written %d", w, count)
			}
		}
		return nil
	}))
	require.NoError(t, b.Close())
}

// A check that runs while checkpoints come and go finds nothing: it looks at the state of the newest one.
func TestCheckBesideCheckpoints(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 300 {
			if err := b.Update(context.Background(), func(w Writer) (func(), error) {
				w.Put(strconv.AppendInt(nil, int64(n%50), 10), make([]byte, 20<<10))
				return nil, nil
			}); err != nil {
				t.Error(err)
				return
			}
			if err := b.prepareCopy(); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for checked := false; !checked; {
		select {
		case <-done:
			checked = true
		default:
		}
		require.NoError(t, b.Check(t.Context()))
	}
	<-done
	require.NoError(t, b.Close())
}
