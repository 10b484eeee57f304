package rows

import (
	"bytes"
	"errors"
	"math"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Draft implements [media.Tx].
func (t *tx) Draft(tenant, callID string) (media.Draft, bool, error) {
	d, found, err := read(t, keyOf(tableDraft, tenant, callID), decodeDraft)
	if err != nil || !found {
		return media.Draft{}, false, err
	}
	d.Tenant, d.CallID = tenant, callID
	return d, true, nil
}

// Drafts implements [media.Tx].
func (t *tx) Drafts(after call.Key, limit int) (drafts []media.Draft, err error) {
	err = t.ofCalls(tableDraft, after, limit, func(of call.Key, k key, row []byte) (int, error) {
		d, err := decodeRow(k, row, decodeDraft)
		d.Tenant, d.CallID = of.Tenant, of.ID
		drafts = append(drafts, d)
		return len(drafts), err
	})
	return drafts, err
}

// PutDraft implements [media.Tx].
func (t *tx) PutDraft(d media.Draft) error {
	return t.put(keyOf(tableDraft, d.Tenant, d.CallID), draftRow(d))
}

// DeleteDraft implements [media.Tx].
func (t *tx) DeleteDraft(tenant, callID string) error {
	var keys []key
	err := t.under(keyOf(tablePart, tenant, callID), func(k key, _ []byte) (bool, error) {
		keys = append(keys, bytes.Clone(k))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, k := range append(keys, keyOf(tableDraft, tenant, callID)) {
		if err := t.drop(k); err != nil {
			return err
		}
	}
	return nil
}

// Part implements [media.Tx].
func (t *tx) Part(tenant, callID string, track media.TrackName, n int) (media.Part, bool, error) {
	if n < 0 {
		return media.Part{}, false, nil
	}
	p, found, err := read(t, keyOf(tablePart, tenant, callID, string(track)).number(uint64(n)), decodePart)
	if err != nil || !found {
		return media.Part{}, false, err
	}
	p.Tenant, p.CallID, p.Track, p.N = tenant, callID, track, n
	return p, true, nil
}

// Parts implements [media.Tx].
func (t *tx) Parts(tenant, callID string) (parts []media.Part, err error) {
	err = t.under(keyOf(tablePart, tenant, callID), func(k key, row []byte) (bool, error) {
		name, err := parse(k)
		if err != nil {
			return false, err
		}
		p, err := decodeRow(k, row, decodePart)
		p.Tenant, p.CallID, p.Track = tenant, callID, media.TrackName(name.texts[2])
		p.N = int(min(name.numbers[0], math.MaxInt))
		parts = append(parts, p)
		return true, err
	})
	return parts, err
}

// PutPart implements [media.Tx].
func (t *tx) PutPart(p media.Part) error {
	if p.N < 0 {
		return errors.New("rows: the number of a part is negative")
	}
	return t.put(keyOf(tablePart, p.Tenant, p.CallID, string(p.Track)).number(uint64(p.N)), partRow(p))
}

func draftRow(d media.Draft) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.Int(1, int64(d.Parts))
		w.Int(2, d.Size)
		w.Time(3, d.ActiveAt)
	}
}

func decodeDraft(r *rowcodec.Reader) (d media.Draft) {
	for r.Next() {
		switch r.Field() {
		case 1:
			d.Parts = int(r.Int())
		case 2:
			d.Size = r.Int()
		case 3:
			d.ActiveAt = r.Time()
		}
	}
	return d
}

func partRow(p media.Part) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, p.ID)
		w.Int(2, p.Size)
		w.String(3, p.Sum)
		w.Time(4, p.InsertedAt)
	}
}

func decodePart(r *rowcodec.Reader) (p media.Part) {
	for r.Next() {
		switch r.Field() {
		case 1:
			p.ID = r.String()
		case 2:
			p.Size = r.Int()
		case 3:
			p.Sum = r.String()
		case 4:
			p.InsertedAt = r.Time()
		}
	}
	return p
}
