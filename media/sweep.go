package media

import (
	"context"
	"errors"
	"time"

	"github.com/avanter/voki/call"
)

const (
	// sweepPause is the time between two looks at unfinished recordings, expiryPause between two at old ones.
	sweepPause  = 15 * time.Second
	expiryPause = time.Hour
	// retryPause follows a look that failed.
	retryPause = time.Minute
	// sweepBatch is how many rows are read in one transaction.
	sweepBatch = 500

	// quietTime is how long nothing may come of a recording whose call has ended, before it is finished with what is
	// there; abandonedTime the same while the call goes on.
	quietTime     = time.Minute
	abandonedTime = 24 * time.Hour
)

// Run finishes recordings of which nothing more comes, and removes those that are older than their tenant keeps them,
// until ctx ends; then it returns nil. Any number of processes may run on one store.
func (s *Service) Run(ctx context.Context) error {
	var expiry time.Time // of the next look at old recordings
	for {
		pause := sweepPause
		if err := s.finishQuiet(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "unfinished recordings could not be looked at", "error", err)
			pause = retryPause
		}
		if now := time.Now(); !now.Before(expiry) {
			expiry = now.Add(expiryPause)
			if err := s.expire(ctx); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "old recordings could not be removed", "error", err)
				expiry = now.Add(retryPause)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// finishQuiet finishes every recording of which nothing more is to come.
func (s *Service) finishQuiet(ctx context.Context) error {
	var failed error
	for after := (call.Key{}); ; {
		var drafts []Draft
		var quiet []bool
		now := call.Now()
		err := s.store.View(ctx, func(tx Tx) (err error) {
			if drafts, err = tx.Drafts(after, sweepBatch); err != nil {
				return err
			}
			quiet = make([]bool, len(drafts))
			for i, d := range drafts {
				if quiet[i], err = quietTx(tx, d, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, d := range drafts {
			if quiet[i] {
				failed = errors.Join(failed, s.finishDraft(ctx, d))
			}
			after = call.Key{Tenant: d.Tenant, ID: d.CallID}
		}
		if len(drafts) < sweepBatch || ctx.Err() != nil {
			return failed
		}
	}
}

// quietTx reports whether nothing more is to come of a draft.
func quietTx(tx Tx, d Draft, now time.Time) (bool, error) {
	c, err := tx.Call(d.Tenant, d.CallID)
	if errors.Is(err, call.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if now.Sub(d.ActiveAt) >= abandonedTime {
		return true, nil
	}
	return c.Status.Ended() && now.Sub(d.ActiveAt) >= quietTime && now.Sub(c.EndedAt) >= quietTime, nil
}

// finishDraft makes a recording of what there is, as far as it can be played, or removes it.
func (s *Service) finishDraft(ctx context.Context, d Draft) error {
	_, tracks, err := s.draft(ctx, d.Tenant, d.CallID)
	if errors.Is(err, ErrNoParts) { // somebody else was at it
		return nil
	}
	if err != nil {
		return err
	}
	for name, parts := range tracks {
		usable, err := s.playable(ctx, unbroken(parts))
		if err != nil {
			return err
		}
		if len(usable) < len(parts) {
			s.log.WarnContext(ctx, "parts of a recording are missing or no WebM; what comes behind is dropped",
				"call", d.CallID, "track", name, "parts", len(parts), "kept", len(usable))
		}
		if tracks[name] = usable; len(usable) == 0 {
			delete(tracks, name)
		}
	}
	if len(tracks) > 0 {
		err := s.join(ctx, "", d, tracks)
		switch {
		case err == nil, errors.Is(err, errMoved): // it is finished, by somebody else perhaps, or not quiet any more
			return nil
		case !hopeless(err):
			return err
		}
		s.log.ErrorContext(ctx, "what was sent of a recording makes none", "call", d.CallID, "error", err)
	}
	return s.dropDraft(ctx, d)
}

// hopeless reports whether parts that could not be joined never will be.
func hopeless(err error) bool {
	for _, final := range []error{ErrNoBlob, ErrNotWebM, ErrTooLarge, call.ErrRefused, call.ErrNotFound} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// playable returns the parts, or none if the first does not begin as WebM.
func (s *Service) playable(ctx context.Context, parts []Part) ([]Part, error) {
	all := &joined{ctx: ctx, blobs: s.blobs, parts: parts}
	defer all.close()
	_, err := wholeWebM(all)
	if errors.Is(err, ErrNotWebM) || errors.Is(err, ErrNoBlob) {
		return nil, nil
	}
	return parts, err
}

// dropDraft removes what there is of a recording that will never be one, unless more has come in.
func (s *Service) dropDraft(ctx context.Context, d Draft) error {
	var doomed []string
	err := s.store.Update(ctx, func(tx Tx) error {
		doomed = nil
		there, _, err := tx.Draft(d.Tenant, d.CallID)
		if err != nil || there != d {
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
