package call_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func loss(side call.Side, epoch uint64, at time.Time) call.Change {
	return call.Change{Trigger: call.Lose, Side: side, Epoch: epoch, At: at}
}

func arrival(side call.Side, at time.Time) call.Change {
	return call.Change{Trigger: call.Join, Side: side, At: at}
}

func seconds(n int) time.Time { return started.Add(time.Duration(n) * time.Second) }

func TestGraceLostAndBack(t *testing.T) {
	for _, side := range both {
		t.Run(string(side), func(t *testing.T) {
			c, events := apply(t, in(t, call.Active), loss(side, 1, seconds(10)))
			assert.Equal(t, call.Participant{Epoch: 1, LostAt: seconds(10), Deadline: seconds(70)}, c.Participant(side))
			assert.True(t, c.Participant(side).Away())
			assert.Equal(t, seconds(10), c.DisconnectedAt)
			assert.Zero(t, c.ReconnectedAt)
			requireKinds(t, kinds(call.KindDisconnected), events)
			assert.Equal(t, call.Data{
				From: call.Active, To: call.Active, Side: side, Epoch: 1, Deadline: seconds(70),
			}, events[0].Data)
			due, ok := c.Due()
			assert.True(t, ok)
			assert.Equal(t, call.Due{At: seconds(70), Trigger: call.GraceLimit, Side: side}, due)

			c, events = apply(t, c, arrival(side, seconds(40)))
			assert.Equal(t, call.Participant{Epoch: 2, Present: true}, c.Participant(side))
			assert.Equal(t, seconds(10), c.DisconnectedAt)
			assert.Equal(t, seconds(40), c.ReconnectedAt)
			requireKinds(t, kinds(call.KindReconnected), events)
			assert.Equal(t, call.Data{From: call.Active, To: call.Active, Side: side, Epoch: 2}, events[0].Data)
			_, _, expired := call.Expire(c, seconds(71))
			assert.False(t, expired, "who came back ends the call all the same")

			c, _ = apply(t, c, loss(side, 2, seconds(50)))
			assert.Equal(t, seconds(50), c.DisconnectedAt)
			assert.Zero(t, c.ReconnectedAt, "a new loss clears the return from the one before")
			c, events, expired = call.Expire(c, seconds(600))
			require.True(t, expired)
			assert.Equal(t, call.Completed, c.Status)
			assert.Equal(t, call.EndDisconnect, c.EndReason)
			assert.Equal(t, seconds(110), c.CompletedAt())
			requireKinds(t, kinds(call.KindCompleted), events)
			assert.Equal(t, seconds(110), events[0].Time)
		})
	}
}

// TestGraceIsOfActiveCallsOnly: phones sleep, and who waits in the queue keeps the place.
func TestGraceIsOfActiveCallsOnly(t *testing.T) {
	for _, status := range []call.Status{call.Queued, call.Assigned} {
		c, events := apply(t, in(t, status), loss(call.SideCustomer, 1, later))
		requireKinds(t, kinds(call.KindLeft), events)
		assert.Equal(t, call.Participant{Epoch: 1, LostAt: later}, c.CustomerConn)
		assert.Zero(t, c.DisconnectedAt)
		assert.Equal(t, status, c.Status)

		c, events = apply(t, c, arrival(call.SideCustomer, later.Add(time.Hour)))
		requireKinds(t, kinds(call.KindJoined), events)
		assert.Equal(t, call.Participant{Epoch: 2, Present: true}, c.CustomerConn)
		assert.Zero(t, c.ReconnectedAt)
	}
}

func TestTakeover(t *testing.T) {
	c, events := apply(t, in(t, call.Active), arrival(call.SideAgent, seconds(5)))
	requireKinds(t, kinds(call.KindJoined), events)
	assert.Equal(t, call.Participant{Epoch: 2, Present: true}, c.AgentConn)
	assert.Zero(t, c.ReconnectedAt, "nobody was away")

	late, events := apply(t, c, loss(call.SideAgent, 1, seconds(6)))
	assert.Equal(t, c, late, "the end of the older connection makes no difference")
	assert.Empty(t, events)
}

func TestBothAway(t *testing.T) {
	c, _ := apply(t, in(t, call.Active),
		loss(call.SideCustomer, 1, seconds(10)), loss(call.SideAgent, 1, seconds(30)))
	assert.Equal(t, seconds(70), c.CustomerConn.Deadline, "each has a deadline of his own")
	assert.Equal(t, seconds(90), c.AgentConn.Deadline)
	due, _ := c.Due()
	assert.Equal(t, call.Due{At: seconds(70), Trigger: call.GraceLimit, Side: call.SideCustomer}, due)

	t.Run("the first that passes ends the call", func(t *testing.T) {
		next, _, ok := call.Expire(c, seconds(1000))
		require.True(t, ok)
		assert.Equal(t, seconds(70), next.CompletedAt())
		_, _, again := call.Expire(next, seconds(2000))
		assert.False(t, again)
	})
	t.Run("one back, the other's deadline stands", func(t *testing.T) {
		next, _ := apply(t, c, arrival(call.SideCustomer, seconds(40)))
		due, _ := next.Due()
		assert.Equal(t, call.Due{At: seconds(90), Trigger: call.GraceLimit, Side: call.SideAgent}, due)
	})
	// The fields hold the last pair of loss and return. The agent was lost last and is not back: there is no return
	// to show, above all not in a call that then ends with the reason disconnect.
	t.Run("a return is not paired with the other's loss", func(t *testing.T) {
		next, _ := apply(t, c, arrival(call.SideCustomer, seconds(40)))
		assert.Equal(t, seconds(30), next.DisconnectedAt)
		assert.Zero(t, next.ReconnectedAt)
	})
}

// TestAwayAtStart: who was present once and is away when the call starts counts as lost from that moment.
func TestAwayAtStart(t *testing.T) {
	for name, test := range map[string]struct {
		away []call.Side
	}{
		"customer": {[]call.Side{call.SideCustomer}},
		"agent":    {[]call.Side{call.SideAgent}},
		"both":     {both},
	} {
		t.Run(name, func(t *testing.T) {
			c := in(t, call.Assigned)
			for _, side := range test.away {
				c, _ = apply(t, c, loss(side, 1, assigned.Add(time.Second)))
			}
			c, events := apply(t, c, call.Change{Trigger: call.Start, Actor: "ana", At: started})
			want := kinds(call.KindStarted)
			for _, side := range test.away {
				want = append(want, call.KindDisconnected)
				assert.Equal(t, call.Participant{Epoch: 1, LostAt: started, Deadline: seconds(60)}, c.Participant(side))
			}
			requireKinds(t, want, events)
			assert.Equal(t, started, c.DisconnectedAt)
			for i, side := range test.away {
				e := events[i+1]
				assert.Equal(t, started, e.Time)
				assert.Empty(t, e.Actor, "nobody did it")
				assert.Equal(t, call.Data{
					From: call.Active, To: call.Active, Side: side, Epoch: 1, Deadline: seconds(60),
				}, e.Data)
			}
		})
	}
}

// TestNeverPresent: a host without presence has no side tracked, and no call ended for it.
func TestNeverPresent(t *testing.T) {
	c := unborn()
	c.Limits.Longest = 0
	c, events := apply(t, c,
		call.Change{Trigger: call.Enqueue, At: joined},
		call.Change{Trigger: call.Assign, User: ana, At: assigned},
		call.Change{Trigger: call.Start, At: started})
	requireKinds(t, kinds(call.KindStarted), events)
	assert.False(t, c.AgentConn.Away())
	_, running := c.Due()
	assert.False(t, running)
	_, events = apply(t, c, loss(call.SideCustomer, 0, later))
	assert.Empty(t, events, "nobody was there to be lost")
}

// TestFirstArrivalInTheCall: coming for the first time is no return.
func TestFirstArrivalInTheCall(t *testing.T) {
	c := unborn()
	c, events := apply(t, c,
		call.Change{Trigger: call.Enqueue, At: joined},
		call.Change{Trigger: call.Assign, User: ana, At: assigned},
		call.Change{Trigger: call.Start, At: started},
		arrival(call.SideCustomer, seconds(3)))
	requireKinds(t, kinds(call.KindJoined), events)
	assert.Zero(t, c.ReconnectedAt)
}

// TestGraceOff: a loss is still told, and nothing ends the call.
func TestGraceOff(t *testing.T) {
	c := in(t, call.Active)
	c.Limits.Grace, c.Limits.Longest = 0, 0
	c, events := apply(t, c, loss(call.SideAgent, 1, later))
	requireKinds(t, kinds(call.KindDisconnected), events)
	assert.Equal(t, call.Participant{Epoch: 1, LostAt: later}, c.AgentConn)
	assert.Equal(t, later, c.DisconnectedAt)
	_, running := c.Due()
	assert.False(t, running)
	_, events = apply(t, c, arrival(call.SideAgent, later.Add(24*time.Hour)))
	requireKinds(t, kinds(call.KindReconnected), events)
}
