package kv

import "iter"

// hotRows are rows that were changed: an ordered map from keys to values, nil for a key that is deleted. Its entries
// stand in an arena, which it shares with its clones, and which is let go with the last of them: after the checkpoint
// that puts them into the file.
//
// It is read and cloned as a btree.Map is.
type hotRows struct {
	places *forest
	arena  *arena
}

func newHotRows() *hotRows {
	a := new(arena)
	return &hotRows{newForest(a.key), a}
}

func (h *hotRows) Len() int { return h.places.Len() }

func (h *hotRows) Clone() *hotRows { return &hotRows{h.places.Clone(), h.arena} }

// Get returns the value of key, which is nil if it is deleted, and whether it was changed.
func (h *hotRows) Get(key []byte) (value []byte, changed bool) {
	p, found := h.places.Get(key)
	if !found {
		return nil, false
	}
	_, value, _ = h.arena.parts(p)
	return value, true
}

// Ascend yields the entries whose keys k have from ≤ k < to, in rising order. A nil bound is no bound.
func (h *hotRows) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for p := range h.places.Ascend(from, to) {
			key, value, _ := h.arena.parts(p)
			if !yield(key, value) {
				return
			}
		}
	}
}

// put gives key the value, and copies both.
func (h *hotRows) put(key, value []byte) { h.places.Set(h.arena.add(key, value)) }
