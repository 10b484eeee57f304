package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// errMoved: parts have come in since they were read.
var errMoved = errors.New("the parts have changed")

// finishTries is how often parts are joined anew because more have come in meanwhile.
const finishTries = 3

// Finish joins the parts that were sent to the recording of the call. It takes the call's agent or a supervisor. If
// counts name a track, it must have so many parts; of each track there must be all up to the last. To finish again
// changes nothing, and fresh is false.
//
// Returns [call.ErrForbidden], [call.ErrNotFound], [call.FieldErrors] that name the first part that is missing,
// [ErrNotRecordable], [call.ErrErased], [ErrNoParts], [ErrPartsComing], [ErrNotWebM] and [ErrTooLarge].
func (s *Service) Finish(ctx context.Context, a call.Actor, callID string, counts map[TrackName]int) (rec Recording, fresh bool, err error) {
	c, err := s.recorded(ctx, a, callID)
	if err != nil {
		return Recording{}, false, err
	}
	if err := checkCounts(counts); err != nil {
		return Recording{}, false, err
	}
	if c.HasRecording {
		rec, err = s.recording(ctx, a.Tenant, callID)
		return rec, false, err
	}
	if err := recordable(c); err != nil {
		return Recording{}, false, err
	}
	for range finishTries {
		err = s.finishOnce(ctx, a, callID, counts)
		if !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, errMoved) {
		err = ErrPartsComing
	}
	if err == nil {
		rec, err = s.recording(ctx, a.Tenant, callID)
		return rec, true, err
	}
	// Somebody else may have finished it, and removed the parts while they were being read.
	if there, gone := s.recording(ctx, a.Tenant, callID); gone == nil {
		return there, false, nil
	}
	return Recording{}, false, err
}

func checkCounts(counts map[TrackName]int) error {
	wrong := call.FieldErrors{}
	for name, n := range counts {
		if !name.Valid() || n < 1 || n > MaxParts {
			wrong["parts"] = []string{"is invalid"}
		}
	}
	return wrong.Err()
}

func (s *Service) finishOnce(ctx context.Context, a call.Actor, callID string, counts map[TrackName]int) error {
	d, tracks, err := s.draft(ctx, a.Tenant, callID)
	if err != nil {
		return err
	}
	wrong := call.FieldErrors{}
	for _, name := range TrackNames() {
		want, counted := counts[name]
		if problem := incomplete(name, tracks[name], want, counted); problem != "" {
			wrong.Add("parts", problem)
		}
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.join(ctx, a.ID, d, tracks)
}

// draft returns what there is of an unfinished recording, its parts by track. Returns [ErrNoParts].
func (s *Service) draft(ctx context.Context, tenant, callID string) (d Draft, tracks map[TrackName][]Part, err error) {
	var parts []Part
	err = s.store.View(ctx, func(tx Tx) error {
		var found bool
		if d, found, err = tx.Draft(tenant, callID); err != nil {
			return err
		}
		if !found {
			return ErrNoParts
		}
		parts, err = tx.Parts(tenant, callID)
		return err
	})
	tracks = map[TrackName][]Part{}
	for _, p := range parts {
		tracks[p.Track] = append(tracks[p.Track], p)
	}
	return d, tracks, err
}

// unbroken returns the parts before the first that is missing.
func unbroken(parts []Part) []Part {
	for i, p := range parts {
		if p.N != i {
			return parts[:i]
		}
	}
	return parts
}

// incomplete says what a track lacks, or has too much; it is empty if that is nothing.
func incomplete(name TrackName, parts []Part, want int, counted bool) string {
	got := len(unbroken(parts))
	switch {
	case got < len(parts), counted && got < want:
		return fmt.Sprintf("part %d of %s is missing", got, name)
	case counted && got > want:
		return fmt.Sprintf("%s has %d parts, not %d", name, got, want)
	}
	return ""
}

// join makes a recording of the parts. Returns errMoved if the draft has changed meanwhile, and [ErrRecorded].
func (s *Service) join(ctx context.Context, actor string, d Draft, tracks map[TrackName][]Part) error {
	rec := Recording{Tenant: d.Tenant, CallID: d.CallID, Format: FormatWebM}
	var keys []string
	left := s.maxRecording
	for _, name := range TrackNames() {
		if len(tracks[name]) == 0 {
			continue
		}
		t := Track{Name: name, ID: call.NewID()}
		size, err := s.joinTrack(ctx, recordingKey(t.ID), tracks[name], left)
		if err != nil {
			s.discard(ctx, keys...)
			return err
		}
		keys = append(keys, recordingKey(t.ID))
		t.Size, t.Duration = size, s.probe(ctx, recordingKey(t.ID))
		left -= size
		rec.Tracks = append(rec.Tracks, t)
	}
	main := rec.Tracks[0]
	rec.ID, rec.Duration, rec.Size = main.ID, main.Duration, main.Size
	var doomed []string
	err := s.commit(ctx, keys, func(tx Tx, now time.Time) error {
		there, _, err := tx.Draft(d.Tenant, d.CallID)
		if err != nil {
			return err
		}
		if there != d {
			return errMoved
		}
		if _, err := putRecordingTx(tx, rec, actor, now); err != nil {
			return err
		}
		doomed, err = dropDraftTx(tx, d.Tenant, d.CallID)
		return err
	})
	if err != nil {
		return err
	}
	s.discard(ctx, doomed...)
	return nil
}

func (s *Service) joinTrack(ctx context.Context, key string, parts []Part, left int64) (int64, error) {
	all := &joined{ctx: ctx, blobs: s.blobs, parts: parts}
	defer all.close()
	content, err := wholeWebM(all)
	if err != nil {
		return 0, err
	}
	return s.stage(ctx, key, content, left)
}

// joined reads parts one behind the other; one of them is open at a time.
type joined struct {
	ctx   context.Context
	blobs BlobStore
	parts []Part // that are not open yet
	open  io.ReadCloser
}

func (j *joined) Read(b []byte) (int, error) {
	for {
		if j.open == nil {
			if len(j.parts) == 0 {
				return 0, io.EOF
			}
			p := j.parts[0]
			content, err := j.blobs.Open(j.ctx, partKey(p.ID))
			if err != nil {
				return 0, fmt.Errorf("part %d of %s: %w", p.N, p.Track, err)
			}
			j.open, j.parts = content, j.parts[1:]
		}
		n, err := j.open.Read(b)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		j.close()
		if n > 0 {
			return n, nil
		}
	}
}

func (j *joined) close() {
	if j.open != nil {
		_ = j.open.Close() // only read
		j.open = nil
	}
}
