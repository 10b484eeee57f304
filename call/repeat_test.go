package call_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestRepetitions: what was done is answered as the first time, with the first times, and without an event.
func TestRepetitions(t *testing.T) {
	withNotes, _ := apply(t, in(t, call.Active), call.Change{Trigger: call.Complete, Notes: "first", At: ended})
	lost, _ := apply(t, in(t, call.Active), call.Change{Trigger: call.Lose, Side: call.SideAgent, Epoch: 1, At: later})
	for name, test := range map[string]struct {
		call   call.Call
		change call.Change
	}{
		"assign to the same user": {in(t, call.Assigned), call.Change{Trigger: call.Assign, User: ana}},
		"assign to the same user, by another name": {
			in(t, call.Assigned), call.Change{Trigger: call.Assign, User: call.Ref{ID: "ana", Name: "Ana Maria"}},
		},
		"start":                        {in(t, call.Active), call.Change{Trigger: call.Start}},
		"complete":                     {in(t, call.Completed), call.Change{Trigger: call.Complete}},
		"complete with notes again":    {withNotes, call.Change{Trigger: call.Complete, Notes: "second"}},
		"complete without notes again": {withNotes, call.Change{Trigger: call.Complete}},
		"lose who is lost":             {lost, call.Change{Trigger: call.Lose, Side: call.SideAgent, Epoch: 1}},
		"lose an older epoch": {
			in(t, call.Active), call.Change{Trigger: call.Lose, Side: call.SideAgent, Epoch: 0},
		},
		"lose an epoch that never was": {
			in(t, call.Active), call.Change{Trigger: call.Lose, Side: call.SideAgent, Epoch: 9},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.change.At, test.change.Actor = later.Add(time.Minute), "bob"
			next, events, err := call.Apply(test.call, test.change)
			require.NoError(t, err)
			assert.Equal(t, test.call, next)
			assert.Empty(t, events)
		})
	}
}

// TestNoRepetition: these look like repetitions and are refused.
func TestNoRepetition(t *testing.T) {
	for name, test := range map[string]struct {
		status call.Status
		change call.Change
	}{
		"assign to another user":          {call.Assigned, call.Change{Trigger: call.Assign, User: bob}},
		"assign of an active call":        {call.Active, call.Change{Trigger: call.Assign, User: ana}},
		"assign of a completed call":      {call.Completed, call.Change{Trigger: call.Assign, User: ana}},
		"start of a completed call":       {call.Completed, call.Change{Trigger: call.Start}},
		"second hang-up":                  {call.Completed, call.Change{Trigger: call.Leave, Side: call.SideCustomer}},
		"second cancellation":             {call.Cancelled, call.Change{Trigger: call.Leave, Side: call.SideCustomer}},
		"complete of a cancelled call":    {call.Cancelled, call.Change{Trigger: call.Complete}},
		"loss after the end":              {call.Completed, call.Change{Trigger: call.Lose, Side: call.SideAgent, Epoch: 1}},
		"enqueue of a call that is there": {call.Queued, call.Change{Trigger: call.Enqueue}},
	} {
		t.Run(name, func(t *testing.T) {
			c := in(t, test.status)
			test.change.At = later
			next, events, err := call.Apply(c, test.change)
			requireRefused(t, err, test.status, test.change.Trigger)
			assert.Equal(t, c, next)
			assert.Empty(t, events)
		})
	}
}

// TestNotesAfterHangUp: the customer hung up first, and the agent's completion still brings its notes.
func TestNotesAfterHangUp(t *testing.T) {
	c, _ := apply(t, in(t, call.Active), call.Change{Trigger: call.Leave, Side: call.SideCustomer, At: ended})
	require.Empty(t, c.Notes)

	next, events, err := call.Apply(c, call.Change{Trigger: call.Complete, Notes: "solved", Actor: "ana", At: later})
	require.NoError(t, err)
	want := c
	want.Notes, want.ChangedAt = "solved", later
	assert.Equal(t, want, next, "only the notes are set, and when")
	requireKinds(t, kinds(call.KindNoted), events)
	assert.Equal(t, call.Data{From: call.Completed, To: call.Completed}, events[0].Data)
}
