package media

import (
	"context"
	"errors"
	"time"
)

// EraseTx removes the rows of all files and of the recording of a call, with all its tracks, and what there is of one
// that is not finished. Their bytes are doomed with that: [Service.RemoveDoomed] removes them after the commit, and
// what it does not come to, [Service.Recover].
func EraseTx(tx Tx, tenant, callID string) error {
	var keys []string
	files, err := tx.Files(tenant, callID)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := tx.DeleteFile(tenant, f.ID); err != nil {
			return err
		}
		keys = append(keys, fileKey(f.ID))
	}
	rec, err := tx.Recording(tenant, callID)
	switch {
	case errors.Is(err, ErrNoRecording):
	case err != nil:
		return err
	default:
		if err := tx.DeleteRecording(tenant, callID); err != nil {
			return err
		}
		keys = append(keys, rec.keys()...)
	}
	if _, err := dropDraftTx(tx, tenant, callID); err != nil {
		return err
	}
	return doom(tx, keys)
}

// doomedSince is the time of an entry whose bytes nobody wants for certain: as old as can be for [Service.Recover].
var doomedSince = time.Unix(0, 0).UTC()

// RemoveDoomed removes all bytes whose rows are gone, and returns when they are.
func (s *Service) RemoveDoomed(ctx context.Context) error {
	return s.Recover(ctx, doomedSince.Add(time.Microsecond))
}
