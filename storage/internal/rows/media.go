package rows

import (
	"fmt"
	"time"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// File implements [media.Tx].
func (t *tx) File(tenant, id string) (media.File, error) {
	f, found, err := read(t, keyOf(tableFile, tenant, id), decodeFile)
	if err != nil || !found {
		return media.File{}, absent(err, media.ErrFileNotFound)
	}
	f.Tenant, f.ID = tenant, id
	return f, nil
}

// Files implements [media.Tx].
func (t *tx) Files(tenant, callID string) (files []media.File, err error) {
	err = t.under(keyOf(tableCallFile, tenant, callID), func(k key, _ []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		f, err := t.File(tenant, p.texts[2])
		if err != nil {
			return false, fmt.Errorf("row %s: %w", k.name(), err)
		}
		files = append(files, f)
		return true, nil
	})
	return files, err
}

// PutFile implements [media.Tx].
func (t *tx) PutFile(f media.File) error {
	k := keyOf(tableFile, f.Tenant, f.ID)
	old, found, err := read(t, k, decodeFile)
	if err != nil {
		return err
	}
	if err := t.put(k, fileRow(f)); err != nil {
		return err
	}
	var had []key
	if found {
		had = []key{keyOf(tableCallFile, f.Tenant, old.CallID, f.ID)}
	}
	return t.reindex(had, []key{keyOf(tableCallFile, f.Tenant, f.CallID, f.ID)})
}

// DeleteFile implements [media.Tx].
func (t *tx) DeleteFile(tenant, id string) error {
	k := keyOf(tableFile, tenant, id)
	f, found, err := read(t, k, decodeFile)
	if err != nil {
		return err
	}
	if err := t.drop(k); err != nil || !found {
		return err
	}
	return t.drop(keyOf(tableCallFile, tenant, f.CallID, id))
}

// PutPending implements [media.Tx].
func (t *tx) PutPending(p media.Pending) error {
	return t.put(keyOf(tablePending, p.Key), pendingRow(p))
}

// DeletePending implements [media.Tx].
func (t *tx) DeletePending(blob string) error { return t.drop(keyOf(tablePending, blob)) }

// PendingBlob implements [media.Tx].
func (t *tx) PendingBlob(blob string) (media.Pending, bool, error) {
	p, found, err := read(t, keyOf(tablePending, blob), decodePending)
	p.Key = blob
	return p, found, err
}

// Pending implements [media.Tx]. The entries are ordered by their keys. It reads all there are: as many as there are
// uploads under way, and those that a crash left behind.
func (t *tx) Pending(before time.Time, limit int) (pending []media.Pending, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = t.under(keyOf(tablePending), func(k key, row []byte) (bool, error) {
		name, err := parse(k)
		if err != nil {
			return false, err
		}
		p, err := decodeRow(k, row, decodePending)
		if err != nil {
			return false, err
		}
		if p.Key = name.texts[0]; p.Time.Before(before) {
			pending = append(pending, p)
		}
		return len(pending) < limit, nil
	})
	return pending, err
}

func fileRow(f media.File) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, f.CallID)
		w.String(2, f.Name)
		w.String(3, f.ContentType)
		w.Int(4, f.Size)
		w.String(5, f.UploadedBy)
		w.Time(6, f.InsertedAt)
	}
}

func decodeFile(r *rowcodec.Reader) (f media.File) {
	for r.Next() {
		switch r.Field() {
		case 1:
			f.CallID = r.String()
		case 2:
			f.Name = r.String()
		case 3:
			f.ContentType = r.String()
		case 4:
			f.Size = r.Int()
		case 5:
			f.UploadedBy = r.String()
		case 6:
			f.InsertedAt = r.Time()
		}
	}
	return f
}

func pendingRow(p media.Pending) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.Time(1, p.Time)
		w.Bool(2, p.Doomed)
	}
}

func decodePending(r *rowcodec.Reader) (p media.Pending) {
	for r.Next() {
		switch r.Field() {
		case 1:
			p.Time = r.Time()
		case 2:
			p.Doomed = r.Bool()
		}
	}
	return p
}
