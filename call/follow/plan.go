package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// turn is one tenant's turn: some of its events are read, planned and written.
type turn struct {
	tenant       string
	stored, read uint64 // how far the cursor's row is, and how far the events were planned
	overdue      bool   // the row is written even if no job was planned
	more         bool   // there may be events behind read
	err          error
}

// take plans some events behind t.read. The jobs and the cursor are written together; where no job follows from the
// events, the cursor is not written every time.
func (q *Queue[T]) take(ctx context.Context, t turn) turn {
	var events []call.Event
	t.err = q.store.View(ctx, func(tx T) (err error) {
		events, err = tx.Events(t.tenant, t.read, batch)
		return err
	})
	if t.err != nil {
		return t
	}
	t.more = len(events) == batch
	jobs, read, planErr := q.planAll(ctx, t.read, events)
	if len(jobs) == 0 && !t.overdue && read-t.stored < batch {
		t.read, t.err = read, planErr
		return t
	}
	for t.err = planErr; ; {
		some, upTo := firstOfThem(jobs, read)
		stored, err := q.write(ctx, t, some, upTo)
		if err != nil {
			t.err = err
			return t
		}
		t.stored, t.read = stored, stored
		if stored != upTo { // another process was at it
			t.more = true
			return t
		}
		if jobs = jobs[len(some):]; len(jobs) == 0 {
			return t
		}
	}
}

// firstOfThem returns those of the jobs of the events up to read that are written first, whole events, and the last of
// these. Other writers wait for as many as they are.
func firstOfThem(jobs []Job, read uint64) (some []Job, upTo uint64) {
	for n := writeBatch; n < len(jobs); n++ {
		if last := jobs[n-1].Seq; jobs[n].Seq != last {
			return jobs[:n], last
		}
	}
	return jobs, read
}

// planAll returns the jobs of the events up to read, the last one before Plan failed.
func (q *Queue[T]) planAll(ctx context.Context, after uint64, events []call.Event) (jobs []Job, read uint64, err error) {
	read = after
	for _, e := range events {
		if e.Kind != call.KindImported {
			more, err := q.planOne(ctx, e)
			if err != nil {
				return jobs, read, fmt.Errorf("event %d: %w", e.Seq, err)
			}
			jobs = append(jobs, more...)
		}
		read = e.Seq
	}
	return jobs, read, nil
}

func (q *Queue[T]) planOne(ctx context.Context, e call.Event) (jobs []Job, err error) {
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	err = guard(func() error {
		jobs, err = q.o.Plan(ctx, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	now, filled := call.Now(), make([]Job, len(jobs))
	for i, j := range jobs {
		if j.ID == "" || !validName(j.ID) || !validName(j.Kind) || !validName(j.Target) || !validName(j.Lane) {
			return nil, fmt.Errorf("the ID, Kind, Target or Lane of a job cannot be: %q, %q, %q, %q", j.ID, j.Kind, j.Target, j.Lane)
		}
		filled[i] = Job{
			Tenant: e.Tenant, ID: j.ID, Queue: q.o.Name, Kind: j.Kind, CallID: cmp.Or(j.CallID, e.CallID), Seq: e.Seq,
			Target: j.Target, Lane: j.Lane, CreatedAt: now, Since: now,
		}
	}
	return filled, nil
}

// write puts those of the jobs that are not there yet, and moves the cursor. If another process has moved it, no jobs
// are put: they are planned anew from there. It returns where the cursor is then.
func (q *Queue[T]) write(ctx context.Context, t turn, jobs []Job, read uint64) (stored uint64, err error) {
	now := call.Now()
	err = q.store.Update(ctx, func(tx T) error {
		stored, _, err = tx.Cursor(q.o.Name, t.tenant)
		if err != nil || stored != t.stored && len(jobs) > 0 {
			return err
		}
		for _, j := range jobs {
			_, err := tx.Job(j.Tenant, j.ID)
			if errors.Is(err, ErrNoJob) {
				err = enter(tx, j, now)
			}
			if err != nil {
				return err
			}
		}
		stored = max(stored, read)
		return tx.PutCursor(q.o.Name, t.tenant, stored)
	})
	if err == nil && len(jobs) > 0 {
		ring(q.wake)
	}
	return stored, err
}

// validName reports whether s can name something: at most [MaxName] bytes of text without control characters.
func validName(s string) bool {
	return len(s) <= MaxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// planTime bounds how long Plan may think about an event.
const planTime = time.Minute
