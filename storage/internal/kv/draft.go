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

func (d *draft) Insert(key []byte) {
	if d.err == nil {
		d.err = checkEntry(key, nil)
	}
	old, had := d.tip.Set(key, fresh)
	if had {
		d.tip.Set(key, []byte{}) // it was deleted, and may be below
	}
	d.note(key, []byte{}, were{old, had})
}

// fresh is the value of a key that is in tip and not below. It is told from other empty values by its address.
var fresh = make([]byte, 0, 1)

func isFresh(value []byte) bool { return cap(value) == 1 && &value[:1][0] == &fresh[:1][0] }

// Delete leaves a mark in tip, by which the key is hidden that may be below. What is known to be in tip alone leaves
// none: what comes and goes between two checkpoints, such as the key of a job that runs, would else be passed over by
// every loop until the next one.
func (d *draft) Delete(key []byte) {
	key = bytes.Clone(key)
	old, had := d.tip.Set(key, nil)
	if had && isFresh(old) {
		d.tip.Delete(key)
	}
	d.note(key, nil, were{old, had})
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
	d.items, d.were = d.items[:0], d.were[:0]
}

// room returns the memory of what was written, for the next draft, unless it was much.
func (d *draft) room() ([]item, []were) {
	if cap(d.items) > 1024 {
		return nil, nil
	}
	clear(d.items[:cap(d.items)]) // undone ones, too
	clear(d.were[:cap(d.were)])
	return d.items[:0], d.were[:0]
}
