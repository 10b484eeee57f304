package storagetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testDueCalls(t *testing.T, s suite) {
	t.Run("follow the call through its states", func(t *testing.T) { dueCallsMove(t, s.fresh(t)) })
	t.Run("until is inclusive, limit is kept", func(t *testing.T) { dueCallsBounds(t, s.fresh(t)) })
}

// dueCallsMove leads one call through its life and compares what is due with [call.Call.Due] at each step.
func dueCallsMove(t *testing.T, store storage.Store) {
	c := newCall("acme", "c1", 0)
	c.Limits = call.Limits{
		Queue: 30 * time.Minute, Answer: time.Minute, Grace: 90 * time.Second, Longest: time.Hour,
	}
	step := func(what string, wantDue time.Time, change func()) {
		t.Helper()
		change()
		update(t, store, func(tx storage.Tx) error { return tx.PutCall(c) })
		due, running := c.Due()
		require.Equal(t, wantDue, due.At, "the suite's own idea of what is due: %s", what)
		var want []call.DueCall
		if running {
			want = []call.DueCall{{Key: key("acme", "c1"), At: wantDue}}
		}
		require.Equal(t, want, dueCalls(t, store, endOfTime, everyRow), what)
	}

	step("queued", at(30*60), func() {})
	step("unchanged", at(30*60), func() {})
	step("assigned", at(100+60), func() { c.Status, c.AssignedAt = call.Assigned, at(100) })
	step("active", at(120+3600), func() { c.Status, c.StartedAt = call.Active, at(120) })
	step("customer lost", at(200+90), func() {
		c.CustomerConn = call.Participant{Epoch: 1, LostAt: at(200), Deadline: at(200 + 90)}
	})
	step("agent lost too, earlier", at(190+90), func() {
		c.AgentConn = call.Participant{Epoch: 1, LostAt: at(190), Deadline: at(190 + 90)}
	})
	step("agent back", at(200+90), func() { c.AgentConn = call.Participant{Epoch: 2, Present: true} })
	step("customer back", at(120+3600), func() { c.CustomerConn = call.Participant{Epoch: 2, Present: true} })
	step("without a longest duration", time.Time{}, func() { c.Limits.Longest = 0 })
	step("with one again", at(120+10), func() { c.Limits.Longest = 10 * time.Second })
	step("completed", time.Time{}, func() { c.Status, c.EndedAt = call.Completed, at(300) })
	step("rated", time.Time{}, func() { c.Rating = 5 })
	step("queued again, as nothing but a test does", at(30*60), func() { c.Status = call.Queued })
	step("without a limit", time.Time{}, func() { c.Limits.Queue = 0 })
}

func dueCallsBounds(t *testing.T, store storage.Store) {
	var all []call.DueCall
	update(t, store, func(tx storage.Tx) error {
		all = nil
		for i, after := range []time.Duration{
			50 * time.Minute, time.Minute, time.Minute, time.Minute + time.Microsecond, 2 * time.Minute, time.Minute,
			365 * 24 * time.Hour, time.Second,
		} {
			for _, tenant := range []string{"globex", "acme"} {
				c := newCall(tenant, string(rune('a'+i)), 0)
				c.Limits.Queue = after
				if err := tx.PutCall(c); err != nil {
					return err
				}
				all = append(all, call.DueCall{Key: key(tenant, c.ID), At: at(0).Add(after)})
			}
		}
		return nil
	})
	slices.SortFunc(all, compareDue)

	for _, until := range []time.Time{
		{}, at(0), at(59), at(60).Add(-time.Microsecond), at(60), at(60).Add(time.Microsecond), at(1e6), endOfTime,
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(d call.DueCall) bool { return d.At.After(until) })
		got := dueCalls(t, store, until, everyRow)
		require.ElementsMatch(t, want, got, "until %s", until)
		require.Equal(t, dueTimes(want), dueTimes(got), "until %s: earliest first", until)
		for limit := 1; limit <= len(all); limit++ {
			some := dueCalls(t, store, until, limit)
			require.Equal(t, dueTimes(first(want, limit)), dueTimes(some), "until %s: the first %d", until, limit)
			require.Subset(t, want, some, "until %s: the first %d", until, limit)
		}
	}
}

func dueCalls(t tester, store storage.Store, until time.Time, limit int) []call.DueCall {
	t.Helper()
	due := read(t, store, func(tx storage.Tx) ([]call.DueCall, error) { return tx.DueCalls(until, limit) })
	return append([]call.DueCall(nil), due...)
}

func dueTimes(due []call.DueCall) []time.Time {
	times := make([]time.Time, 0, len(due))
	for _, d := range due {
		times = append(times, d.At)
	}
	return times
}
