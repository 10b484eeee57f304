package kv

import (
	"bytes"
	"iter"

	"github.com/avanter/voki/storage/internal/btree"
)

// draft is a Writer that writes in place, to the newest rows, and can take it back.
type draft struct {
	below Reader     // what is under the rows of tip
	tip   *btree.Map // of the caller, who lets nobody else at it meanwhile
	items []item
	were  []were
	err   error // of the first entry that cannot be stored
}

// were is what a key had in tip before it was written.
type were struct {
	value []byte
	had   bool
}

var _ Writer = (*draft)(nil)

func (d *draft) now() layered { return layered{d.below, d.tip} }

func (d *draft) Get(key []byte) ([]byte, bool) { return d.now().Get(key) }

func (d *draft) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		layered{d.below, d.tip.Clone()}.Ascend(from, to)(yield)
	}
}

func (d *draft) Err() error { return d.below.Err() }

func (d *draft) Put(key, value []byte) {
	if d.err == nil {
		d.err = checkEntry(key, value)
	}
	if value == nil {
		value = []byte{} // nil is for the deleted
	}
	d.set(key, value)
}

// Delete leaves a mark in tip only if there is something below that it has to hide: what comes and goes between two
// checkpoints, such as the key of a job that runs, would else be passed over by every loop until the next one.
func (d *draft) Delete(key []byte) {
	value, had := d.tip.Get(key)
	if had && value == nil {
		return
	}
	if _, below := d.below.Get(key); below {
		d.set(bytes.Clone(key), nil)
	} else if had {
		d.tip.Delete(key)
		d.note(bytes.Clone(key), nil, were{value, true})
	}
}

func (d *draft) set(key, value []byte) {
	old, had := d.tip.Set(key, value)
	d.note(key, value, were{old, had})
}

// note keeps what was written, for the journal, which may have the key in an earlier record, and for undo.
func (d *draft) note(key, value []byte, w were) {
	d.items, d.were = append(d.items, item{key, value}), append(d.were, w)
}

// undo leaves tip as it was.
func (d *draft) undo() {
	for i := len(d.items) - 1; i >= 0; i-- {
		if key, w := d.items[i].key, d.were[i]; w.had {
			d.tip.Set(key, w.value)
		} else {
			d.tip.Delete(key)
		}
	}
	d.items, d.were = nil, nil
}
