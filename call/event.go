package call

import "time"

// Event is one entry of the append-only log: something changed. It is written in the transaction that made the
// change, and never altered. It holds ids, states, times and reasons, and never names, contacts or texts, so that a
// person can be erased while the log stays whole.
type Event struct {
	Tenant string
	Seq    uint64    // per tenant, rising in commit order from 1
	Time   time.Time // of the change; for a limit, when it passed
	CallID string    // empty for a change that concerns no call, such as a new tag
	Kind   Kind
	Actor  string // id of the user who acted; empty for a customer and for a limit
	Data   Data
}

// Data is what an [Event] says beyond its kind; each kind fills only the fields that it has use for.
type Data struct {
	From      Status // the state before; empty for a new call
	To        Status // the state after; equal to From when the state did not change
	EndReason EndReason

	DepartmentID string
	UserID       string // whom the call was assigned to
	Side         Side   // the participant who joined, was lost, came back or hung up
	Epoch        uint64 // of that participant's join
	Deadline     time.Time
	Rating       int
	Subject      string // id of the tag, file, note, recording or artifact
	Reason       Reason // why a recording was removed
	Erased       Erasure
}

// Reason says why something was removed.
type Reason string

// The reasons.
const (
	ReasonRequest   Reason = "request"   // somebody asked for it
	ReasonRetention Reason = "retention" // it was as old as the tenant keeps it
)

// Kind names what an [Event] reports.
type Kind string

// The kinds of events of a call.
const (
	KindCreated      Kind = "call.created"
	KindAssigned     Kind = "call.assigned"
	KindStarted      Kind = "call.started"
	KindCompleted    Kind = "call.completed"
	KindMissed       Kind = "call.missed"
	KindCancelled    Kind = "call.cancelled"
	KindAbandoned    Kind = "call.abandoned"
	KindJoined       Kind = "call.participant_joined" // present, first or by a newer connection
	KindLeft         Kind = "call.participant_left"   // lost before the call was active
	KindDisconnected Kind = "call.disconnected"       // lost in the active call: the grace runs
	KindReconnected  Kind = "call.reconnected"        // back within the grace
	KindNoted        Kind = "call.noted"              // the agent's notes were set after the end
	KindEvaluated    Kind = "call.evaluated"
	KindImported     Kind = "call.imported" // not for followers: the change happened elsewhere, long ago

	KindTagAdded         Kind = "call.tag_added"
	KindTagRemoved       Kind = "call.tag_removed"
	KindFileAdded        Kind = "call.file_added"
	KindNoteAdded        Kind = "call.note_added"
	KindNoteErased       Kind = "call.note_erased"
	KindErased           Kind = "call.erased" // the customer, with all that was known of him
	KindRecordingReady   Kind = "call.recording_ready"
	KindRecordingDeleted Kind = "call.recording_deleted"
	KindTranscriptReady  Kind = "call.transcript_ready"
	KindSummaryReady     Kind = "call.summary_ready"
)

// The kinds of events that concern a tenant's catalogue of tags.
const (
	KindTagCreated Kind = "tag.created"
	KindTagChanged Kind = "tag.changed"
	KindTagDeleted Kind = "tag.deleted"
)
