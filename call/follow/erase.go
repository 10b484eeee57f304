package follow

import "time"

// EraseTx takes out of the jobs of calls whose customer is erased what may hold a word of him: those that have not
// ended are cancelled, as [Jobs.Cancel] does it, and the errors of all their tries become empty.
func EraseTx(tx Tx, tenant string, callIDs []string, now time.Time) error {
	for _, callID := range callIDs {
		if err := eraseCall(tx, tenant, callID, now); err != nil {
			return err
		}
	}
	return nil
}

func eraseCall(tx Tx, tenant, callID string, now time.Time) error {
	if callID == "" {
		return nil // for which a filter would pick all
	}
	for after := ""; ; {
		jobs, err := tx.Jobs(tenant, Filter{CallID: callID}, after, batch)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if err := eraseJob(tx, tenant, j.ID, now); err != nil {
				return err
			}
			after = j.ID
		}
		if len(jobs) < batch {
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
