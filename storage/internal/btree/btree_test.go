package btree_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/storage/internal/btree"
)

// pair is a map and what it must hold.
type pair struct {
	tree  *btree.Map
	model map[string]string
}

func TestModel(t *testing.T) {
	t.Parallel()
	// Few distinct keys make hits likely, a run of inserts makes the tree deep.
	key := rapid.Custom(func(t *rapid.T) []byte {
		return fmt.Appendf(nil, "%04d", rapid.IntRange(0, 2000).Draw(t, "key"))
	})
	bound := rapid.OneOf(rapid.Just[[]byte](nil), key)

	rapid.Check(t, func(t *rapid.T) {
		all := []*pair{{new(btree.Map), map[string]string{}}}
		pick := func() *pair { return all[rapid.IntRange(0, len(all)-1).Draw(t, "map")] }
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				p, k, v := pick(), key.Draw(t, "key"), rapid.String().Draw(t, "value")
				p.tree.Set(k, []byte(v))
				p.model[string(k)] = v
			},
			"fill": func(t *rapid.T) {
				p, step := pick(), rapid.IntRange(1, 7).Draw(t, "step")
				for i := 0; i < 2000; i += step {
					k := fmt.Sprintf("%04d", i)
					p.tree.Set([]byte(k), []byte(k))
					p.model[k] = k
				}
			},
			"delete": func(t *rapid.T) {
				p, k := pick(), key.Draw(t, "key")
				_, had := p.model[string(k)]
				require.Equal(t, had, p.tree.Delete(k))
				delete(p.model, string(k))
			},
			"drain": func(t *rapid.T) {
				p, from, to := pick(), bound.Draw(t, "from"), bound.Draw(t, "to")
				for _, k := range p.keys(from, to) {
					require.True(t, p.tree.Delete([]byte(k)))
					delete(p.model, k)
				}
			},
			"clone": func(*rapid.T) {
				p := pick()
				all = append(all, &pair{p.tree.Clone(), maps.Clone(p.model)})
			},
			"get": func(t *rapid.T) {
				p, k := pick(), key.Draw(t, "key")
				want, had := p.model[string(k)]
				got, ok := p.tree.Get(k)
				require.Equal(t, had, ok)
				require.Equal(t, want, string(got))
			},
			"scan": func(t *rapid.T) {
				p, from, to := pick(), bound.Draw(t, "from"), bound.Draw(t, "to")
				limit := rapid.IntRange(1, 3000).Draw(t, "limit")
				want := p.keys(from, to)
				require.Equal(t, cut(want, limit), take(p.tree.Ascend(from, to), limit))
			},
			"": func(t *rapid.T) {
				for _, p := range all {
					require.Equal(t, len(p.model), p.tree.Len())
				}
			},
		})
		for _, p := range all {
			require.Equal(t, p.keys(nil, nil), take(p.tree.Ascend(nil, nil), 1<<30))
			for k, v := range p.tree.Ascend(nil, nil) {
				require.Equal(t, p.model[string(k)], string(v))
			}
		}
	})
}

// keys returns the model's keys of the range in rising order.
func (p *pair) keys(from, to []byte) []string {
	keys := []string{}
	for _, k := range slices.Sorted(maps.Keys(p.model)) {
		if bytes.Compare([]byte(k), from) >= 0 && (to == nil || k < string(to)) {
			keys = append(keys, k)
		}
	}
	return keys
}

func cut(keys []string, limit int) []string { return keys[:min(limit, len(keys))] }

func take(seq iter.Seq2[[]byte, []byte], limit int) []string {
	keys := []string{}
	for k := range seq {
		if keys = append(keys, string(k)); len(keys) == limit {
			break
		}
	}
	return keys
}

func TestNilValueIsAValue(t *testing.T) {
	t.Parallel()
	var m btree.Map
	m.Set([]byte("k"), nil)
	v, ok := m.Get([]byte("k"))
	require.True(t, ok)
	require.Nil(t, v)
}

func TestCloneIsReadWhileTheOriginalIsWritten(t *testing.T) {
	t.Parallel()
	var m btree.Map
	for i := range 5000 {
		m.Set(number(i), number(i))
	}
	frozen := m.Clone()

	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 5 {
				n := 0
				for k, v := range frozen.Ascend(nil, nil) {
					if !bytes.Equal(k, number(n)) || !bytes.Equal(k, v) {
						t.Errorf("entry %d is %x=%x", n, k, v)
						return
					}
					n++
				}
				if n != 5000 {
					t.Errorf("clone has %d entries", n)
				}
			}
		})
	}
	for i := range 10000 {
		if i%3 == 0 {
			m.Delete(number(i))
		} else {
			m.Set(number(i), nil)
		}
	}
	readers.Wait()
}

func number(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }

func BenchmarkGet(b *testing.B) {
	m, keys := filled(100_000)
	for i := 0; b.Loop(); i++ {
		m.Get(keys[i*7919%len(keys)])
	}
}

func BenchmarkSet(b *testing.B) {
	m, keys := filled(100_000)
	for i := 0; b.Loop(); i++ {
		m.Set(keys[i*7919%len(keys)], nil)
	}
}

func BenchmarkCloneSet(b *testing.B) {
	m, keys := filled(100_000)
	for i := 0; b.Loop(); i++ {
		m = m.Clone()
		m.Set(keys[i*7919%len(keys)], nil)
	}
}

func filled(n int) (*btree.Map, [][]byte) {
	m, keys := new(btree.Map), make([][]byte, n)
	for i := range keys {
		keys[i] = number(i)
		m.Set(keys[i], keys[i])
	}
	return m, keys
}
