package call

import (
	"context"
	"iter"
)

// logBatch is how many events are read from the log at a time.
const logBatch = 500

// Events iterates over a tenant's log behind the number after, and then goes on with what is appended, until ctx ends
// or the loop is left. It reads at the caller's own speed: nothing is dropped, and nobody waits for a slow reader. Who
// keeps the number of the last event can go on from there after a restart. The last pair of an iteration that was not
// left bears the error, ctx's own included. Returns [ErrTenantNotFound] for what cannot name a tenant.
func (s *Service) Events(ctx context.Context, tenant string, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if !ValidID(tenant) {
			yield(Event{}, ErrTenantNotFound)
			return
		}
		for {
			appended := s.store.Appended(tenant)
			events, err := s.readLog(ctx, tenant, after)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if len(events) == logBatch {
				continue // there may be more, of which appended does not tell
			}
			select {
			case <-appended:
			case <-ctx.Done():
				yield(Event{}, ctx.Err())
				return
			}
		}
	}
}

func (s *Service) readLog(ctx context.Context, tenant string, after uint64) (events []Event, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		events, err = tx.Events(tenant, after, logBatch)
		return err
	})
	return events, err
}

// Timeline returns everything the log has about a call, oldest first. Returns [ErrNotFound].
func (s *Service) Timeline(ctx context.Context, a Actor, id string) (events []Event, err error) {
	if err := a.Require(RoleAttendant); err != nil {
		return nil, err
	}
	if !ValidID(id) {
		return nil, ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		events = nil
		if _, err := tx.Call(a.Tenant, id); err != nil {
			return err
		}
		for after := uint64(0); ; after = events[len(events)-1].Seq {
			more, err := tx.CallEvents(a.Tenant, id, after, logBatch)
			if err != nil {
				return err
			}
			events = append(events, more...)
			if len(more) < logBatch {
				return nil
			}
		}
	})
	return events, err
}
