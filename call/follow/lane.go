package follow

import (
	"cmp"
	"time"
)

// The rule of lanes: of the jobs of a lane that have not ended, exactly one has its Due set, and so the turn. It is the
// first, or one that was running when another came before it. Whatever changes jobs goes through enter and leave, which
// keep the rule.

// enter writes a pending job that is new or was ended: it is due now, or when its turn comes.
func enter(tx Tx, j Job, now time.Time) error {
	j.State, j.Due = StatePending, now
	first, found, err := firstOf(tx, j)
	if err != nil {
		return err
	}
	if found {
		if runsBefore(first, j) || first.State == StateRunning || first.Due.IsZero() {
			j.Due = time.Time{}
		} else { // the first rests, and j comes before it
			first.Due = time.Time{}
			if err := tx.PutJob(first); err != nil {
				return err
			}
		}
	}
	return tx.PutJob(j)
}

// leave writes a job that had the turn and has ended, or rests until Due. If it is not the first of its lane, the turn
// goes to the one that is, at the time given.
func leave(tx Tx, j Job, from time.Time) error {
	if err := tx.PutJob(j); err != nil {
		return err
	}
	first, found, err := firstOf(tx, j)
	if err != nil || !found || first.ID == j.ID {
		return err
	}
	if !j.State.Ended() {
		j.Due = time.Time{}
		if err := tx.PutJob(j); err != nil {
			return err
		}
	}
	if first.State != StatePending || !first.Due.IsZero() {
		return nil
	}
	first.Due = from
	return tx.PutJob(first)
}

func runsBefore(a, b Job) bool { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID)) < 0 }

// firstOf returns the first job of j's lane, if j has one.
func firstOf(tx Tx, j Job) (first Job, found bool, err error) {
	if j.Lane == "" {
		return Job{}, false, nil
	}
	jobs, err := tx.LaneJobs(j.Tenant, j.Lane, 1)
	if err != nil || len(jobs) == 0 {
		return Job{}, false, err
	}
	return jobs[0], true, nil
}
