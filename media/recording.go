package media

import (
	"context"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// PutRecording keeps the whole recording of an active or completed call, streamed; duration may be 0 if it is not
// known. It takes the call's agent or a supervisor. Nothing is left of a content that breaks off.
//
// Returns [call.ErrForbidden], [call.ErrNotFound], [ErrRecorded], [ErrNotRecordable], [call.ErrErased],
// [ErrTooLarge], and r's own error, wrapped.
func (s *Service) PutRecording(ctx context.Context, a call.Actor, callID string, duration time.Duration, r io.Reader) (Recording, error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return Recording{}, err
	}
	if err := s.mayRecord(ctx, a, callID); err != nil {
		return Recording{}, err
	}
	if duration < 0 {
		return Recording{}, call.Invalid("duration", "must be greater than or equal to 0")
	}
	rec := Recording{
		Tenant: a.Tenant, CallID: callID, ID: call.NewID(), Format: FormatWebM, Duration: duration,
	}
	err := s.keep(ctx, recordingKey(rec.ID), r, s.maxRecording, func(tx Tx, size int64, now time.Time) error {
		c, err := call.CurrentTx(tx, a.Tenant, callID, now)
		if err != nil {
			return err
		}
		if err := recordable(c); err != nil {
			return err
		}
		c, at := c.Changed(now)
		c.HasRecording = true
		rec.Size, rec.InsertedAt = size, at
		if err := tx.PutRecording(rec); err != nil {
			return err
		}
		if err := tx.PutCall(c); err != nil {
			return err
		}
		_, err = tx.AppendEvent(call.Event{
			Tenant: a.Tenant, Time: rec.InsertedAt, CallID: callID, Kind: call.KindRecordingReady, Actor: a.ID,
			Data: call.Data{Subject: rec.ID},
		})
		return err
	})
	if err != nil {
		return Recording{}, err
	}
	return rec, nil
}

// mayRecord says no before a long content is read for nothing.
func (s *Service) mayRecord(ctx context.Context, a call.Actor, callID string) error {
	c, err := s.mustBeThere(ctx, a.Tenant, callID)
	if err != nil {
		return err
	}
	if c.User.ID != a.ID {
		if err := a.Require(call.RoleSupervisor); err != nil {
			return err
		}
	}
	return recordable(c)
}

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

// Recording returns the facts about a call's recording. If it was kept without a duration, the call's own stands in
// for it. Returns [call.ErrForbidden], [call.ErrNotFound] and [ErrNoRecording].
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
		if rec.Duration == 0 {
			rec.Duration, _ = c.Duration()
		}
		return nil
	})
	return rec, err
}

// OpenRecording returns a call's recording and its content, which the caller closes. It asks for no actor: whoever
// calls it has checked the right to it, by a role or by a signed address. Returns [call.ErrNotFound] and
// [ErrNoRecording].
func (s *Service) OpenRecording(ctx context.Context, tenant, callID string) (Recording, io.ReadSeekCloser, error) {
	rec, err := s.recording(ctx, tenant, callID)
	if err != nil {
		return Recording{}, nil, err
	}
	content, err := s.blobs.Open(ctx, recordingKey(rec.ID))
	if err != nil {
		return Recording{}, nil, missingBlob(err, recordingKey(rec.ID))
	}
	return rec, content, nil
}
