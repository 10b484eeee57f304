package btree_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/storage/internal/btree"
)

// entry is an item of the maps.
type entry struct{ key, value []byte }

func newMap() *btree.Map[*entry] { return btree.New(func(e *entry) []byte { return e.key }) }

// pair is a map and what it must hold.
type pair struct {
	tree  *btree.Map[*entry]
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
		all := []*pair{{newMap(), map[string]string{}}}
		pick := func() *pair { return all[rapid.IntRange(0, len(all)-1).Draw(t, "map")] }
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				p, k, v := pick(), key.Draw(t, "key"), rapid.String().Draw(t, "value")
				old, had := p.tree.Set(&entry{k, []byte(v)})
				before, known := p.model[string(k)]
				require.Equal(t, known, had)
				if had {
					require.Equal(t, before, string(old.value))
				}
				p.model[string(k)] = v
			},
			"fill": func(t *rapid.T) {
				p, step := pick(), rapid.IntRange(1, 7).Draw(t, "step")
				for i := 0; i < 2000; i += step {
					k := fmt.Sprintf("%04d", i)
					p.tree.Set(&entry{[]byte(k), []byte(k)})
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
				if ok {
					require.Equal(t, want, string(got.value))
				}
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
			for e := range p.tree.Ascend(nil, nil) {
				require.Equal(t, p.model[string(e.key)], string(e.value))
			}
		}
	})
}

// TestKeysOfManyLengths has keys that begin as others do, end where others go on, and hold zeroes, which is what
// they are taken for where they end.
func TestKeysOfManyLengths(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"\x00", "\x00\x00\x00\x00\x00\x00\x00\x00", "a", "b", "tenant", "0198c0de-1234"})
	key := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		p := pair{newMap(), map[string]string{}}
		keys := rapid.SliceOfN(key, 200, 400).Draw(t, "keys")
		for i, k := range keys {
			if _, had := p.model[k]; i%5 == 4 {
				gone := keys[i/2]
				_, had = p.model[gone]
				require.Equal(t, had, p.tree.Delete([]byte(gone)))
				delete(p.model, gone)
			} else {
				_, found := p.tree.Set(&entry{[]byte(k), []byte(k)})
				require.Equal(t, had, found)
				p.model[k] = k
			}
		}
		for _, k := range keys {
			_, had := p.model[k]
			_, found := p.tree.Get([]byte(k))
			require.Equal(t, had, found, "%q", k)
		}
		from := key.Draw(t, "from")
		require.Equal(t, p.keys(nil, nil), take(p.tree.Ascend(nil, nil), 1<<30))
		require.Equal(t, p.keys([]byte(from), nil), take(p.tree.Ascend([]byte(from), nil), 1<<30))
	})
}

func TestKeysOfZeroes(t *testing.T) {
	t.Parallel()
	for step := 1; step < 20; step++ {
		m, zeroes := newMap(), make([]byte, 300)
		for n := 0; n < len(zeroes); n += step {
			m.Set(&entry{key: zeroes[:n]})
		}
		for n := range zeroes {
			_, found := m.Get(zeroes[:n])
			require.Equal(t, n%step == 0, found)
			require.Len(t, take(m.Ascend(zeroes[:n], nil), 1<<30), (len(zeroes)-1)/step-(n+step-1)/step+1)
		}
	}
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

func take(seq iter.Seq[*entry], limit int) []string {
	keys := []string{}
	for e := range seq {
		if keys = append(keys, string(e.key)); len(keys) == limit {
			break
		}
	}
	return keys
}

func TestCloneIsReadWhileTheOriginalIsWritten(t *testing.T) {
	t.Parallel()
	m := newMap()
	for i := range 5000 {
		m.Set(&entry{number(i), number(i)})
	}
	frozen := m.Clone()

	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 5 {
				n := 0
				for e := range frozen.Ascend(nil, nil) {
					if !bytes.Equal(e.key, number(n)) || !bytes.Equal(e.key, e.value) {
						t.Errorf("entry %d is %x=%x", n, e.key, e.value)
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
			m.Set(&entry{key: number(i)})
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
		m.Set(&entry{key: keys[i*7919%len(keys)]})
	}
}

func BenchmarkCloneSet(b *testing.B) {
	m, keys := filled(100_000)
	for i := 0; b.Loop(); i++ {
		m = m.Clone()
		m.Set(&entry{key: keys[i*7919%len(keys)]})
	}
}

func filled(n int) (*btree.Map[*entry], [][]byte) {
	m, keys := newMap(), make([][]byte, n)
	for i := range keys {
		keys[i] = number(i)
		m.Set(&entry{keys[i], keys[i]})
	}
	return m, keys
}
