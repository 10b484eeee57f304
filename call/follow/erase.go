package follow

import (
	"slices"
	"time"
)

// EraseTx takes out of the jobs of calls whose customer is erased what may hold a word of him: those that have not
// ended are cancelled, as [Jobs.Cancel] does it, and the errors of all their tries become empty. It walks over all jobs
// of the tenant, once for all the calls.
func EraseTx(tx Tx, tenant string, callIDs []string, now time.Time) error {
	if len(callIDs) == 0 {
		return nil
	}
	for after := ""; ; {
		jobs, err := tx.Jobs(tenant, Filter{}, after, maxLimit)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if after = j.ID; slices.Contains(callIDs, j.CallID) {
				if err := eraseJob(tx, tenant, j.ID, now); err != nil {
					return err
				}
			}
		}
		if len(jobs) < maxLimit {
			return nil
		}
	}
}

// eraseJob reads the job anew: the end of another one of its lane may have given it the turn.
func eraseJob(tx Tx, tenant, id string, now time.Time) error {
	j, err := tx.Job(tenant, id)
	if err != nil {
		return err
	}
	j.LastError = ""
	for i := range j.Tries {
		j.Tries[i].Error = ""
	}
	if j.State.Ended() {
		return tx.PutJob(j)
	}
	return cancel(tx, j, now)
}
