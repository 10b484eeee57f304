package ai

import "errors"

// EraseTx removes the transcript and the summary of a call.
func EraseTx(tx Tx, tenant, callID string) error {
	return errors.Join(tx.DeleteTranscript(tenant, callID), tx.DeleteSummary(tenant, callID))
}
