package call

//go:generate go run ./internal/drawtable -o ../docs/state-machine.md

// Trigger names what can happen to a call.
type Trigger string

// The triggers. Those that end in Limit are fired by the passing of time.
const (
	Enqueue      Trigger = "enqueue"       // the customer joins the queue
	Assign       Trigger = "assign"        // an agent takes the call, or is given it
	Leave        Trigger = "leave"         // a participant hangs up
	Start        Trigger = "start"         // the video call begins
	Complete     Trigger = "complete"      // an agent ends the call
	Join         Trigger = "join"          // a participant is present: first, again, or by a newer connection
	Lose         Trigger = "lose"          // a participant's connection is lost
	QueueLimit   Trigger = "queue limit"   // nobody took the call in time
	AnswerLimit  Trigger = "answer limit"  // the agent did not start it in time
	GraceLimit   Trigger = "grace limit"   // a lost participant did not come back in time
	LongestLimit Trigger = "longest limit" // the call lasted as long as it may
)

// Triggers lists all triggers.
func Triggers() []Trigger {
	return []Trigger{
		Enqueue, Assign, Leave, Start, Complete, Join, Lose, QueueLimit, AnswerLimit, GraceLimit, LongestLimit,
	}
}

// verb is the trigger as it reads in a message.
func (t Trigger) verb() string {
	switch t {
	case Lose:
		return "lose a participant of"
	case QueueLimit, AnswerLimit, GraceLimit, LongestLimit:
		return "apply the " + string(t) + " to"
	}
	return string(t)
}

// Transition is one row of the table: in From, Trigger leads to To.
type Transition struct {
	From    Status // empty: there is no call yet
	Trigger Trigger
	Side    Side // only when this side does it; empty: whichever
	To      Status
	Sets    string // what changes beside the state, for the drawing
}

// none is the state of a call that does not exist yet.
const none Status = ""

// table is the whole life of a call. Whatever is not in it is refused with a [TransitionError], save the repetitions
// that [Apply] names.
var table = []Transition{
	{none, Enqueue, "", Queued, "inserted_at"},

	{Queued, Assign, "", Assigned, "user_id, user_name, assigned_at"},
	{Queued, Leave, SideCustomer, Cancelled, "ended_at"},
	{Queued, QueueLimit, "", Abandoned, "ended_at, end_reason: abandoned"},
	{Queued, Join, "", Queued, "epoch"},
	{Queued, Lose, "", Queued, "lost_at"},

	{Assigned, Start, "", Active, "started_at, wait_time"},
	{Assigned, Leave, SideCustomer, Cancelled, "ended_at"},
	{Assigned, AnswerLimit, "", Missed, "ended_at, end_reason: timeout"},
	{Assigned, Join, "", Assigned, "epoch"},
	{Assigned, Lose, "", Assigned, "lost_at"},

	{Active, Complete, "", Completed, "completed_at, duration, notes, end_reason: normal"},
	{Active, Leave, "", Completed, "completed_at, duration, end_reason: normal"},
	{Active, GraceLimit, "", Completed, "completed_at, duration, end_reason: disconnect"},
	{Active, LongestLimit, "", Completed, "completed_at, duration, end_reason: timeout"},
	{Active, Join, "", Active, "epoch, reconnected_at"},
	{Active, Lose, "", Active, "lost_at, deadline, disconnected_at"},
}

// Table returns the transitions of a call, in the order of its life.
func Table() []Transition { return append([]Transition(nil), table...) }

// lookup finds the row for a trigger in a state.
func lookup(from Status, trigger Trigger, side Side) (Transition, bool) {
	for _, row := range table {
		if row.From == from && row.Trigger == trigger && (row.Side == "" || row.Side == side) {
			return row, true
		}
	}
	return Transition{}, false
}
