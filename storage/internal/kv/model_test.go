package kv_test

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/storage/internal/kv"
)

type entry struct{ key, value string }

// Histories of transactions leave the engines in the state of a plain map, and a
// transaction reads it with its own writes.
func TestModel(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			checkModel(rt, kv.NewMemory(), nil)
		})
	})
	t.Run("bolt", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			path := filepath.Join(dir, "none")
			// open opens the files as they are now.
			open := func() kv.Engine {
				n++
				files := crashed(rt, path)
				path = filepath.Join(dir, strconv.Itoa(n))
				require.NoError(rt, os.Mkdir(path, 0o700))
				path = files.write(rt, path)
				b, err := kv.OpenBolt(path, kv.BoltOptions{})
				require.NoError(rt, err)
				require.NoError(rt, b.Check(t.Context()))
				return b
			}
			checkModel(rt, open(), open)
		})
	})
}

// checkModel closes and opens the engine now and then if open is not nil, or opens it
// as a process would have left it that died.
func checkModel(t *rapid.T, e kv.Engine, open func() kv.Engine) {
	defer func() { require.NoError(t, e.Close()) }()
	model := map[string]string{}
	key := rapid.StringMatching(`[a-c]{1,3}`)
	value := rapid.OneOf(rapid.StringN(0, 3, -1), rapid.Just(string(make([]byte, 3000))))
	t.Repeat(map[string]func(*rapid.T){
		"update": func(t *rapid.T) {
			next := maps.Clone(model)
			fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
			boom := errors.New("boom")
			err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				for range rapid.IntRange(0, 8).Draw(t, "writes") {
					k := key.Draw(t, "key")
					if rapid.Bool().Draw(t, "delete") {
						w.Delete([]byte(k))
						delete(next, k)
					} else if _, there := next[k]; !there && rapid.Bool().Draw(t, "insert") {
						w.Insert([]byte(k))
						next[k] = ""
					} else {
						v := value.Draw(t, "value")
						w.Put([]byte(k), []byte(v))
						next[k] = v
					}
					requireState(t, next, w, key)
				}
				if fails {
					return nil, boom
				}
				return nil, nil
			})
			if fails {
				require.ErrorIs(t, err, boom)
			} else {
				require.NoError(t, err)
				model = next
			}
		},
		"reopen": func(t *rapid.T) {
			if open == nil || rapid.IntRange(0, 9).Draw(t, "stays") > 0 {
				return
			}
			if rapid.Bool().Draw(t, "crash") {
				old := e
				e = open()
				require.NoError(t, old.Close())
				return
			}
			require.NoError(t, e.Close())
			e = open()
		},
		"": func(t *rapid.T) {
			require.NoError(t, e.View(t.Context(), nil, func(r kv.Reader) error {
				requireState(t, model, r, key)
				return nil
			}))
		},
	})
}

// requireState reads a key and a range of r.
func requireState(t *rapid.T, model map[string]string, r kv.Reader, key *rapid.Generator[string]) {
	k := key.Draw(t, "get")
	want, had := model[k]
	got, ok := r.Get([]byte(k))
	require.Equal(t, had, ok)
	require.Equal(t, want, string(got))

	bound := rapid.OneOf(rapid.Just(""), key)
	from, to := []byte(bound.Draw(t, "from")), []byte(bound.Draw(t, "to"))
	if len(to) == 0 {
		to = nil
	}
	limit := rapid.IntRange(1, 40).Draw(t, "limit")
	entries := []entry{}
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if bytes.Compare([]byte(k), from) >= 0 && (to == nil || k < string(to)) {
			entries = append(entries, entry{k, model[k]})
		}
	}
	require.Equal(t, entries[:min(limit, len(entries))], collect(r.Ascend(from, to), limit))
}

func collect(seq iter.Seq2[[]byte, []byte], limit int) []entry {
	entries := []entry{}
	for k, v := range seq {
		entries = append(entries, entry{string(k), string(v)})
		if len(entries) == limit {
			break
		}
	}
	return entries
}
