package call_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// The pure rules are tested on calls of one made-up life: each state is reached a minute after the one before.
var (
	joined   = time.Date(2026, 2, 18, 14, 0, 0, 0, time.UTC)
	assigned = joined.Add(time.Minute)
	started  = joined.Add(2 * time.Minute)
	ended    = joined.Add(3 * time.Minute)
	later    = joined.Add(4 * time.Minute)
)

var (
	ana  = call.Ref{ID: "ana", Name: "Ana"}
	bob  = call.Ref{ID: "bob", Name: "Bob"}
	both = []call.Side{call.SideAgent, call.SideCustomer}
)

const noCall call.Status = ""

// unborn is a call as it is handed to the first change.
func unborn() call.Call {
	return call.Call{
		Tenant: "acme", ID: "c1",
		Department: call.Ref{ID: "support", Name: "Support"},
		Customer:   call.Customer{Name: "Maria", Email: "maria@example.com", Phone: "+55 11 99999"},
		Reason:     "it does not start",
		Limits:     call.Limits{Queue: 30 * time.Minute, Answer: time.Minute, Grace: time.Minute, Longest: time.Hour},
	}
}

// apply applies changes that must be accepted, one after the other, and returns the events of the last.
func apply(t testing.TB, c call.Call, changes ...call.Change) (call.Call, []call.Event) {
	t.Helper()
	var events []call.Event
	var err error
	for _, ch := range changes {
		c, events, err = call.Apply(c, ch)
		require.NoError(t, err, "%s of a call that is %q", ch.Trigger, c.Status)
	}
	return c, events
}

// in returns a call in a state, reached the usual way. Where the state allows it both sides are present, with epoch 1.
func in(t testing.TB, status call.Status) call.Call {
	t.Helper()
	c := unborn()
	steps := []call.Change{
		{Trigger: call.Enqueue, At: joined},
		{Trigger: call.Join, Side: call.SideCustomer, At: joined},
		{Trigger: call.Join, Side: call.SideAgent, At: joined},
	}
	assign := call.Change{Trigger: call.Assign, User: ana, Actor: "ana", At: assigned}
	start := call.Change{Trigger: call.Start, Actor: "ana", At: started}
	switch status {
	case noCall:
		steps = nil
	case call.Queued:
	case call.Assigned:
		steps = append(steps, assign)
	case call.Active:
		steps = append(steps, assign, start)
	case call.Completed:
		steps = append(steps, assign, start, call.Change{Trigger: call.Complete, Actor: "ana", At: ended})
	case call.Missed:
		steps = append(steps, assign, call.Change{Trigger: call.AnswerLimit, At: ended})
	case call.Cancelled:
		steps = append(steps, call.Change{Trigger: call.Leave, Side: call.SideCustomer, At: ended})
	case call.Abandoned:
		steps = append(steps, call.Change{Trigger: call.QueueLimit, At: ended})
	default:
		t.Fatalf("no way to the state %q", status)
	}
	c, _ = apply(t, c, steps...)
	require.Equal(t, status, c.Status)
	return c
}

// outcome is what a change is to bring: the state, the kinds of its events, and all that is set on the call.
type outcome struct {
	to    call.Status
	kinds []call.Kind
	sets  func(*call.Call)
}

type pair struct {
	from    call.Status
	trigger call.Trigger
	side    call.Side
}

func kinds(k ...call.Kind) []call.Kind { return k }

// life is what may happen to a call in each state, and what comes of it. All else is refused.
//
// The changes are those of attempt: the agent is Bob, the notes are "solved", the epoch is 1, the time is later. What a
// trigger has no use for it ignores.
func life() map[pair]outcome {
	nothing := func(*call.Call) {}
	endedBy := func(reason call.EndReason) func(*call.Call) {
		return func(c *call.Call) { c.EndedAt, c.EndReason = later, reason }
	}
	withNotes := func(c *call.Call) { c.EndedAt, c.EndReason, c.Notes = later, call.EndNormal, "solved" }

	expected := map[pair]outcome{
		{call.Queued, call.Leave, call.SideCustomer}:   {call.Cancelled, kinds(call.KindCancelled), endedBy("")},
		{call.Assigned, call.Leave, call.SideCustomer}: {call.Cancelled, kinds(call.KindCancelled), endedBy("")},
	}
	for _, side := range both {
		conn := func(c *call.Call) *call.Participant {
			if side == call.SideAgent {
				return &c.AgentConn
			}
			return &c.CustomerConn
		}
		takenOver := func(c *call.Call) { conn(c).Epoch = 2 }
		away := func(c *call.Call) { conn(c).Present, conn(c).LostAt = false, later }
		lost := func(c *call.Call) {
			away(c)
			conn(c).Deadline = later.Add(time.Minute)
			c.DisconnectedAt = later
		}

		for at, o := range map[struct {
			from    call.Status
			trigger call.Trigger
		}]outcome{
			{noCall, call.Enqueue}: {call.Queued, kinds(call.KindCreated), func(c *call.Call) { c.InsertedAt = later }},

			{call.Queued, call.Assign}: {call.Assigned, kinds(call.KindAssigned), func(c *call.Call) {
				c.User, c.AssignedAt = bob, later
			}},
			{call.Queued, call.QueueLimit}: {call.Abandoned, kinds(call.KindAbandoned), endedBy(call.EndAbandoned)},
			{call.Queued, call.Join}:       {call.Queued, kinds(call.KindJoined), takenOver},
			{call.Queued, call.Lose}:       {call.Queued, kinds(call.KindLeft), away},

			{call.Assigned, call.Start}:       {call.Active, kinds(call.KindStarted), func(c *call.Call) { c.StartedAt = later }},
			{call.Assigned, call.AnswerLimit}: {call.Missed, kinds(call.KindMissed), endedBy(call.EndTimeout)},
			{call.Assigned, call.Join}:        {call.Assigned, kinds(call.KindJoined), takenOver},
			{call.Assigned, call.Lose}:        {call.Assigned, kinds(call.KindLeft), away},

			{call.Active, call.Complete}:     {call.Completed, kinds(call.KindCompleted), withNotes},
			{call.Active, call.Leave}:        {call.Completed, kinds(call.KindCompleted), endedBy(call.EndNormal)},
			{call.Active, call.GraceLimit}:   {call.Completed, kinds(call.KindCompleted), endedBy(call.EndDisconnect)},
			{call.Active, call.LongestLimit}: {call.Completed, kinds(call.KindCompleted), endedBy(call.EndTimeout)},
			{call.Active, call.Join}:         {call.Active, kinds(call.KindJoined), takenOver},
			{call.Active, call.Lose}:         {call.Active, kinds(call.KindDisconnected), lost},

			// Repetitions.
			{call.Active, call.Start}: {call.Active, nil, nothing},
			{call.Completed, call.Complete}: {call.Completed, kinds(call.KindNoted), func(c *call.Call) {
				c.Notes = "solved"
			}},
		} {
			expected[pair{at.from, at.trigger, side}] = o
		}
	}
	return expected
}

func attempt(trigger call.Trigger, side call.Side) call.Change {
	return call.Change{
		Trigger: trigger, At: later, Actor: "bob", User: bob, Notes: "solved", Side: side, Epoch: 1,
	}
}

// TestLife tries everything in every state, from either side.
func TestLife(t *testing.T) {
	expected := life()
	met := 0
	for _, from := range append([]call.Status{noCall}, call.Statuses()...) {
		for _, trigger := range call.Triggers() {
			for _, side := range both {
				t.Run(fmt.Sprintf("%s/%s/%s", from, trigger, side), func(t *testing.T) {
					c := in(t, from)
					before := c
					next, events, err := call.Apply(c, attempt(trigger, side))
					assert.Equal(t, before, c, "the input is changed")

					want, ok := expected[pair{from, trigger, side}]
					if !ok {
						requireRefused(t, err, from, trigger)
						assert.Equal(t, before, next, "a refused change changes the call")
						assert.Empty(t, events)
						return
					}
					met++
					require.NoError(t, err)
					after := before
					after.Status = want.to
					want.sets(&after)
					if len(want.kinds) > 0 { // a repetition changes nothing
						after.ChangedAt = later
					}
					assert.Equal(t, after, next)
					requireKinds(t, want.kinds, events)
					for _, e := range events {
						assert.Equal(t, call.Event{
							Tenant: "acme", Time: later, CallID: "c1", Kind: e.Kind, Actor: "bob", Data: e.Data,
						}, e)
						assert.Equal(t, from, e.Data.From)
						assert.Equal(t, want.to, e.Data.To)
						if want.to.Ended() && want.to != from {
							assert.Equal(t, next.EndReason, e.Data.EndReason)
						}
					}
				})
			}
		}
	}
	assert.Equal(t, len(expected), met, "not all of the expectations were tried")
}

// TestTableIsWhole holds the exported table against the same expectations, repetitions apart.
func TestTableIsWhole(t *testing.T) {
	repetitions := map[pair]bool{}
	for _, side := range both {
		repetitions[pair{call.Active, call.Start, side}] = true
		repetitions[pair{call.Completed, call.Complete, side}] = true
	}
	want := map[pair]call.Status{}
	for p, o := range life() {
		if !repetitions[p] {
			want[p] = o.to
		}
	}
	got := map[pair]call.Status{}
	for _, row := range call.Table() {
		assert.NotEmpty(t, row.Sets)
		for _, side := range both {
			if row.Side == "" || row.Side == side {
				p := pair{row.From, row.Trigger, side}
				assert.NotContains(t, got, p, "two rows for one pair")
				got[p] = row.To
			}
		}
	}
	assert.Equal(t, want, got)

	call.Table()[0].To = call.Missed
	assert.Equal(t, call.Queued, call.Table()[0].To, "the table can be changed from outside")
}

func TestTransitionErrorNamesStateAndTrigger(t *testing.T) {
	_, _, err := call.Apply(in(t, call.Missed), call.Change{Trigger: call.Start, At: later})
	require.EqualError(t, err, "cannot start a call that is missed")
	_, _, err = call.Apply(in(t, call.Queued), call.Change{Trigger: call.GraceLimit, Side: call.SideAgent, At: later})
	require.EqualError(t, err, "cannot apply the grace limit to a call that is queued")
	_, _, err = call.Apply(in(t, call.Cancelled), call.Change{Trigger: call.Lose, Side: call.SideAgent, At: later})
	require.EqualError(t, err, "cannot lose a participant of a call that is cancelled")
}

func TestStatuses(t *testing.T) {
	ends := map[call.Status]bool{call.Completed: true, call.Missed: true, call.Cancelled: true, call.Abandoned: true}
	require.Len(t, call.Statuses(), 7)
	for _, s := range call.Statuses() {
		assert.True(t, s.Valid(), s)
		assert.Equal(t, ends[s], s.Ended(), s)
	}
	for _, s := range []call.Status{"", "Queued", "ringing"} {
		assert.False(t, s.Valid(), s)
		assert.False(t, s.Ended(), s)
	}
}

// TestDrawing checks that the committed page is the one the generator draws from the table as it is.
func TestDrawing(t *testing.T) {
	drawn := filepath.Join(t.TempDir(), "state-machine.md")
	out, err := exec.Command("go", "run", "./internal/drawtable", "-o", drawn).CombinedOutput()
	require.NoError(t, err, string(out))
	want, err := os.ReadFile(drawn)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("..", "docs", "state-machine.md"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "docs/state-machine.md is out of date: run go generate ./call")
}

func requireRefused(t testing.TB, err error, from call.Status, trigger call.Trigger) {
	t.Helper()
	require.ErrorIs(t, err, call.ErrRefused)
	var refused *call.TransitionError
	require.True(t, errors.As(err, &refused))
	assert.Equal(t, call.TransitionError{From: from, Trigger: trigger}, *refused)
}

func requireKinds(t testing.TB, want []call.Kind, events []call.Event) {
	t.Helper()
	var got []call.Kind
	for _, e := range events {
		got = append(got, e.Kind)
	}
	require.Equal(t, want, got)
}
