package kv

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Drafts that are kept and taken back, over keys and values of all lengths, leave what a plain map has; clones stay as
// they were.
func TestHotRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := []int{0, 1, 126, 127, 128, 20 << 10}
		if rapid.IntRange(0, 9).Draw(t, "large") == 0 {
			sizes = append(sizes, greatestPiece)
		}
		hot, model := newHotRows(), map[string]string{} // a deleted key has the value "-"
		var clone *hotRows
		var cloned map[string]string
		for range rapid.IntRange(1, 20).Draw(t, "drafts") {
			d := &draft{below: memoryReader{NewMemory().root}, tip: hot, end: hot.arena.end()}
			next := maps.Clone(model)
			for range rapid.IntRange(0, 20).Draw(t, "writes") {
				key := bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(t, "key"))}, rapid.SampledFrom([]int{1, 2, 127, 128, 9000}).Draw(t, "length"))
				value := bytes.Repeat([]byte("v"), rapid.SampledFrom(sizes).Draw(t, "size"))
				if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
					d.Delete(key)
					next[string(key)] = "-"
				} else {
					d.Put(key, value)
					next[string(key)] = "+" + string(value)
				}
				clear(key) // they were copied
				clear(value)
			}
			if rapid.Bool().Draw(t, "kept") {
				model = next
			} else {
				end := d.end
				d.undo()
				require.Equal(t, end, hot.arena.end())
			}
			requireHot(t, model, hot)
			if rapid.Bool().Draw(t, "cloned") {
				clone, cloned = hot.Clone(), maps.Clone(model)
			}
		}
		if clone != nil {
			requireHot(t, cloned, clone)
		}
	})
}

func requireHot(t require.TestingT, want map[string]string, hot *hotRows) {
	require.Equal(t, len(want), hot.Len())
	keys := slices.Sorted(maps.Keys(want))
	n := 0
	for k, v := range hot.Ascend(nil, nil) {
		got, changed := hot.Get(k)
		require.True(t, changed)
		require.Equal(t, v == nil, got == nil)
		shown := "-"
		if v != nil {
			shown = "+" + string(v)
		}
		require.True(t, keys[n] == string(k) && want[keys[n]] == shown, "entry %d", n)
		n++
	}
	require.Equal(t, len(keys), n)
	for from := range keys {
		ranged := 0
		for k := range hot.Ascend([]byte(keys[from]), []byte(keys[n-1])) {
			require.True(t, keys[from+ranged] == string(k), "entry %d", from+ranged)
			ranged++
		}
		require.Equal(t, n-1-from, ranged)
	}
}

// A clone is read while the rows are written, and their arena grows and is cut.
func TestHotRowsAreReadWhileTheyAreWritten(t *testing.T) {
	t.Parallel()
	hot := newHotRows()
	for n := range 2000 {
		hot.put(fmt.Appendf(nil, "%04d", n), bytes.Repeat([]byte("x"), n))
	}
	clone := hot.Clone()
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			n := 0
			for k, v := range clone.Ascend(nil, nil) {
				if string(k) != fmt.Sprintf("%04d", n) || len(v) != n {
					t.Errorf("entry %d is %s with %d bytes", n, k, len(v))
					return
				}
				n++
			}
		})
	}
	for n := range 2000 {
		d := &draft{below: memoryReader{NewMemory().root}, tip: hot, end: hot.arena.end()}
		d.Put(fmt.Appendf(nil, "%04d", n), bytes.Repeat([]byte("y"), 1000))
		if n%2 == 0 {
			d.undo()
		}
	}
	readers.Wait()
}
