package kv

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was inserted and deleted since the last checkpoint leaves nothing that a loop would have to pass over; what lies
// below is hidden.
func TestWhatComesAndGoesLeavesNoMark(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	s := &shelf{gate: gate{Bolt: b, t: t}, path: path}
	write := func(fn func(w Writer)) {
		t.Helper()
		require.NoError(t, b.Update(context.Background(), func(w Writer) (func(), error) {
			fn(w)
			return nil, nil
		}))
	}
	del := func(key string) { write(func(w Writer) { w.Delete([]byte(key)) }) }
	checkpoint := func() {
		t.Helper()
		require.NoError(t, b.Backup(t.Context(), discard{}))
		require.Zero(t, b.tip.Len())
	}
	write(func(w Writer) { w.Insert([]byte("a")); w.Insert([]byte("b")); w.Delete([]byte("b")) })
	write(func(w Writer) { w.Insert([]byte("c")) })
	del("c")
	require.Equal(t, 1, b.tip.Len())
	require.Equal(t, "a", s.keys())
	require.Equal(t, "a", s.crash())

	checkpoint()
	del("a")
	require.Equal(t, 1, b.tip.Len(), "it is in the file")
	require.Empty(t, s.keys())
	write(func(w Writer) { w.Insert([]byte("a")) })
	del("a")
	require.Equal(t, 1, b.tip.Len(), "it is in the file still")
	require.Empty(t, s.crash())

	checkpoint()
	write(func(w Writer) { w.Put([]byte("d"), nil) })
	refused := errors.New("refused")
	require.ErrorIs(t, b.Update(t.Context(), func(w Writer) (func(), error) {
		w.Insert([]byte("e"))
		w.Delete([]byte("e"))
		w.Delete([]byte("d"))
		return nil, refused
	}), refused)
	require.Equal(t, "d", s.keys(), "what was refused is taken back")
	require.NoError(t, b.Close())
}

// A journal whose records come to nothing is still ahead of the file: what is put there at once, because it is too large
// for the journal, must not be undone by them.
func TestAJournalThatComesToNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	s := &shelf{gate: gate{Bolt: b, t: t}, path: path}
	for _, fn := range []func(w Writer){
		func(w Writer) { w.Insert([]byte("a")) },
		func(w Writer) { w.Delete([]byte("a")) },
		func(w Writer) { w.Put([]byte("a"), nil); w.Put([]byte("b"), make([]byte, greatestJournal)) },
	} {
		require.NoError(t, b.Update(context.Background(), func(w Writer) (func(), error) {
			fn(w)
			return nil, nil
		}))
	}
	require.Equal(t, "ab", s.keys())
	require.Equal(t, "ab", s.crash())
	require.NoError(t, b.Close())
}
