package call_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestExpire(t *testing.T) {
	lost := func(side call.Side, at time.Time) call.Call {
		return then(t, in(t, call.Active), loss(side, 1, at))
	}
	for name, test := range map[string]struct {
		call    call.Call
		at      time.Time
		trigger call.Trigger
		side    call.Side
		status  call.Status
		reason  call.EndReason
	}{
		"queue":       {in(t, call.Queued), joined.Add(30 * time.Minute), call.QueueLimit, "", call.Abandoned, call.EndAbandoned},
		"answer":      {in(t, call.Assigned), assigned.Add(time.Minute), call.AnswerLimit, "", call.Missed, call.EndTimeout},
		"longest":     {in(t, call.Active), started.Add(time.Hour), call.LongestLimit, "", call.Completed, call.EndTimeout},
		"grace":       {lost(call.SideAgent, later), later.Add(time.Minute), call.GraceLimit, call.SideAgent, call.Completed, call.EndDisconnect},
		"grace first": {lost(call.SideCustomer, started.Add(58*time.Minute)), started.Add(59 * time.Minute), call.GraceLimit, call.SideCustomer, call.Completed, call.EndDisconnect},
		"longest before grace": {
			lost(call.SideCustomer, started.Add(59*time.Minute+30*time.Second)), started.Add(time.Hour),
			call.LongestLimit, "", call.Completed, call.EndTimeout,
		},
		"grace and longest at once": {
			lost(call.SideCustomer, started.Add(59*time.Minute)), started.Add(time.Hour),
			call.GraceLimit, call.SideCustomer, call.Completed, call.EndDisconnect,
		},
	} {
		t.Run(name, func(t *testing.T) {
			due, ok := test.call.Due()
			require.True(t, ok)
			require.Equal(t, call.Due{At: test.at, Trigger: test.trigger, Side: test.side}, due)

			same, events, ok := call.Expire(test.call, test.at.Add(-time.Microsecond))
			assert.False(t, ok, "a limit passes before its time")
			assert.Equal(t, test.call, same)
			assert.Empty(t, events)

			for _, noticed := range []time.Duration{0, time.Microsecond, time.Hour, 1000 * time.Hour} {
				next, events, ok := call.Expire(test.call, test.at.Add(noticed))
				require.True(t, ok)
				want := test.call
				want.Status, want.EndReason = test.status, test.reason
				want.EndedAt, want.ChangedAt = test.at, test.at
				assert.Equal(t, want, next, "the end bears the limit's time")
				require.Len(t, events, 1)
				assert.Equal(t, test.at, events[0].Time)
				assert.Empty(t, events[0].Actor)
				assert.Equal(t, test.side, events[0].Data.Side)

				_, _, again := call.Expire(next, test.at.Add(9000*time.Hour))
				assert.False(t, again, "a limit passes twice")
			}
		})
	}
}

// TestExpireEnds: whatever is overdue, a call ends once and by what passed first.
func TestExpireEnds(t *testing.T) {
	c := then(t, in(t, call.Active),
		loss(call.SideAgent, 1, started.Add(10*time.Minute)),
		loss(call.SideCustomer, 1, started.Add(10*time.Minute+30*time.Second)))
	next, _, ok := call.Expire(c, started.Add(240*time.Hour)) // two graces and the longest duration have passed
	require.True(t, ok)
	assert.Equal(t, started.Add(11*time.Minute), next.EndedAt)
	assert.Equal(t, call.EndDisconnect, next.EndReason)

	c = then(t, in(t, call.Active), loss(call.SideCustomer, 1, seconds(5)), loss(call.SideAgent, 1, seconds(5)))
	due, _ := c.Due()
	assert.Equal(t, call.SideAgent, due.Side, "on a tie the agent's grace comes first")
}

func TestNothingIsDue(t *testing.T) {
	for _, status := range call.Statuses() {
		c := in(t, status)
		_, running := c.Due()
		assert.Equal(t, !status.Ended(), running, status)

		c.Limits = call.Limits{} // all off
		_, running = c.Due()
		assert.False(t, running, status)
		_, _, ok := call.Expire(c, later.Add(9000*time.Hour))
		assert.False(t, ok, status)
	}
}
