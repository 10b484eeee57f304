package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
)

// Report says what an erasure has removed, or would remove.
type Report struct {
	DryRun bool         `json:"dry_run"`
	Calls  []string     `json:"calls"` // ids of the calls that ended, oldest first
	Gone   call.Erasure `json:"gone"`  // what those calls had
	Open   []string     `json:"open"`  // ids of calls that have not ended, for which nothing is erased
}

// OpenError says that calls of the customer have not ended, so that nothing was erased. It is a [call.ErrRefused].
type OpenError struct{ Calls []string }

func (e *OpenError) Error() string {
	return "these calls of the customer have not ended: " + strings.Join(e.Calls, ", ")
}

// Is makes every OpenError a [call.ErrRefused].
func (e *OpenError) Is(target error) bool { return target == call.ErrRefused }

// eraseBatch is how many calls are erased in one transaction.
const eraseBatch = 50

// Erase takes a customer out of all his calls: his name, contacts and words, the agent's notes, files, recordings,
// transcripts and summaries are gone, manager notes become tombstones, jobs that follow from the calls are cancelled and
// quote nothing. States, times, agents, tags and ratings stay,
// and so does the log, which holds nothing else and gets one event for each call. It takes a manager.
//
// Rows go first, some calls at a time, and then the bytes. What a crash or an error leaves is finished by the next
// Erase for the same customer, and bytes without a row by Run too. To erase again finds nothing.
//
// Returns [call.ErrForbidden], [call.FieldErrors] for a subject that names nobody, and an *[OpenError] if calls have
// not ended, before anything is changed. With any other error, the report says what was erased before it.
func (s *Service) Erase(ctx context.Context, a call.Actor, subject Subject) (Report, error) {
	ended, open, err := s.find(ctx, a, subject)
	if err != nil {
		return Report{}, err
	}
	if len(open) > 0 {
		return Report{}, &OpenError{Calls: open}
	}
	done := Report{Calls: []string{}, Open: []string{}}
	for batch := range slices.Chunk(ended, eraseBatch) {
		var ids []string
		var gone call.Erasure
		now := call.Now()
		err = s.store.Update(ctx, func(tx Tx) error {
			ids, gone = nil, call.Erasure{}
			for _, id := range batch {
				had, erased, err := eraseTx(tx, a, subject, id, now)
				if err != nil {
					return fmt.Errorf("erase call %s: %w", id, err)
				}
				if erased {
					ids, gone = append(ids, id), gone.Plus(had)
				}
			}
			if err := follow.EraseTx(tx, a.Tenant, ids, now); err != nil {
				return fmt.Errorf("erase the jobs of calls: %w", err)
			}
			return nil
		})
		if err != nil {
			break
		}
		done.Calls, done.Gone = append(done.Calls, ids...), done.Gone.Plus(gone)
	}
	if left := s.media.RemoveDoomed(ctx); left != nil {
		err = errors.Join(err, fmt.Errorf("bytes of files or recordings are left over for now: %w", left))
	}
	return done, err
}

// eraseTx erases the customer of a call, unless somebody else has done so since it was found.
func eraseTx(tx Tx, a call.Actor, subject Subject, id string, now time.Time) (had call.Erasure, erased bool, err error) {
	c, err := call.CurrentTx(tx, a.Tenant, id, now)
	if err != nil || c.Erased() || !subject.is(c.Customer) {
		return call.Erasure{}, false, err
	}
	h, err := holdingOf(tx, a.Tenant, id)
	if err != nil {
		return call.Erasure{}, false, err
	}
	had = h.count()
	for _, erase := range []func() error{
		func() error { return notes.EraseTx(tx, a.Tenant, id, a.ID, now) },
		func() error { return media.EraseTx(tx, a.Tenant, id) },
		func() error { return ai.EraseTx(tx, a.Tenant, id) },
		func() error { return call.EraseTx(tx, c, a.ID, now, had) },
	} {
		if err := erase(); err != nil {
			return call.Erasure{}, false, err
		}
	}
	return had, true, nil
}

// Preview says what [Service.Erase] would do, and changes nothing. Returns [call.ErrForbidden] and [call.FieldErrors].
func (s *Service) Preview(ctx context.Context, a call.Actor, subject Subject) (Report, error) {
	ended, open, err := s.find(ctx, a, subject)
	if err != nil {
		return Report{}, err
	}
	r := Report{DryRun: true, Calls: ended, Open: open}
	for _, id := range ended {
		err := s.store.View(ctx, func(tx Tx) error {
			h, err := holdingOf(tx, a.Tenant, id)
			r.Gone = r.Gone.Plus(h.count())
			return err
		})
		if err != nil {
			return Report{}, err
		}
	}
	return r, nil
}
