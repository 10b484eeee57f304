package ai

import (
	"context"
	"fmt"
	"time"

	"github.com/avanter/voki/call"
)

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use.
type Service struct {
	store Store
	plans Plans
}

// NewService returns a service on store. Without plans no tenant has any feature.
func NewService(store Store, plans Plans) *Service {
	if plans == nil {
		plans = noPlans{}
	}
	return &Service{store: store, plans: plans}
}

type noPlans struct{}

func (noPlans) HasFeature(context.Context, string, Feature) (bool, error) { return false, nil }

// Transcript returns the transcript of a call. The plan is asked before anything is said about the call.
//
// Returns [call.ErrForbidden], a *[FeatureError], and [ErrNoTranscript].
func (s *Service) Transcript(ctx context.Context, a call.Actor, callID string) (t Transcript, err error) {
	if err := s.allow(ctx, a, Transcription); err != nil {
		return Transcript{}, err
	}
	if !call.ValidID(callID) {
		return Transcript{}, ErrNoTranscript
	}
	err = s.store.View(ctx, func(tx Tx) error {
		t, err = tx.Transcript(a.Tenant, callID)
		return err
	})
	return t, err
}

// Summary returns the summary of a call. The plan is asked before anything is said about the call.
//
// Returns [call.ErrForbidden], a *[FeatureError], and [ErrNoSummary].
func (s *Service) Summary(ctx context.Context, a call.Actor, callID string) (sum Summary, err error) {
	if err := s.allow(ctx, a, Summaries); err != nil {
		return Summary{}, err
	}
	if !call.ValidID(callID) {
		return Summary{}, ErrNoSummary
	}
	err = s.store.View(ctx, func(tx Tx) error {
		sum, err = tx.Summary(a.Tenant, callID)
		return err
	})
	return sum, err
}

func (s *Service) allow(ctx context.Context, a call.Actor, feature Feature) error {
	if err := a.Require(call.RoleAttendant); err != nil {
		return err
	}
	has, err := s.plans.HasFeature(ctx, a.Tenant, feature)
	if err != nil {
		return fmt.Errorf("plans: %w", err)
	}
	if !has {
		return &FeatureError{Feature: feature}
	}
	return nil
}

// PutTranscript keeps a transcript that the host has made, in place of an earlier one; whether the plan includes it is
// the host's affair. A zero GeneratedAt is now. Returns [call.FieldErrors], [call.ErrNotFound] and [call.ErrErased].
func (s *Service) PutTranscript(ctx context.Context, t Transcript) error {
	wrong := call.FieldErrors{}
	if t.Text == "" {
		wrong.Add("transcript", "can't be blank")
	}
	wrong.CheckText("transcript", t.Text, maxText)
	wrong.CheckLine("language", t.Language, call.MaxName)
	t.GeneratedAt = orNow(t.GeneratedAt)
	return s.put(ctx, wrong, t.Tenant, t.CallID, func(tx Tx, now time.Time) error { return putTranscript(tx, t, now) })
}

// PutSummary keeps a summary that the host has made, in place of an earlier one; whether the plan includes it is the
// host's affair. A zero GeneratedAt is now. Returns [call.FieldErrors], [call.ErrNotFound] and [call.ErrErased].
func (s *Service) PutSummary(ctx context.Context, sum Summary) error {
	wrong := call.FieldErrors{}
	if sum.Text == "" {
		wrong.Add("summary", "can't be blank")
	}
	wrong.CheckText("summary", sum.Text, maxText)
	wrong.CheckLine("provider", sum.Provider, call.MaxName)
	wrong.CheckLine("model", sum.Model, call.MaxName)
	sum.GeneratedAt = orNow(sum.GeneratedAt)
	return s.put(ctx, wrong, sum.Tenant, sum.CallID, func(tx Tx, now time.Time) error { return putSummary(tx, sum, now) })
}

// orNow is t as it is kept.
func orNow(t time.Time) time.Time {
	if t.IsZero() {
		return call.Now()
	}
	return t.UTC().Truncate(time.Microsecond)
}

// maxText is the most characters of an artifact: some days of speech.
const maxText = 4_000_000

func (s *Service) put(ctx context.Context, wrong call.FieldErrors, tenant, callID string, write func(Tx, time.Time) error) error {
	if !call.ValidID(tenant) || !call.ValidID(callID) {
		return call.ErrNotFound
	}
	now := call.Now()
	return s.store.Update(ctx, func(tx Tx) error {
		if err := takesText(tx, tenant, callID); err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		return write(tx, now)
	})
}

// takesText returns [call.ErrNotFound] or [call.ErrErased] for a call that nothing may be written about.
func takesText(tx Tx, tenant, callID string) error {
	c, err := tx.Call(tenant, callID)
	if err == nil && c.Erased() {
		err = call.ErrErased
	}
	return err
}

// putTranscript writes a transcript and says so in the log. Returns [call.ErrNotFound] and [call.ErrErased].
func putTranscript(tx Tx, t Transcript, now time.Time) error {
	return put(tx, t.Tenant, t.CallID, call.KindTranscriptReady, now, func() error { return tx.PutTranscript(t) })
}

// putSummary is putTranscript for a summary.
func putSummary(tx Tx, s Summary, now time.Time) error {
	return put(tx, s.Tenant, s.CallID, call.KindSummaryReady, now, func() error { return tx.PutSummary(s) })
}

func put(tx Tx, tenant, callID string, kind call.Kind, now time.Time, write func() error) error {
	if err := takesText(tx, tenant, callID); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	_, err := tx.AppendEvent(call.Event{Tenant: tenant, Time: now, CallID: callID, Kind: kind})
	return err
}
