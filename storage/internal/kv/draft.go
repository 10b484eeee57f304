package kv

import "iter"

// draft is a Writer that writes in place, to the newest rows, and can take it back.
type draft struct {
	below  Reader   // what is under the rows of tip
	tip    *hotRows // of the caller, who lets nobody else at it meanwhile
	end    place    // of the arena of tip before the draft
	places []place  // of what was written
	were   []were
	err    error // of the first entry that cannot be stored
}

// were is the place of a key in tip before it was written.
type were struct {
	place place
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
	if value == nil {
		value = []byte{} // nil is for the deleted
	}
	if p, ok := d.add(key, value); ok {
		old, had := d.tip.places.Set(p)
		d.note(p, were{old, had})
	}
}

func (d *draft) Insert(key []byte) {
	if p, ok := d.add(key, []byte{}); ok {
		old, had := d.tip.places.Set(p | fresh)
		if had {
			d.tip.places.Set(p) // it was deleted, and may be below
		}
		d.note(p, were{old, had})
	}
}

// Delete leaves a mark in tip, by which the key is hidden that may be below. What is known to be in tip alone leaves
// none: what comes and goes between two checkpoints, such as the key of a job that runs, would else be passed over by
// every loop until the next one.
func (d *draft) Delete(key []byte) {
	if checkEntry(key, nil) != nil {
		return // it cannot be there
	}
	p := d.tip.arena.add(key, nil)
	old, had := d.tip.places.Set(p)
	if had && old&fresh != 0 {
		d.tip.places.Delete(key)
	}
	d.note(p, were{old, had})
}

// add puts the entry into the arena of tip, if it can be stored.
func (d *draft) add(key, value []byte) (p place, ok bool) {
	if err := checkEntry(key, value); err != nil {
		if d.err == nil {
			d.err = err
		}
		return 0, false
	}
	return d.tip.arena.add(key, value), true
}

// note keeps what was written, for the journal, which may have the key in an earlier record, and for undo.
func (d *draft) note(p place, w were) {
	d.places, d.were = append(d.places, p), append(d.were, w)
}

// undo leaves tip as it was.
func (d *draft) undo() {
	for i := len(d.places) - 1; i >= 0; i-- {
		if w := d.were[i]; w.had {
			d.tip.places.Set(w.place)
		} else {
			d.tip.places.Delete(d.tip.arena.key(d.places[i]))
		}
	}
	d.tip.arena.cut(d.end)
	d.places, d.were = d.places[:0], d.were[:0]
}

// room returns the memory of what was noted, for the next draft, unless it was much.
func (d *draft) room() ([]place, []were) {
	if cap(d.places) > 1024 {
		return nil, nil
	}
	return d.places[:0], d.were[:0]
}
