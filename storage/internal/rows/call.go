package rows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Call implements [call.Tx].
func (t *tx) Call(tenant, id string) (call.Call, error) {
	if c := t.latest; c != nil && !t.ended.Load() && c.ID == id && c.Tenant == tenant {
		return *c, nil
	}
	k := keyOf(tableCall, tenant, id)
	row, err := t.get(k)
	if row == nil || err != nil {
		return call.Call{}, absent(err, call.ErrNotFound)
	}
	r := rowcodec.NewSharingReader(row)
	c := decodeCall(r)
	if err := r.Err(); err != nil {
		return call.Call{}, fmt.Errorf("row %s: %w", k.name(), err)
	}
	c.Tenant, c.ID = tenant, id
	if t.w != nil { // in a View, others may be reading
		t.own.call = c
		t.latest = &t.own.call
	}
	return c, nil
}

// calls returns the calls with the given ids, for lists.
func (t *tx) calls(m *memo, tenant string, ids []string) ([]call.Call, error) {
	found := make([]call.Call, len(ids))
	of := keyOf(tableCall, tenant)
	if of != nil {
		of = slices.Grow(of, call.MaxID+1)
	}
	for i, id := range ids {
		k := of.text(id) // in the memory of the one before
		row, err := t.get(k)
		if row == nil || err != nil {
			return nil, absent(err, call.ErrNotFound)
		}
		if err := m.call(k, row, tenant, id, &found[i]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// absent is the error of a row that was not found: why it could not be read, or the sentinel.
func absent(err, sentinel error) error {
	if err != nil {
		return err
	}
	return sentinel
}

// PutCall implements [call.Tx].
func (t *tx) PutCall(c call.Call) error {
	old, err := t.Call(c.Tenant, c.ID)
	known := err == nil
	if !known && !errors.Is(err, call.ErrNotFound) {
		return err
	}
	t.latest = nil
	w := t.row()
	writeCall(w, &c)
	if err := t.putRow(keyOf(tableCall, c.Tenant, c.ID), w.Data()); err != nil {
		return err
	}
	var had, has [3]key
	var was []key
	switch {
	case !known:
		t.changed = append(t.changed, changedCall{c.Tenant, callindex.NewEntry(c)})
	case !callindex.Same(&old, &c):
		t.changed = append(t.changed, changedCall{c.Tenant, callindex.NewChange(&old, &c)})
	}
	if known {
		was = orderedBy(had[:0], &old)
	}
	return t.reindex(was, orderedBy(has[:0], &c))
}

// reindex drops the keys that are only in had and puts those that are only in has, with empty rows.
func (t *tx) reindex(had, has []key) error {
	in := func(keys []key, k key) bool {
		return slices.ContainsFunc(keys, func(other key) bool { return slices.Equal(k, other) })
	}
	for _, k := range had {
		if !in(has, k) {
			if err := t.drop(k); err != nil {
				return err
			}
		}
	}
	for _, k := range has {
		if !in(had, k) {
			if err := t.insert(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// orderedBy appends the keys under which a call is found by what it holds: the limit that passes first, its place in
// a queue, that it is open. They follow from the call's row alone.
func orderedBy(keys []key, c *call.Call) []key {
	if due, ok := c.Due(); ok {
		k := make(key, 0, 1+8+len(c.Tenant)+1+len(c.ID)+1)
		keys = append(keys, append(k, tableDeadline).time(due.At).text(c.Tenant).text(c.ID))
	}
	if c.Status == call.Queued {
		keys = append(keys, keyOf(tableQueue, c.Tenant, c.Department.ID).time(c.InsertedAt).text(c.ID))
	}
	if !c.Status.Ended() {
		keys = append(keys, keyOf(tableOpen, c.Tenant, c.ID))
	}
	return keys
}

// Queue implements [call.Tx].
func (t *tx) Queue(tenant, department string) (ids []string, err error) {
	err = t.under(keyOf(tableQueue, tenant, department), func(k key, _ []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		ids = append(ids, p.texts[2])
		return true, nil
	})
	return ids, err
}

// DueCalls implements [call.Tx].
func (t *tx) DueCalls(until time.Time, limit int) (due []call.DueCall, err error) {
	if limit <= 0 {
		return nil, nil
	}
	first, behind := keyOf(tableDeadline), key{tableDeadline}.time(until).next()
	err = t.each(first, behind, func(k key, _ []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		due = append(due, call.DueCall{Key: call.Key{Tenant: p.texts[0], ID: p.texts[1]}, At: timeOf(p.numbers[0])})
		return len(due) < limit, nil
	})
	return due, err
}

// OpenCalls implements [call.Tx].
func (t *tx) OpenCalls(after call.Key, limit int) (open []call.Key, err error) {
	err = t.ofCalls(tableOpen, after, limit, func(of call.Key, _ key, _ []byte) (int, error) {
		open = append(open, of)
		return len(open), nil
	})
	return open, err
}

// Waits implements [call.Tx].
func (t *tx) Waits(tenant, department string) ([]time.Duration, error) {
	waits, _, err := read(t, keyOf(tableWaits, tenant, department), decodeWaits)
	return waits, err
}

// PutWaits implements [call.Tx].
func (t *tx) PutWaits(tenant, department string, waits []time.Duration) error {
	k := keyOf(tableWaits, tenant, department)
	if len(waits) == 0 {
		return t.drop(k)
	}
	return t.put(k, waitsRow(waits))
}
