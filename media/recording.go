package media

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// PutRecording keeps the whole recording of an active or completed call, streamed, as its mixed track; if duration is 0,
// it is found out. It takes the call's agent or a supervisor. Nothing is left of a content that breaks off. Parts that
// were sent before are dropped.
//
// Returns [call.ErrForbidden], [call.ErrNotFound], [ErrRecorded], [ErrNotRecordable], [call.ErrErased], [ErrNotWebM],
// [ErrTooLarge], and r's own error, wrapped.
func (s *Service) PutRecording(ctx context.Context, a call.Actor, callID string, duration time.Duration, r io.Reader) (Recording, error) {
	c, err := s.recorded(ctx, a, callID)
	if err != nil {
		return Recording{}, err
	}
	if duration < 0 {
		return Recording{}, call.Invalid("duration", "must be greater than or equal to 0")
	}
	if err := recordable(c); err != nil {
		return Recording{}, err
	}
	content, err := wholeWebM(r)
	if err != nil {
		return Recording{}, err
	}
	rec := Recording{
		Tenant: a.Tenant, CallID: callID, ID: call.NewID(), Format: FormatWebM, Duration: duration,
	}
	key := recordingKey(rec.ID)
	if rec.Size, err = s.stage(ctx, key, content, s.maxRecording); err != nil {
		return Recording{}, err
	}
	if rec.Duration == 0 {
		rec.Duration = s.probe(ctx, key)
	}
	var kept Recording
	var doomed []string
	err = s.commit(ctx, []string{key}, func(tx Tx, now time.Time) (err error) {
		if kept, err = putRecordingTx(tx, rec, a.ID, now); err != nil {
			return err
		}
		doomed, err = dropDraftTx(tx, a.Tenant, callID)
		return err
	})
	if err != nil {
		return Recording{}, err
	}
	s.discard(ctx, doomed...)
	return kept, nil
}

// wholeWebM is beginsAsWebM for a content of which nothing more will come.
func wholeWebM(r io.Reader) (io.Reader, error) {
	content, err := beginsAsWebM(r)
	if errors.Is(err, errShortHead) {
		return nil, ErrNotWebM
	}
	return content, err
}

// putRecordingTx writes a recording, if the call takes one, and what follows from it.
func putRecordingTx(tx Tx, rec Recording, actor string, now time.Time) (Recording, error) {
	c, err := call.CurrentTx(tx, rec.Tenant, rec.CallID, now)
	if err != nil {
		return Recording{}, err
	}
	if err := recordable(c); err != nil {
		return Recording{}, err
	}
	c, rec.InsertedAt = c.Changed(now)
	c.HasRecording = true
	if err := tx.PutRecording(rec); err != nil {
		return Recording{}, err
	}
	if err := tx.PutCall(c); err != nil {
		return Recording{}, err
	}
	_, err = tx.AppendEvent(call.Event{
		Tenant: rec.Tenant, Time: rec.InsertedAt, CallID: rec.CallID, Kind: call.KindRecordingReady, Actor: actor,
		Data: call.Data{Subject: rec.ID},
	})
	return rec, err
}

// recorded returns a call that the actor may record: the call's agent, or a supervisor.
func (s *Service) recorded(ctx context.Context, a call.Actor, callID string) (call.Call, error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return call.Call{}, err
	}
	c, err := s.mustBeThere(ctx, a.Tenant, callID)
	if err == nil && c.User.ID != a.ID {
		err = a.Require(call.RoleSupervisor)
	}
	return c, err
}

// recordable says whether a call takes a recording, before a long content is read for nothing.
func recordable(c call.Call) error {
	if c.Erased() {
		return call.ErrErased
	}
	if c.HasRecording {
		return ErrRecorded
	}
	if c.Status != call.Active && c.Status != call.Completed {
		return ErrNotRecordable
	}
	return nil
}

// probe finds out how long a staged content plays; 0 if it cannot be told.
func (s *Service) probe(ctx context.Context, key string) time.Duration {
	if s.prober == nil {
		return 0
	}
	content, err := s.blobs.Open(ctx, key)
	if err != nil {
		s.log.WarnContext(ctx, "the duration of a recording could not be found out", "key", key, "error", err)
		return 0
	}
	defer func() { _ = content.Close() }() // only read
	d, err := s.prober.Duration(ctx, content)
	if err != nil {
		s.log.WarnContext(ctx, "the duration of a recording could not be found out", "key", key, "error", err)
	}
	return max(d, 0).Truncate(time.Microsecond)
}

// Recording returns the facts about a call's recording. Where no duration is known, the call's own stands in for it.
// Returns [call.ErrForbidden], [call.ErrNotFound] and [ErrNoRecording].
func (s *Service) Recording(ctx context.Context, a call.Actor, callID string) (Recording, error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return Recording{}, err
	}
	return s.recording(ctx, a.Tenant, callID)
}

func (s *Service) recording(ctx context.Context, tenant, callID string) (rec Recording, err error) {
	if !call.ValidID(callID) {
		return Recording{}, call.ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		c, err := tx.Call(tenant, callID)
		if err != nil {
			return err
		}
		if rec, err = tx.Recording(tenant, callID); err != nil {
			return err
		}
		duration, _ := c.Duration()
		rec = rec.whole(duration)
		return nil
	})
	return rec, err
}

// OpenRecording is [Service.OpenTrack] for the track that is played unless another is asked for.
func (s *Service) OpenRecording(ctx context.Context, tenant, callID string) (Recording, io.ReadSeekCloser, error) {
	return s.OpenTrack(ctx, tenant, callID, "")
}

// OpenTrack returns a track of a call's recording, as [Recording.Of] does, and its content, which the caller closes. It
// asks for no actor: whoever calls it has checked the right to it, by a role or by a signed address. Returns
// [call.ErrNotFound] and [ErrNoRecording].
func (s *Service) OpenTrack(ctx context.Context, tenant, callID string, name TrackName) (Recording, io.ReadSeekCloser, error) {
	rec, err := s.recording(ctx, tenant, callID)
	if err != nil {
		return Recording{}, nil, err
	}
	if rec, err = rec.Of(name); err != nil {
		return Recording{}, nil, err
	}
	content, err := s.blobs.Open(ctx, recordingKey(rec.ID))
	if err != nil {
		return Recording{}, nil, missingBlob(err, recordingKey(rec.ID))
	}
	return rec, content, nil
}
