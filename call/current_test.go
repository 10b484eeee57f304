package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestNobodyNeedNoticeALimit: what is decided by a call's state is decided by the state it has, whether or not
// somebody has noticed yet that a limit passed. Nothing runs here that would.
func TestNobodyNeedNoticeALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{Limits: call.Limits{Longest: time.Hour}})
		c := activate(t, s)
		time.Sleep(2 * time.Hour)
		rated, err := s.Evaluate(t.Context(), "acme", c.ID, 5, "")
		require.NoError(t, err)
		assert.Equal(t, call.EndTimeout, rated.EndReason)
		assert.Equal(t, time.Hour, rated.EndedAt.Sub(rated.StartedAt))
		requireHistory(t, s, c.ID,
			call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted, call.KindEvaluated)
	})
}

// TestLostTogether: of two who were lost at the same moment, the first who is back has not ended the loss.
func TestLostTogether(t *testing.T) {
	c := call.Call{Tenant: "acme", ID: "c1", Status: call.Active, StartedAt: started, Limits: call.Limits{Grace: time.Minute}}
	for _, ch := range []call.Change{
		arrival(call.SideAgent, seconds(1)), arrival(call.SideCustomer, seconds(2)),
		loss(call.SideAgent, 1, seconds(10)), loss(call.SideCustomer, 1, seconds(10)),
	} {
		var err error
		c, _, err = call.Apply(c, ch)
		require.NoError(t, err)
	}
	c, _, err := call.Apply(c, arrival(call.SideCustomer, seconds(20)))
	require.NoError(t, err)
	assert.Zero(t, c.ReconnectedAt, "the agent is still away")
	c, _, err = call.Apply(c, arrival(call.SideAgent, seconds(30)))
	require.NoError(t, err)
	assert.Equal(t, seconds(30), c.ReconnectedAt)
}

func TestChangeNeedsATime(t *testing.T) {
	store := newStore(t)
	s := call.NewService(storageOf(store), call.Options{})
	c := enqueue(t, s, maria)
	err := storageOf(store).Update(t.Context(), func(tx call.Tx) error {
		_, err := call.ChangeTx(tx, "acme", c.ID, call.Change{Trigger: call.Leave, Side: call.SideCustomer})
		return err
	})
	require.ErrorContains(t, err, "Change.At")
	assert.Equal(t, c, get(t, s, c.ID))
}

func TestEventsOfNoTenant(t *testing.T) {
	s := newService(t, call.Options{})
	for _, err := range s.Events(t.Context(), "", 0) {
		require.ErrorIs(t, err, call.ErrTenantNotFound)
	}
}
