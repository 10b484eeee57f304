package rows

import (
	"fmt"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Recording implements [media.Tx].
func (t *tx) Recording(tenant, callID string) (media.Recording, error) {
	rec, found, err := read(t, keyOf(tableRecording, tenant, callID), decodeRecording)
	if err != nil || !found {
		return media.Recording{}, absent(err, media.ErrNoRecording)
	}
	rec.Tenant, rec.CallID = tenant, callID
	return rec, nil
}

// PutRecording implements [media.Tx].
func (t *tx) PutRecording(rec media.Recording) error {
	return t.put(keyOf(tableRecording, rec.Tenant, rec.CallID), recordingRow(rec))
}

// DeleteRecording implements [media.Tx].
func (t *tx) DeleteRecording(tenant, callID string) error {
	return t.drop(keyOf(tableRecording, tenant, callID))
}

// Recordings implements [media.Tx].
func (t *tx) Recordings(after call.Key, limit int) (recordings []media.Recording, err error) {
	err = t.ofCalls(tableRecording, after, limit, func(of call.Key, k key, row []byte) (int, error) {
		rec, err := decodeRow(k, row, decodeRecording)
		rec.Tenant, rec.CallID = of.Tenant, of.ID
		recordings = append(recordings, rec)
		return len(recordings), err
	})
	return recordings, err
}

// ofCalls calls fn for the rows of a table with one row for a call, behind a key, until fn has so many as the limit.
func (t *tx) ofCalls(table byte, after call.Key, limit int, fn func(of call.Key, k key, row []byte) (have int, err error)) error {
	if limit <= 0 {
		return nil
	}
	first := keyOf(table)
	if after != (call.Key{}) {
		if first = first.text(after.Tenant).text(after.ID); first == nil {
			return fmt.Errorf("rows after %q: %w", after, errKey)
		}
		first = first.next()
	}
	return t.each(first, keyOf(table).next(), func(k key, row []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		have, err := fn(call.Key{Tenant: p.texts[0], ID: p.texts[1]}, k, row)
		return have < limit, err
	})
}

func recordingRow(rec media.Recording) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, rec.ID)
		w.String(2, rec.Format)
		w.Int(3, int64(rec.Duration))
		w.Int(4, rec.Size)
		w.Time(5, rec.InsertedAt)
		for _, t := range rec.Tracks {
			w.Record(6, func(w *rowcodec.Writer) {
				w.String(1, string(t.Name))
				w.String(2, t.ID)
				w.Int(3, int64(t.Duration))
				w.Int(4, t.Size)
			})
		}
	}
}

func decodeRecording(r *rowcodec.Reader) (rec media.Recording) {
	for r.Next() {
		switch r.Field() {
		case 1:
			rec.ID = r.String()
		case 2:
			rec.Format = r.String()
		case 3:
			rec.Duration = time.Duration(r.Int())
		case 4:
			rec.Size = r.Int()
		case 5:
			rec.InsertedAt = r.Time()
		case 6:
			rec.Tracks = append(rec.Tracks, decodeTrack(r))
		}
	}
	return rec
}

func decodeTrack(r *rowcodec.Reader) (t media.Track) {
	r.Record(func(r *rowcodec.Reader) {
		for r.Next() {
			switch r.Field() {
			case 1:
				t.Name = media.TrackName(r.String())
			case 2:
				t.ID = r.String()
			case 3:
				t.Duration = time.Duration(r.Int())
			case 4:
				t.Size = r.Int()
			}
		}
	})
	return t
}
