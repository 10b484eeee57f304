package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestClockSetBack: a change never lies before those already applied, although the clock of the machine does.
func TestClockSetBack(t *testing.T) {
	past := joined.Add(-time.Hour)
	lose := call.Change{Trigger: call.Lose, Side: call.SideCustomer, Epoch: 1}
	join := call.Change{Trigger: call.Join, Side: call.SideCustomer}
	at := func(ch call.Change, when time.Time) call.Change { ch.At = when; return ch }
	for name, test := range map[string]struct {
		call   call.Call
		change call.Change
		want   time.Time
	}{
		"assign":                  {in(t, call.Queued), call.Change{Trigger: call.Assign, User: ana}, joined},
		"start":                   {in(t, call.Assigned), call.Change{Trigger: call.Start}, assigned},
		"complete":                {in(t, call.Active), call.Change{Trigger: call.Complete}, started},
		"loss":                    {in(t, call.Active), lose, started},
		"return":                  {then(t, in(t, call.Active), at(lose, ended)), join, ended},
		"hang-up":                 {then(t, in(t, call.Active), at(lose, ended), at(join, later)), call.Change{Trigger: call.Leave, Side: call.SideAgent}, later},
		"notes":                   {in(t, call.Completed), call.Change{Trigger: call.Complete, Notes: "solved"}, ended},
		"left":                    {then(t, in(t, call.Queued), at(lose, ended)), call.Change{Trigger: call.Assign, User: ana}, ended},
		"rejoined":                {then(t, in(t, call.Queued), at(join, ended)), call.Change{Trigger: call.Assign, User: ana}, ended},
		"join before the start":   {in(t, call.Assigned), join, assigned},
		"join of who had left":    {then(t, in(t, call.Assigned), at(lose, ended)), join, ended},
		"start after a join":      {then(t, in(t, call.Assigned), at(join, ended)), call.Change{Trigger: call.Start}, ended},
		"join after a late start": {then(t, in(t, call.Assigned), call.Change{Trigger: call.Start, At: later}), join, later},
		"came back":               {then(t, in(t, call.Queued), at(lose, ended), at(join, later)), call.Change{Trigger: call.Assign, User: ana}, later},
	} {
		t.Run(name, func(t *testing.T) {
			changed, events := apply(t, test.call, at(test.change, past))
			require.Len(t, events, 1)
			assert.Equal(t, test.want, events[0].Time)
			assert.Equal(t, test.want, changed.ChangedAt)
		})
	}
}

// TestEvaluationWhenClockSetBack: an evaluation does not lie before the change before it, nor the next change before it.
func TestEvaluationWhenClockSetBack(t *testing.T) {
	notes := func(when time.Time) call.Change {
		return call.Change{Trigger: call.Complete, Notes: "solved", At: when}
	}
	for name, test := range map[string]struct {
		call call.Call
		want time.Time
	}{
		"after the end":   {in(t, call.Completed), ended},
		"after the notes": {then(t, in(t, call.Completed), notes(later)), later},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // whose clock is years behind
				store := storageOf(newStore(t))
				s := call.NewService(store, call.Options{})
				require.NoError(t, store.Update(t.Context(), func(tx call.Tx) error { return tx.PutCall(test.call) }))

				rated, err := s.Evaluate(t.Context(), "acme", test.call.ID, 5, "")
				require.NoError(t, err)
				want := test.call
				want.Rating, want.ChangedAt = 5, test.want
				assert.Equal(t, want, rated)
				assert.Equal(t, want, get(t, s, want.ID))
				events := requireHistory(t, s, want.ID, call.KindEvaluated)
				assert.Equal(t, test.want, events[0].Time)
			})
		})
	}
	t.Run("before the notes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(t, call.Options{})
			c := stored(t, s, call.Completed)
			time.Sleep(time.Minute)
			rated, err := s.Evaluate(t.Context(), "acme", c.ID, 5, "")
			require.NoError(t, err)
			noted, events := apply(t, rated, notes(c.EndedAt))
			require.Len(t, events, 1)
			assert.Equal(t, c.EndedAt.Add(time.Minute), events[0].Time)
			assert.Equal(t, c.EndedAt.Add(time.Minute), noted.ChangedAt)
		})
	})
}

// TestDurationsAreOfPrintedTimes: what an API client computes from the times it sees is what it is told.
func TestDurationsAreOfPrintedTimes(t *testing.T) {
	c := in(t, call.Completed)
	c.InsertedAt = joined.Add(900 * time.Millisecond)
	c.StartedAt = joined.Add(12*time.Second + 100*time.Millisecond)
	c.EndedAt = joined.Add(20*time.Second + 50*time.Millisecond)

	wait, ok := c.WaitTime()
	assert.True(t, ok)
	assert.Equal(t, 12*time.Second, wait)
	duration, ok := c.Duration()
	assert.True(t, ok)
	assert.Equal(t, 8*time.Second, duration)
}

func TestDurationsThatAreNot(t *testing.T) {
	for _, status := range call.Statuses() {
		c := in(t, status)
		_, waited := c.WaitTime()
		assert.Equal(t, status == call.Active || status == call.Completed, waited, status)
		_, lasted := c.Duration()
		assert.Equal(t, status == call.Completed, lasted, status)
		assert.Equal(t, status == call.Completed, !c.CompletedAt().IsZero(), status)
	}
}

func then(t testing.TB, c call.Call, changes ...call.Change) call.Call {
	t.Helper()
	c, _ = apply(t, c, changes...)
	return c
}
