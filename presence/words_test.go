package presence_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
)

// TestSayingItAgain: what was said once is not changed by saying it again, or by saying less.
func TestSayingItAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id, agent, customer := w.talking(t)
		lose(t, customer)
		lost := w.get(t, id)
		pass(time.Second)
		lose(t, customer)
		assert.Equal(t, lost, w.get(t, id))

		require.NoError(t, customer.Leave(t.Context()), "who was lost can still hang up")
		left := w.get(t, id)
		assert.Equal(t, call.EndNormal, left.EndReason)
		for _, p := range []*presence.Peer{agent, customer} {
			pass(time.Second)
			require.NoError(t, p.Leave(t.Context()))
			require.NoError(t, p.Lost(t.Context()))
		}
		assert.Equal(t, left, w.get(t, id))
		assert.Equal(t, []call.Kind{call.KindDisconnected, call.KindCompleted}, w.kinds(t, id))
	})
}

// TestHangUp: an active call is completed; one that waits is cancelled if the customer leaves it.
func TestHangUp(t *testing.T) {
	for _, side := range sides {
		inWorld(t, func(t *testing.T, w *world) {
			id, agent, customer := w.talking(t)
			pass(time.Minute)
			require.NoError(t, map[call.Side]*presence.Peer{call.SideAgent: agent, call.SideCustomer: customer}[side].Leave(t.Context()))
			c := w.get(t, id)
			assert.Equal(t, call.EndNormal, c.EndReason)
			duration, _ := c.Duration()
			assert.Equal(t, time.Minute, duration)
			w.audit(t, id)
		})
	}
	inWorld(t, func(t *testing.T, w *world) {
		id := w.enqueue(t)
		agent, customer := w.join(t, id, call.SideAgent), w.join(t, id, call.SideCustomer)
		var refused *call.TransitionError
		require.ErrorAs(t, agent.Leave(t.Context()), &refused)
		assert.Equal(t, call.TransitionError{From: call.Queued, Trigger: call.Leave}, *refused)
		assert.True(t, w.get(t, id).AgentConn.Present)
		require.NoError(t, customer.Leave(t.Context()))
		assert.Equal(t, call.Cancelled, w.get(t, id).Status)
	})
}
