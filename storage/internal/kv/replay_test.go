package kv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/avanter/voki/storage/internal/kv"
)

// pageSize is what records of a journal are rounded up to.
const pageSize = 4096

// image is the files of a store, by what follows its path.
type image map[string][]byte

// crashed is what a process leaves that dies now: the files of the store at path.
func crashed(t require.TestingT, path string) image {
	files := image{}
	for _, name := range []string{"", ".journal0", ".journal1"} {
		data, err := os.ReadFile(path + name)
		if !errors.Is(err, fs.ErrNotExist) {
			require.NoError(t, err)
			files[name] = data
		}
	}
	return files
}

// write puts the files into dir, in place of any there, and returns the path of the store.
func (i image) write(t require.TestingT, dir string) string {
	path := filepath.Join(dir, "db")
	for _, name := range []string{"", ".journal0", ".journal1"} {
		if data, ok := i[name]; ok {
			// What was not written to yet, most of the file of rows, is a hole.
			used, zeroes := len(data), make([]byte, pageSize)
			for used >= pageSize && bytes.Equal(data[used-pageSize:used], zeroes) {
				used -= pageSize
			}
			require.NoError(t, os.WriteFile(path+name, data[:used], 0o600))
			require.NoError(t, os.Truncate(path+name, int64(len(data))))
		} else if err := os.Remove(path + name); !errors.Is(err, fs.ErrNotExist) {
			require.NoError(t, err)
		}
	}
	return path
}

// with returns the image with a file changed.
func (i image) with(name string, change func([]byte)) image {
	changed := image{}
	for n, data := range i {
		changed[n] = data
	}
	changed[name] = bytes.Clone(i[name])
	change(changed[name])
	return changed
}

// written is a store with some records in its journal: the first and the last one
// take a page, those between two.
func written(t *testing.T) (files image, ends []int, states []map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{})
	end := 0
	states = append(states, dump(t, b))
	for n, size := range []int{10, 5000, 5000, 5000, 10} {
		require.NoError(t, b.Update(t.Context(), func(w kv.Writer) (func(), error) {
			w.Put(fmt.Appendf(nil, "n%d", n), bytes.Repeat([]byte{byte(n)}, size))
			w.Delete(fmt.Appendf(nil, "n%d", n-2))
			return nil, nil
		}))
		end += pageSize * (1 + size/pageSize)
		ends, states = append(ends, end), append(states, dump(t, b))
	}
	return crashed(t, path), ends, states
}

// reopen opens an image, and again after it was closed.
func reopen(t *testing.T, dir string, files image) map[string]string {
	t.Helper()
	path := files.write(t, dir)
	b, err := kv.OpenBolt(path, kv.BoltOptions{})
	require.NoError(t, err)
	require.NoError(t, b.Check(t.Context()))
	state := dump(t, b)
	put(t, b, "later", "")
	require.NoError(t, b.Close())

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "a clean close leaves one file")
	b, err = kv.OpenBolt(path, kv.BoltOptions{})
	require.NoError(t, err)
	after := dump(t, b)
	delete(after, "later")
	require.Equal(t, state, after)
	require.NoError(t, b.Close())
	return state
}

// What was written last is cut off wherever the disk stopped.
func TestReplayOfEachPrefix(t *testing.T) {
	t.Parallel()
	files, ends, states := written(t)
	dir := t.TempDir()
	begin := 0
	for n, end := range ends {
		cuts := []int{0, 1, 30, 50}
		if end-begin > pageSize {
			cuts = append(cuts, 500, pageSize, pageSize+100)
		}
		for _, cut := range cuts {
			torn := files.with(".journal0", func(data []byte) { clear(data[begin+cut:]) })
			require.Equal(t, states[n], reopen(t, dir, torn), "record %d is cut at %d", n, cut)
		}
		begin = end
	}
	require.Equal(t, states[len(ends)], reopen(t, dir, files))
	require.Equal(t, states[0], reopen(t, dir, image{"": files[""]}), "without any journal")
}

// A record that is damaged and has others behind it was acknowledged.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	files, ends, states := written(t)
	dir := t.TempDir()
	begin := 0
	for n, end := range ends {
		for _, at := range []int{begin, begin + 10, begin + 30, begin + 36, begin + 41, begin + 45, begin + 50, begin + 55} {
			for _, bit := range []byte{0x01, 0x80} {
				flipped := files.with(".journal0", func(data []byte) { data[at] ^= bit })
				if n == len(ends)-1 {
					require.Equal(t, states[n], reopen(t, dir, flipped), "it looks as if it had never been whole")
					continue
				}
				path := flipped.write(t, dir)
				_, err := kv.OpenBolt(path, kv.BoltOptions{})
				require.ErrorIs(t, err, kv.ErrDamaged, "byte %d", at)
				require.Equal(t, flipped, crashed(t, path), "nothing is changed")
			}
		}
		begin = end
	}
}

// A backup that is put in place of its store must not be rolled forward by the
// journal of that.
func TestJournalOfAnotherFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	b := openBolt(t, path, kv.BoltOptions{})
	put(t, b, "a", "1")
	stale := crashed(t, path)
	var backup bytes.Buffer
	require.NoError(t, b.Backup(t.Context(), &backup))
	put(t, b, "b", "1")
	files := crashed(t, path)
	require.NoError(t, b.Close())

	other := filepath.Join(t.TempDir(), "db")
	o := openBolt(t, other, kv.BoltOptions{})
	put(t, o, "o", "1")
	others := crashed(t, other)

	for name, test := range map[string]image{
		"a backup beside the journal of later":  {"": backup.Bytes(), ".journal0": files[".journal0"], ".journal1": files[".journal1"]},
		"a store beside another's journal":      {"": files[""], ".journal0": others[".journal0"], ".journal1": others[".journal1"]},
		"no store beside a journal":             {".journal0": files[".journal0"], ".journal1": files[".journal1"]},
		"a store beside another's second file":  {"": files[""], ".journal1": others[".journal0"]},
		"a backup beside a journal put in anew": {"": backup.Bytes(), ".journal1": others[".journal0"]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := test.write(t, t.TempDir())
			for range 2 {
				_, err := kv.OpenBolt(path, kv.BoltOptions{})
				require.ErrorIs(t, err, kv.ErrDamaged)
				require.ErrorContains(t, err, "that of another file")
			}
			require.Equal(t, test[".journal1"], crashed(t, path)[".journal1"], "nothing is changed")
		})
	}
	require.Equal(t, map[string]string{"a": "1"}, reopen(t, t.TempDir(), image{"": backup.Bytes()}))
	require.Equal(t, map[string]string{"a": "1", "b": "1"}, reopen(t, t.TempDir(), files))
	require.Equal(t, map[string]string{"a": "1"}, reopen(t, t.TempDir(), stale))
	stale[""] = backup.Bytes()
	require.Equal(t, map[string]string{"a": "1"}, reopen(t, t.TempDir(), stale), "all of that journal is in the backup")
}

// A file from before there were journals, or of a program that is older, is opened.
func TestFileWithoutAMark(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, openBolt(t, path, kv.BoltOptions{}).Close())
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("journal")) }))
	require.NoError(t, db.Close())
	b := openBolt(t, path, kv.BoltOptions{})
	put(t, b, "k", "v")
	require.Equal(t, map[string]string{"k": "v"}, reopen(t, t.TempDir(), crashed(t, path)))
}

// A transaction that is larger than a file of the journal is durable as well.
func TestLargeTransaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	b := openBolt(t, path, kv.BoltOptions{})
	put(t, b, "before", "1")
	for round := range 3 {
		require.NoError(t, b.Update(t.Context(), func(w kv.Writer) (func(), error) {
			for n := range 5000 {
				w.Put(fmt.Appendf(nil, "%d %d", round%2, n), bytes.Repeat([]byte{byte(round)}, 500))
			}
			return nil, nil
		}))
		put(t, b, "between", strconv.Itoa(round))
	}
	want := dump(t, b)
	require.Len(t, want, 2+2*5000)
	require.Equal(t, want, reopen(t, t.TempDir(), crashed(t, path)))
}
