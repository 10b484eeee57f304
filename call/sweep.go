package call

import (
	"context"
	"errors"
	"time"
)

const (
	// sweepBatch is how many limits are applied in one transaction.
	sweepBatch = 64
	// longestNap bounds how late a limit fires after the machine slept or its clock was set.
	longestNap = 10 * time.Second
	// shortNap bounds how often the limits are looked at while calls change.
	shortNap = 50 * time.Millisecond
	// retryNap is the pause after a sweep that the store refused, or that found nothing to do for what is due.
	retryNap = time.Second
)

// Run applies limits as they pass, until ctx ends; then it returns nil. Limits that passed while nothing ran are
// applied at once, each with its own time. Any number of processes may run on one store.
func (s *Service) Run(ctx context.Context) error {
	for {
		appended := s.store.Appended("")
		next, err := s.sweep(ctx)
		nap := longestNap
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.ErrorContext(ctx, "limits could not be applied", "error", err)
			nap, appended = retryNap, nil
		case !next.IsZero():
			nap = min(nap, max(time.Until(next), 0))
		}
		if !s.rest(ctx, nap, appended) {
			return nil
		}
	}
}

// rest waits for nap, or for a short while after the log has grown, which may have brought an earlier limit. It
// reports false when ctx has ended.
func (s *Service) rest(ctx context.Context, nap time.Duration, appended <-chan struct{}) bool {
	timer := time.NewTimer(nap)
	defer timer.Stop()
	until := time.Now().Add(nap)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-appended:
			appended = nil
			timer.Reset(min(shortNap, max(time.Until(until), 0)))
		}
	}
}

// sweep applies everything that is due and returns when the next limit passes, or the zero time if none is running.
func (s *Service) sweep(ctx context.Context) (next time.Time, err error) {
	for {
		now := Now()
		due, err := s.due(ctx)
		if err != nil || len(due) == 0 {
			return time.Time{}, err
		}
		if due[0].At.After(now) {
			return due[0].At, nil
		}
		var fired int
		err = s.store.Update(ctx, func(tx Tx) (err error) {
			fired, err = fire(tx, due, now)
			return err
		})
		if err != nil {
			return time.Time{}, err
		}
		if fired == 0 { // somebody else is at it
			return now.Add(retryNap), nil
		}
	}
}

func (s *Service) due(ctx context.Context) (due []DueCall, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		due, err = tx.DueCalls(endOfTime, sweepBatch)
		return err
	})
	return due, err
}

// endOfTime is later than any limit.
var endOfTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// fire applies those limits that have passed at now, and returns how many those were. Each call is read again: it may
// have changed since it was found.
func fire(tx Tx, due []DueCall, now time.Time) (fired int, err error) {
	for _, d := range due {
		c, err := tx.Call(d.Tenant, d.ID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return fired, err
		}
		if late, events, ok := Expire(c, now); ok {
			if err := record(tx, late, events); err != nil {
				return fired, err
			}
			fired++
		}
	}
	return fired, nil
}
