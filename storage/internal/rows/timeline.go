package rows

import (
	"encoding/binary"
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

// numbers are those of events of one call, rising, as a row has them: each as its distance from the one before.
type numbers []byte

// last returns the greatest of n, and how many there are; ok is false if that is not what add makes.
func (n numbers) last() (last uint64, count int, ok bool) {
	for len(n) > 0 {
		distance, size := binary.Uvarint(n)
		if size <= 0 || distance == 0 || last+distance < last {
			return 0, 0, false
		}
		last, n = last+distance, n[size:]
		count++
	}
	return last, count, true
}

// add appends seq, which comes after last.
func (n numbers) add(last, seq uint64) numbers { return binary.AppendUvarint(n, seq-last) }

// all appends all numbers to list.
func (n numbers) all(list []uint64) []uint64 {
	last := uint64(0)
	for len(n) > 0 {
		distance, size := binary.Uvarint(n)
		last, n = last+distance, n[size:]
		list = append(list, last)
	}
	return list
}

const numbersList = 1

func decodeNumbers(r *rowcodec.Reader) (n numbers) {
	for r.Next() {
		if r.Field() == numbersList {
			n = r.Bytes()
		}
	}
	return n
}

// readNumbers returns the numbers of a row, the greatest of them, and how many there are.
func readNumbers(r *rowcodec.Reader, k key) (n numbers, last uint64, count int, err error) {
	if n, err = decodeWith(r, k, decodeNumbers); err != nil {
		return nil, 0, 0, err
	}
	last, count, ok := n.last()
	if !ok {
		return nil, 0, 0, rowError(k, fmt.Errorf("%w: its numbers do not rise", rowcodec.ErrDamaged))
	}
	return n, last, count, nil
}

// lengthen adds the newest event to the timeline of a call.
func (t *tx) lengthen(tenant, id string, seq uint64) error {
	recent := t.desk.keyOf(tableRecent, tenant, id)
	row, err := t.get(recent)
	if err != nil {
		return err
	}
	n, last, count, err := readNumbers(t.reader(row, ""), recent)
	switch {
	case err != nil:
		return err
	case last >= seq:
		return rowError(recent, fmt.Errorf("%w: it has event %d, and the log ends before", rowcodec.ErrDamaged, last))
	}
	w := t.row()
	if count < maxRecent {
		w.Bytes(numbersList, n.add(last, seq))
		return t.putRow(recent, w.Data())
	}
	w.Bytes(numbersList, n)
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
	var list []uint64 // of one row
	take := func(k key) error {
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
		if list, err = timelineRow(list[:0], k, row); err != nil {
			return false, err
		}
		return len(events) < limit, take(k)
	})
	if err != nil || len(events) == limit {
		return events, err
	}
	recent := keyOf(tableRecent, tenant, id)
	if list, err = t.recent(list[:0], recent); err != nil {
		return nil, err
	}
	return events, take(recent)
}

// timelineRow appends the numbers of a row of the timeline to list: those that it holds, and that of its key.
func timelineRow(list []uint64, k key, row []byte) ([]uint64, error) {
	p, err := parse(k)
	if err != nil {
		return nil, err
	}
	n, last, _, err := readNumbers(rowcodec.NewReader(row), k)
	if err == nil && last >= p.numbers[0] {
		err = rowError(k, fmt.Errorf("%w: its numbers do not rise", rowcodec.ErrDamaged))
	}
	if err != nil {
		return nil, err
	}
	return append(n.all(list), p.numbers[0]), nil
}

// recent appends the numbers of the recent row under k to list, if there is one.
func (t *tx) recent(list []uint64, k key) ([]uint64, error) {
	row, err := t.get(k)
	if row == nil || err != nil {
		return list, err
	}
	n, _, _, err := readNumbers(rowcodec.NewReader(row), k)
	return n.all(list), err
}

// inTimeline reports whether the timeline of a call has an event.
func (t *tx) inTimeline(tenant, id string, seq uint64) (has bool, err error) {
	of := keyOf(tableTimeline, tenant, id)
	err = t.each(of.number(seq), of.next(), func(k key, row []byte) (bool, error) {
		list, err := timelineRow(nil, k, row)
		has = slices.Contains(list, seq)
		return false, err
	})
	if has || err != nil {
		return has, err
	}
	list, err := t.recent(nil, keyOf(tableRecent, tenant, id))
	return slices.Contains(list, seq), err
}
