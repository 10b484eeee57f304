package rows

import (
	"fmt"
	"math"
	"slices"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// maxRecent is the most numbers of a recent row. One more, and they make a row of the timeline together.
//
// Events of one call come one by one and its keys lie far from those of the others, so each key of its own would have a
// page of the file written anew; a longer row would be written anew more often than it is worth.
const maxRecent = 15

// timelineNumber is the one field of a row of numbers: of each, by how much it is more than the one before.
const timelineNumber = 1

func writeNumbers(w *rowcodec.Writer, list []uint64) {
	last := uint64(0)
	for _, n := range list {
		w.Uint(timelineNumber, n-last)
		last = n
	}
}

// readNumbers appends the numbers of a row to list, which is empty. They rise.
func readNumbers(r *rowcodec.Reader, k key, list []uint64) ([]uint64, error) {
	last := uint64(0)
	for r.Next() {
		if r.Field() != timelineNumber {
			continue
		}
		n := last + r.Uint()
		if r.Err() == nil && n <= last {
			return nil, errFalling(k)
		}
		list, last = append(list, n), n
	}
	if err := r.Err(); err != nil {
		return nil, rowError(k, err)
	}
	return list, nil
}

func errFalling(k key) error {
	return rowError(k, fmt.Errorf("%w: its numbers do not rise", rowcodec.ErrDamaged))
}

// lengthen adds the newest event to the timeline of a call.
func (t *tx) lengthen(tenant, id string, seq uint64) error {
	recent := t.desk.keyOf(tableRecent, tenant, id)
	row, err := t.get(recent)
	if err != nil {
		return err
	}
	var room [maxRecent + 1]uint64
	list, err := readNumbers(t.reader(row, ""), recent, room[:0])
	switch {
	case err != nil:
		return err
	case len(list) > 0 && list[len(list)-1] >= seq:
		return rowError(recent, fmt.Errorf("%w: the log ends before event %d", rowcodec.ErrDamaged, list[len(list)-1]))
	}
	w := t.row()
	if len(list) < maxRecent {
		writeNumbers(w, append(list, seq))
		return t.putRow(recent, w.Data())
	}
	writeNumbers(w, list)
	if err := t.putRow(t.desk.keyOf(tableTimeline, tenant, id).number(seq), w.Data()); err != nil {
		return err
	}
	return t.putRow(recent, nil)
}

// CallEvents implements [call.Tx].
func (t *tx) CallEvents(tenant, id string, after uint64, limit int) (events []call.Event, err error) {
	if limit <= 0 || after == math.MaxUint64 {
		return nil, nil
	}
	take := func(k key, list []uint64) error {
		for _, seq := range list {
			if seq <= after || len(events) == limit {
				continue
			}
			e, found, err := read(t, eventKey(tenant, seq), decodeEvent)
			switch {
			case err != nil:
				return err
			case !found:
				return fmt.Errorf("row %s: the log has no event %d", k.name(), seq)
			}
			e.Tenant, e.Seq = tenant, seq
			events = append(events, e)
		}
		return nil
	}
	of := keyOf(tableTimeline, tenant, id)
	err = t.each(of.number(after+1), of.next(), func(k key, row []byte) (bool, error) {
		list, err := timelineRow(k, row)
		if err == nil {
			err = take(k, list)
		}
		return len(events) < limit, err
	})
	if err != nil || len(events) == limit {
		return events, err
	}
	recent := keyOf(tableRecent, tenant, id)
	list, err := t.recent(recent)
	if err == nil {
		err = take(recent, list)
	}
	return events, err
}

// timelineRow returns the numbers of a row of the timeline: those that it holds, and that of its key.
func timelineRow(k key, row []byte) ([]uint64, error) {
	p, err := parse(k)
	if err != nil {
		return nil, err
	}
	list, err := readNumbers(rowcodec.NewReader(row), k, make([]uint64, 0, maxRecent+1))
	switch {
	case err != nil:
		return nil, err
	case len(list) > 0 && list[len(list)-1] >= p.numbers[0]:
		return nil, errFalling(k)
	}
	return append(list, p.numbers[0]), nil
}

// recent returns the numbers of the recent row under k; none if there is no row.
func (t *tx) recent(k key) ([]uint64, error) {
	row, err := t.get(k)
	if row == nil || err != nil {
		return nil, err
	}
	return readNumbers(rowcodec.NewReader(row), k, make([]uint64, 0, maxRecent))
}

// inTimeline reports whether the timeline of a call has an event.
func (t *tx) inTimeline(tenant, id string, seq uint64) (has bool, err error) {
	of := keyOf(tableTimeline, tenant, id)
	err = t.each(of.number(seq), of.next(), func(k key, row []byte) (bool, error) {
		list, err := timelineRow(k, row)
		has = slices.Contains(list, seq)
		return false, err
	})
	if has || err != nil {
		return has, err
	}
	list, err := t.recent(keyOf(tableRecent, tenant, id))
	return slices.Contains(list, seq), err
}
