package media

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/avanter/voki/call"
)

// DeleteRecording removes the recording of a call with its bytes, and parts of one that is not finished. It takes a
// manager. The log keeps that it was done. Returns [call.ErrForbidden], [call.ErrNotFound] and [ErrNoRecording].
func (s *Service) DeleteRecording(ctx context.Context, a call.Actor, callID string) error {
	if err := a.Require(call.RoleManager); err != nil {
		return err
	}
	if !call.ValidID(callID) {
		return call.ErrNotFound
	}
	return s.remove(ctx, call.Key{Tenant: a.Tenant, ID: callID}, removal{actor: a.ID, reason: call.ReasonRequest})
}

// removal says who removes a recording, and why.
type removal struct {
	actor  string // empty: nobody
	reason call.Reason
	only   string // the id of the recording that is meant; empty: whichever, and what there is of a draft
}

func (s *Service) remove(ctx context.Context, of call.Key, why removal) error {
	now := call.Now()
	var doomed []string
	err := s.store.Update(ctx, func(tx Tx) (err error) {
		doomed, err = removeTx(tx, of, why, now)
		return err
	})
	if err != nil {
		return err
	}
	s.discard(ctx, doomed...)
	return nil
}

// removeTx removes the rows and returns the keys of the bytes, which are doomed.
func removeTx(tx Tx, of call.Key, why removal, now time.Time) ([]string, error) {
	c, err := call.CurrentTx(tx, of.Tenant, of.ID, now)
	if err != nil {
		return nil, err
	}
	var keys []string
	if why.only == "" {
		if keys, err = dropDraftTx(tx, of.Tenant, of.ID); err != nil {
			return nil, err
		}
	}
	rec, err := tx.Recording(of.Tenant, of.ID)
	switch {
	case errors.Is(err, ErrNoRecording) && len(keys) > 0:
	case err != nil:
		return nil, err
	case why.only != "" && rec.ID != why.only:
		return nil, ErrNoRecording
	default:
		if err := tx.DeleteRecording(of.Tenant, of.ID); err != nil {
			return nil, err
		}
		if err := doom(tx, rec.keys()); err != nil {
			return nil, err
		}
		keys = append(keys, rec.keys()...)
	}
	c, at := c.Changed(now)
	c.HasRecording = false
	if err := tx.PutCall(c); err != nil {
		return nil, err
	}
	_, err = tx.AppendEvent(call.Event{
		Tenant: of.Tenant, Time: at, CallID: of.ID, Kind: call.KindRecordingDeleted, Actor: why.actor,
		Data: call.Data{Subject: rec.ID, Reason: why.reason},
	})
	return keys, err
}

// expire removes the recordings that are older than their tenants keep them. It walks over all that there are.
func (s *Service) expire(ctx context.Context) error {
	if s.tenants == nil {
		return nil
	}
	kept := map[string]time.Duration{} // by tenant; 0: for ever
	now := call.Now()
	for after := (call.Key{}); ; {
		var some []Recording
		err := s.store.View(ctx, func(tx Tx) (err error) {
			some, err = tx.Recordings(after, sweepBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, rec := range some {
			after = call.Key{Tenant: rec.Tenant, ID: rec.CallID}
			if _, asked := kept[rec.Tenant]; !asked {
				if kept[rec.Tenant], err = s.retention(ctx, rec.Tenant); err != nil {
					return err
				}
			}
			if keep := kept[rec.Tenant]; keep == 0 || now.Sub(rec.InsertedAt) < keep {
				continue
			}
			err := s.remove(ctx, after, removal{reason: call.ReasonRetention, only: rec.ID})
			if err != nil && !errors.Is(err, ErrNoRecording) && !errors.Is(err, call.ErrNotFound) {
				return err
			}
		}
		if len(some) < sweepBatch {
			return nil
		}
	}
}

// retention is how long a tenant keeps recordings; 0 for ever. One that the host does not know any more keeps them.
func (s *Service) retention(ctx context.Context, tenant string) (time.Duration, error) {
	t, err := s.tenants.Tenant(ctx, tenant)
	if errors.Is(err, call.ErrTenantNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("tenant %q: %w", tenant, err)
	}
	return time.Duration(max(t.RecordingDays, 0)) * 24 * time.Hour, nil
}
