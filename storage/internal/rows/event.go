package rows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// AppendEvent implements [call.Tx].
func (t *tx) AppendEvent(e call.Event) (call.Event, error) {
	head := t.desk.keyOf(tableHead, e.Tenant)
	last, err := t.lastEvent(head, e.Tenant)
	if err != nil {
		return call.Event{}, err
	}
	e.Seq = last + 1
	w := t.row()
	w.Uint(headSeq, e.Seq)
	if err := t.putRow(head, w.Data()); err != nil {
		return call.Event{}, err
	}
	w = t.row()
	writeEvent(w, &e)
	if err := t.putRow(t.desk.keyOf(tableEvent, e.Tenant).number(e.Seq), w.Data()); err != nil {
		return call.Event{}, err
	}
	if e.CallID != "" {
		if err := t.lengthen(e.Tenant, e.CallID, e.Seq); err != nil {
			return call.Event{}, err
		}
	}
	if !slices.Contains(t.grown, e.Tenant) {
		t.grown = append(t.grown, e.Tenant)
	}
	t.head = call.LogHead{Tenant: e.Tenant, Seq: e.Seq}
	return e, nil
}

func eventKey(tenant string, seq uint64) key { return keyOf(tableEvent, tenant).number(seq) }

// Events implements [call.Tx].
func (t *tx) Events(tenant string, after uint64, limit int) (events []call.Event, err error) {
	if limit <= 0 || after == math.MaxUint64 {
		return nil, nil
	}
	behind := keyOf(tableEvent, tenant).next()
	err = t.each(eventKey(tenant, after+1), behind, func(k key, row []byte) (bool, error) {
		seq, err := eventNumber(k)
		if err != nil {
			return false, err
		}
		e, err := decodeShared(k, row, decodeEvent)
		if err != nil {
			return false, err
		}
		e.Tenant, e.Seq = tenant, seq
		events = append(events, e)
		return len(events) < limit, nil
	})
	return events, err
}

// eventNumber takes the number from the key of an event, as parse does, without a copy of the tenant.
func eventNumber(k key) (uint64, error) {
	end := bytes.IndexByte(k, 0)
	if end < 0 || len(k) != end+1+8 {
		return 0, fmt.Errorf("key %s is of no event", k.name())
	}
	return binary.BigEndian.Uint64(k[end+1:]), nil
}

// Logs implements [call.Tx].
func (t *tx) Logs(after string, limit int) (heads []call.LogHead, err error) {
	if limit <= 0 {
		return nil, nil
	}
	first := keyOf(tableHead)
	if after != "" {
		if first = first.text(after); first == nil {
			return nil, fmt.Errorf("logs after %q: %w", after, errKey)
		}
		first = first.next()
	}
	err = t.each(first, keyOf(tableHead).next(), func(k key, row []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		seq, err := decodeRow(k, row, decodeHead)
		heads = append(heads, call.LogHead{Tenant: p.texts[0], Seq: seq})
		return len(heads) < limit, err
	})
	return heads, err
}

// LastEvent implements [call.Tx].
func (t *tx) LastEvent(tenant string) (uint64, error) {
	if t.grew(tenant) {
		return t.head.Seq, nil
	}
	return t.lastEvent(t.desk.keyOf(tableHead, tenant), tenant)
}

// lastEvent is LastEvent with the key of the head.
func (t *tx) lastEvent(head key, tenant string) (uint64, error) {
	if t.grew(tenant) {
		return t.head.Seq, nil
	}
	last, _, err := read(t, head, decodeHead)
	return last, err
}

// grew tells whether head is that of the tenant.
func (t *tx) grew(tenant string) bool {
	return t.head.Seq != 0 && t.head.Tenant == tenant && !t.ended.Load()
}

func writeEvent(w *rowcodec.Writer, e *call.Event) {
	w.Time(1, e.Time)
	w.String(2, e.CallID)
	w.String(3, string(e.Kind))
	w.String(4, e.Actor)
	w.String(5, string(e.Data.From))
	w.String(6, string(e.Data.To))
	w.String(7, string(e.Data.EndReason))
	w.String(8, e.Data.DepartmentID)
	w.String(9, e.Data.UserID)
	w.String(10, string(e.Data.Side))
	w.Uint(11, e.Data.Epoch)
	w.Time(12, e.Data.Deadline)
	w.Int(13, int64(e.Data.Rating))
	w.String(14, e.Data.Subject)
	w.String(15, string(e.Data.Reason))
	erasureRow(w, 16, e.Data.Erased)
}

func decodeEvent(r *rowcodec.Reader) (e call.Event) {
	for r.Next() {
		switch r.Field() {
		case 1:
			e.Time = r.Time()
		case 2:
			e.CallID = r.String()
		case 3:
			e.Kind = call.Kind(r.String())
		case 4:
			e.Actor = r.String()
		case 5:
			e.Data.From = call.Status(r.String())
		case 6:
			e.Data.To = call.Status(r.String())
		case 7:
			e.Data.EndReason = call.EndReason(r.String())
		case 8:
			e.Data.DepartmentID = r.String()
		case 9:
			e.Data.UserID = r.String()
		case 10:
			e.Data.Side = call.Side(r.String())
		case 11:
			e.Data.Epoch = r.Uint()
		case 12:
			e.Data.Deadline = r.Time()
		case 13:
			e.Data.Rating = int(r.Int())
		case 14:
			e.Data.Subject = r.String()
		case 15:
			e.Data.Reason = call.Reason(r.String())
		case 16:
			e.Data.Erased = decodeErasure(r)
		}
	}
	return e
}

func erasureRow(w *rowcodec.Writer, field int, e call.Erasure) {
	if e == (call.Erasure{}) {
		return
	}
	w.Record(field, func(w *rowcodec.Writer) {
		w.Int(1, int64(e.Notes))
		w.Int(2, int64(e.Files))
		w.Int(3, int64(e.Recordings))
		w.Int(4, int64(e.Transcripts))
		w.Int(5, int64(e.Summaries))
	})
}

func decodeErasure(r *rowcodec.Reader) (e call.Erasure) {
	r.Record(func(r *rowcodec.Reader) {
		for r.Next() {
			switch r.Field() {
			case 1:
				e.Notes = int(r.Int())
			case 2:
				e.Files = int(r.Int())
			case 3:
				e.Recordings = int(r.Int())
			case 4:
				e.Transcripts = int(r.Int())
			case 5:
				e.Summaries = int(r.Int())
			}
		}
	})
	return e
}

// headSeq is the one field of a head.
const headSeq = 1

func decodeHead(r *rowcodec.Reader) (seq uint64) {
	for r.Next() {
		if r.Field() == headSeq {
			seq = r.Uint()
		}
	}
	return seq
}
