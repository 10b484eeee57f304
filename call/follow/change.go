package follow

import (
	"errors"
	"strings"
	"time"
)

// begin is j as a worker has it from now on.
func (j Job) begin(lease string, now time.Time, length time.Duration) Job {
	j.State, j.Lease, j.Due = StateRunning, lease, now.Add(length)
	j.Attempts++
	return j
}

// rests is j, to be tried again.
func (j Job) rests(due time.Time) Job {
	j.State, j.Lease, j.Due = StatePending, "", due
	return j
}

// ends is j, ended.
func (j Job) ends(s State, now time.Time) Job {
	j.State, j.Lease, j.Due, j.EndedAt = s, "", time.Time{}, now
	return j
}

// tried is j with one more try.
func (j Job) tried(t Try) Job {
	if t.Error != "" {
		j.LastError = t.Error
	}
	tries := append(make([]Try, 0, len(j.Tries)+1), j.Tries...)
	tries = append(tries, t)
	j.Tries = tries[max(0, len(tries)-MaxTries):]
	return j
}

// again is j after a try that failed: to be tried again after a pause, or given up.
func (j Job) again(pause, giveUp time.Duration, now time.Time) Job {
	limit := j.Since.Add(giveUp)
	if !now.Before(limit) {
		return j.ends(StateFailed, now)
	}
	due := now.Add(pause).Truncate(time.Microsecond)
	if due.After(limit) {
		due = limit
	}
	return j.rests(due)
}

// deaths is how many workers may die of a job before it is taken for the reason.
const deaths = 3

// died writes a running job whose worker has died. It is due now; but one of which so many have died has failed as if Do
// had said so, for it may be what they die of.
func (q *Queue[T]) died(tx Tx, j Job, now time.Time) error {
	j = j.tried(Try{At: now, Error: "the worker died"})
	if j.Attempts < deaths {
		return leave(tx, j.rests(now), now)
	}
	return leave(tx, j.again(q.o.Backoff.pause(j.Attempts), q.o.GiveUp, now), now)
}

// failedTry is what a job keeps of a try that failed.
func failedTry(err error, at time.Time, took time.Duration) Try {
	t := Try{At: at, Took: took, Error: cut(err.Error())}
	var o Outcome
	if errors.As(err, &o) {
		t.Outcome = cut(o.Outcome())
	}
	return t
}

// cut is s as it can be kept: valid, and not longer than [MaxError].
func cut(s string) string {
	if len(s) > MaxError {
		s = s[:MaxError]
	}
	return strings.ToValidUTF8(s, "")
}
