package call_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestChangeTx: a host composes a change with others of its own, and all of them are made or none.
func TestChangeTx(t *testing.T) {
	store := storageOf(newStore(t))
	s := call.NewService(store, call.Options{})
	first, second := enqueue(t, s, maria), enqueue(t, s, maria)
	assignBoth := func(fail error) error {
		return store.Update(t.Context(), func(tx call.Tx) error {
			for _, c := range []call.Call{first, second} {
				got, err := call.ChangeTx(tx, "acme", c.ID, call.Change{Trigger: call.Assign, At: call.Now(), User: ana})
				if err != nil {
					return err
				}
				assert.Equal(t, call.Assigned, got.Status)
			}
			return fail
		})
	}
	changedMind := errors.New("the host has changed its mind")
	require.ErrorIs(t, assignBoth(changedMind), changedMind)
	for _, c := range []call.Call{first, second} {
		assert.Equal(t, c, get(t, s, c.ID))
		requireHistory(t, s, c.ID, call.KindCreated)
	}
	require.NoError(t, assignBoth(nil))
	for _, c := range []call.Call{first, second} {
		assert.Equal(t, call.Assigned, get(t, s, c.ID).Status)
		requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned)
	}
	require.ErrorIs(t, store.Update(t.Context(), func(tx call.Tx) error {
		_, err := call.ChangeTx(tx, "acme", "unknown", call.Change{Trigger: call.Start, At: call.Now()})
		return err
	}), call.ErrNotFound)
}

// TestChangeTxRefused: the refusal comes with the call as it is, after a limit that had passed.
func TestChangeTxRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := storageOf(newStore(t))
		s := call.NewService(store, call.Options{})
		c := enqueue(t, s, maria)
		time.Sleep(time.Hour)
		require.NoError(t, store.Update(t.Context(), func(tx call.Tx) error {
			got, err := call.ChangeTx(tx, "acme", c.ID, call.Change{Trigger: call.Assign, At: call.Now(), User: ana})
			requireRefused(t, err, call.Abandoned, call.Assign)
			assert.Equal(t, call.Abandoned, got.Status)
			return nil
		}))
		assert.Equal(t, call.Abandoned, get(t, s, c.ID).Status)
	})
}
