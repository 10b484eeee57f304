package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// Draft is a recording whose parts are coming in, as a browser sends them while it records. [Service.Finish] makes a
// recording of it, or [Service.Run] when nothing more comes.
type Draft struct {
	Tenant   string
	CallID   string
	Parts    int       // of all tracks
	Size     int64     // bytes, of all parts
	ActiveAt time.Time // when the newest part came in
}

// Part is a piece of one track. The pieces of a track are joined as they are, in the order of their numbers, which
// begin at 0.
type Part struct {
	Tenant     string
	CallID     string
	Track      TrackName
	N          int
	ID         string // UUIDv7
	Size       int64  // bytes
	Sum        string // SHA-256 of the content, in hexadecimal digits
	InsertedAt time.Time
}

// MaxParts is how many parts a track may have: more than five hours of one every second.
const MaxParts = 20_000

// errPartAgain: the part came in twice at once, with the same content.
var errPartAgain = errors.New("this part is there already")

// PutPart keeps one part of the recording of an active or completed call, streamed. It takes the call's agent or a
// supervisor. The same part again changes nothing, and fresh is false. Nothing is left of a content that breaks off.
//
// Returns [call.ErrForbidden], [call.ErrNotFound], [call.FieldErrors] for a track or number that cannot be,
// [ErrRecorded], [ErrNotRecordable], [call.ErrErased], [ErrPartDiffers], [ErrNotWebM] of a part 0, [ErrTooLarge], and
// r's own error, wrapped.
func (s *Service) PutPart(ctx context.Context, a call.Actor, callID string, track TrackName, n int, r io.Reader) (p Part, fresh bool, err error) {
	c, err := s.recorded(ctx, a, callID)
	if err != nil {
		return Part{}, false, err
	}
	if err := checkPart(track, n); err != nil {
		return Part{}, false, err
	}
	if err := recordable(c); err != nil {
		return Part{}, false, err
	}
	p = Part{Tenant: a.Tenant, CallID: callID, Track: track, N: n, ID: call.NewID()}
	there, found, left, err := s.findPart(ctx, p)
	if err != nil {
		return Part{}, false, err
	}
	if found {
		return there, false, s.samePart(there, r)
	}
	if n == 0 {
		if r, err = beginsAsWebM(r); err != nil && !errors.Is(err, errShortHead) {
			return Part{}, false, err
		}
	}
	sum := sha256.New()
	err = s.keep(ctx, partKey(p.ID), io.TeeReader(r, sum), min(left, s.maxPart), func(tx Tx, size int64, now time.Time) (err error) {
		p.Size, p.Sum, p.InsertedAt = size, hex.EncodeToString(sum.Sum(nil)), now
		there, err = s.putPartTx(tx, p)
		return err
	})
	if errors.Is(err, errPartAgain) {
		return there, false, nil
	}
	if err != nil {
		return Part{}, false, err
	}
	return p, true, nil
}

func checkPart(track TrackName, n int) error {
	wrong := call.FieldErrors{}
	if !track.Valid() {
		wrong.Add("track", "is invalid")
	}
	if n < 0 || n >= MaxParts {
		wrong.Add("n", fmt.Sprintf("must be from 0 to %d", MaxParts-1))
	}
	return wrong.Err()
}

// findPart returns the part that is there already in place of p, and how many bytes the recording may still grow by.
func (s *Service) findPart(ctx context.Context, p Part) (there Part, found bool, left int64, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		d, _, err := tx.Draft(p.Tenant, p.CallID)
		if err != nil {
			return err
		}
		left = max(s.maxRecording-d.Size, 0)
		there, found, err = tx.Part(p.Tenant, p.CallID, p.Track, p.N)
		return err
	})
	return there, found, left, err
}

// samePart reads a content that is to be that of a part which is there.
func (s *Service) samePart(there Part, r io.Reader) error {
	sum := sha256.New()
	size, err := io.Copy(sum, &limited{r: r, left: s.maxPart})
	if err != nil {
		return fmt.Errorf("compare content: %w", err)
	}
	if size != there.Size || hex.EncodeToString(sum.Sum(nil)) != there.Sum {
		return ErrPartDiffers
	}
	return nil
}

// putPartTx writes a part, unless it has come in meanwhile: then it returns that one, and errPartAgain or
// [ErrPartDiffers].
func (s *Service) putPartTx(tx Tx, p Part) (Part, error) {
	c, err := call.CurrentTx(tx, p.Tenant, p.CallID, p.InsertedAt)
	if err != nil {
		return Part{}, err
	}
	if err := recordable(c); err != nil {
		return Part{}, err
	}
	there, found, err := tx.Part(p.Tenant, p.CallID, p.Track, p.N)
	switch {
	case err != nil:
		return Part{}, err
	case found && there.Sum == p.Sum:
		return there, errPartAgain
	case found:
		return there, ErrPartDiffers
	}
	d, _, err := tx.Draft(p.Tenant, p.CallID)
	if err != nil {
		return Part{}, err
	}
	d.Tenant, d.CallID, d.ActiveAt = p.Tenant, p.CallID, p.InsertedAt
	d.Parts++
	if d.Size += p.Size; d.Size > s.maxRecording {
		return Part{}, ErrTooLarge
	}
	if err := tx.PutDraft(d); err != nil {
		return Part{}, err
	}
	return p, tx.PutPart(p)
}

// dropDraftTx removes what a call has of an unfinished recording, and returns the keys of its bytes, which are doomed.
func dropDraftTx(tx Tx, tenant, callID string) ([]string, error) {
	parts, err := tx.Parts(tenant, callID)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(parts))
	for i, p := range parts {
		keys[i] = partKey(p.ID)
	}
	if err := tx.DeleteDraft(tenant, callID); err != nil {
		return nil, err
	}
	return keys, doom(tx, keys)
}
