package rows

import (
	"errors"
	"fmt"
	"time"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Cursor implements [follow.Tx].
func (t *tx) Cursor(queue, tenant string) (seq uint64, found bool, err error) {
	return read(t, keyOf(tableCursor, queue, tenant), decodeCursor)
}

// PutCursor implements [follow.Tx].
func (t *tx) PutCursor(queue, tenant string, seq uint64) error {
	return t.put(keyOf(tableCursor, queue, tenant), cursorRow(seq))
}

// Job implements [follow.Tx].
func (t *tx) Job(tenant, id string) (follow.Job, error) {
	j, found, err := read(t, keyOf(tableJob, tenant, id), decodeJob)
	if err != nil || !found {
		return follow.Job{}, absent(err, follow.ErrNoJob)
	}
	j.Tenant, j.ID = tenant, id
	return j, nil
}

// PutJob implements [follow.Tx].
func (t *tx) PutJob(j follow.Job) error {
	had, err := t.storedJob(j.Tenant, j.ID)
	if err != nil {
		return err
	}
	if err := t.put(keyOf(tableJob, j.Tenant, j.ID), jobRow(j)); err != nil {
		return err
	}
	return t.moveJob(had, &j)
}

// DeleteJob implements [follow.Tx].
func (t *tx) DeleteJob(tenant, id string) error {
	had, err := t.storedJob(tenant, id)
	if err != nil {
		return err
	}
	if err := t.moveJob(had, nil); err != nil {
		return err
	}
	return t.drop(keyOf(tableJob, tenant, id))
}

// storedJob returns a job as it is; nil if it is not there.
func (t *tx) storedJob(tenant, id string) (*follow.Job, error) {
	j, err := t.Job(tenant, id)
	switch {
	case errors.Is(err, follow.ErrNoJob):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &j, nil
}

// moveJob keeps what follows from a job that was from and is to; nil is a job that is not there.
func (t *tx) moveJob(from, to *follow.Job) error {
	if err := t.reindex(jobOrderedBy(from), jobOrderedBy(to)); err != nil {
		return err
	}
	return t.movePlace(placeOf(from), placeOf(to))
}

// jobOrderedBy returns the keys under which a job is found by what it holds: its call, when something is to happen to
// it, its place in its lane, when it ended. They follow from the job's row alone.
func jobOrderedBy(j *follow.Job) (keys []key) {
	if j == nil {
		return nil
	}
	if j.CallID != "" {
		keys = append(keys, keyOf(tableCallJob, j.Tenant, j.CallID, j.ID))
	}
	if j.State.Ended() {
		return append(keys, keyOf(tableEnded, j.Queue).time(j.EndedAt).text(j.Tenant).text(j.ID))
	}
	if !j.Due.IsZero() {
		if p := placeOf(j); p != nil {
			keys = append(keys, p.due())
		} else {
			keys = append(keys, keyOf(tableRunning, j.Queue).time(j.Due).text(j.Tenant).text(j.ID).text(j.Target))
		}
	}
	if j.Lane != "" {
		keys = append(keys, keyOf(tableLane, j.Tenant, j.Lane).number(j.Seq).text(j.ID))
	}
	return keys
}

// LaneJobs implements [follow.Tx].
func (t *tx) LaneJobs(tenant, lane string, limit int) ([]follow.Job, error) {
	if lane == "" {
		return nil, nil
	}
	of := keyOf(tableLane, tenant, lane)
	return t.jobsBy(of, of.next(), limit, func(p parts) (tenant, id string) { return p.texts[0], p.texts[2] }, nil)
}

// Jobs implements [follow.Tx]. Those of a call are found by it.
func (t *tx) Jobs(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	of := keyOf(tableJob, tenant)
	if f.CallID != "" {
		of = keyOf(tableCallJob, tenant, f.CallID)
	}
	first := of
	if after != "" {
		if first = of.text(after); of != nil && first == nil {
			return nil, fmt.Errorf("jobs after %q: %w", after, errKey)
		}
		first = first.next()
	}
	return t.jobsBy(first, of.next(), limit, func(p parts) (tenant, id string) {
		return p.texts[0], p.texts[len(p.texts)-1]
	}, f.Matches)
}

// jobsBy returns up to limit jobs whose keys are among those from ≤ k < to: name says which job a key is of, and match,
// if there is one, whether the job is wanted.
func (t *tx) jobsBy(
	from, to key, limit int, name func(parts) (tenant, id string), match func(follow.Job) bool,
) (jobs []follow.Job, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = t.each(from, to, func(k key, _ []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		j, err := t.Job(name(p))
		if err == nil && (match == nil || match(j)) {
			jobs = append(jobs, j)
		}
		return len(jobs) < limit, err
	})
	return jobs, err
}

// EndedJobs implements [follow.Tx].
func (t *tx) EndedJobs(queue string, before time.Time, limit int) (ended []follow.Key, err error) {
	if limit <= 0 {
		return nil, nil
	}
	of := keyOf(tableEnded, queue)
	err = t.each(of, of.time(before), func(k key, _ []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		ended = append(ended, follow.Key{Tenant: p.texts[1], ID: p.texts[2]})
		return len(ended) < limit, nil
	})
	return ended, err
}

func cursorRow(seq uint64) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) { w.Uint(1, seq) }
}

func decodeCursor(r *rowcodec.Reader) (seq uint64) {
	for r.Next() {
		if r.Field() == 1 {
			seq = r.Uint()
		}
	}
	return seq
}
