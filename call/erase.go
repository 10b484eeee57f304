package call

import "time"

// ErasedName stands where the name of a customer was who has been erased.
const ErasedName = "Erased customer"

// Erasure counts what was removed with the customer of a call. It says how much there was, and nothing of what.
type Erasure struct {
	Notes       int `json:"notes"` // that became tombstones
	Files       int `json:"files"`
	Recordings  int `json:"recordings"`
	Transcripts int `json:"transcripts"`
	Summaries   int `json:"summaries"`
}

// Plus is the sum of both.
func (e Erasure) Plus(other Erasure) Erasure {
	return Erasure{
		Notes: e.Notes + other.Notes, Files: e.Files + other.Files, Recordings: e.Recordings + other.Recordings,
		Transcripts: e.Transcripts + other.Transcripts, Summaries: e.Summaries + other.Summaries,
	}
}

// Erased reports whether the customer of c has been erased.
func (c Call) Erased() bool { return !c.ErasedAt.IsZero() }

// EraseTx takes the customer out of a call that has ended, at the time now: names, contacts, and every text that was
// written by or about him. What belongs to the call is erased by its own package in the same transaction; gone is how
// much that was. The log keeps the fact. From then on, whatever would bring texts or content back to the call is
// refused with [ErrErased].
//
// Returns an error that Is [ErrRefused] for a call that has not ended. To erase again changes nothing.
func EraseTx(tx RowTx, c Call, actor string, now time.Time, gone Erasure) error {
	if c.Erased() {
		return nil
	}
	if !c.Status.Ended() {
		return &TransitionError{From: c.Status, Trigger: "erase"}
	}
	c, at := c.Changed(now)
	c.Customer = Customer{Name: ErasedName}
	c.Reason, c.Notes, c.Comment = "", "", ""
	c.HasRecording, c.ErasedAt = false, at
	return record(tx, c, []Event{{
		Tenant: c.Tenant, Time: at, CallID: c.ID, Kind: KindErased, Actor: actor, Data: Data{Erased: gone},
	}})
}
