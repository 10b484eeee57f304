package rows

import (
	"errors"
	"slices"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

// Call implements [call.Tx].
func (t *tx) Call(tenant, id string) (call.Call, error) {
	d := t.desk
	if d != nil && d.key != nil && d.latest.ID == id && d.latest.Tenant == tenant {
		return d.latest, nil
	}
	k := d.keyOf(tableCall, tenant, id)
	row, err := t.get(k)
	if row == nil || err != nil {
		return call.Call{}, absent(err, call.ErrNotFound)
	}
	if d == nil { // a View, where others may be reading
		c, err := decodeShared(k, row, decodeCall)
		if err != nil {
			return call.Call{}, err
		}
		c.Tenant, c.ID = tenant, id
		return c, nil
	}
	d.key, d.latest = nil, call.Call{Tenant: tenant, ID: id}
	r := t.reader(row, string(row))
	decodeCallInto(r, &d.latest)
	if err := r.Err(); err != nil {
		return call.Call{}, rowError(k, err)
	}
	d.key = k
	return d.latest, nil
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
	var k key
	if d := t.desk; known && d != nil && d.key != nil {
		k, d.key = d.key, nil
	} else {
		k = t.desk.keyOf(tableCall, c.Tenant, c.ID)
	}
	w := t.row()
	writeCall(w, &c)
	if err := t.putRow(k, w.Data()); err != nil {
		return err
	}
	switch {
	case !known:
		t.changed = append(t.changed, changedCall{c.Tenant, callindex.NewEntry(c)})
	case !callindex.Same(&old, &c):
		t.changed = append(t.changed, changedCall{c.Tenant, callindex.NewChange(&old, &c)})
	default:
		t.unlisted = append(t.unlisted, callindex.NewID(c.ID))
	}
	var was, is [3]key
	if !known {
		return t.reindex(nil, orderOf(&c).keys(t.desk, is[:0], &c, order{}))
	}
	if wasOrdered, isOrdered := orderOf(&old), orderOf(&c); wasOrdered != isOrdered {
		return t.reindex(wasOrdered.keys(t.desk, was[:0], &old, isOrdered), isOrdered.keys(t.desk, is[:0], &c, wasOrdered))
	}
	return nil
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

// order is by what a call is found: the limit that passes first, its place in a queue, that it is open. It follows from
// the call's row alone.
type order struct {
	due      int64 // in microseconds
	limited  bool
	queued   bool
	queue    string // a department
	inserted int64  // in microseconds
	open     bool
}

func orderOf(c *call.Call) (o order) {
	if due, ok := c.Due(); ok {
		o.limited, o.due = true, due.At.UnixMicro()
	}
	if c.Status == call.Queued {
		o.queued, o.queue, o.inserted = true, c.Department.ID, c.InsertedAt.UnixMicro()
	}
	o.open = !c.Status.Ended()
	return o
}

// keys appends the keys under which c is found, but those under which it is found by another order as well. They have
// room on the desk, if there is one.
func (o order) keys(d *desk, keys []key, c *call.Call, but order) []key {
	if o.limited && (!but.limited || but.due != o.due) {
		k := d.room(1 + 8 + len(c.Tenant) + 1 + len(c.ID) + 1)
		keys = append(keys, append(k, tableDeadline).number(uint64(o.due)^1<<63).text(c.Tenant).text(c.ID))
	}
	if o.queued && (!but.queued || but.queue != o.queue || but.inserted != o.inserted) {
		keys = append(keys, d.keyOf(tableQueue, c.Tenant, o.queue).number(uint64(o.inserted)^1<<63).text(c.ID))
	}
	if o.open && !but.open {
		keys = append(keys, d.keyOf(tableOpen, c.Tenant, c.ID))
	}
	return keys
}

// orderedBy appends the keys under which a call is found by what it holds.
func orderedBy(keys []key, c *call.Call) []key { return orderOf(c).keys(nil, keys, c, order{}) }

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
