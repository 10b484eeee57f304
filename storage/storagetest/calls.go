package storagetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testCalls(t *testing.T, s suite) {
	t.Run("what was put comes back in every field", func(t *testing.T) {
		store := s.fresh(t)
		for i, status := range call.Statuses() {
			for _, reason := range []call.EndReason{"", call.EndNormal, call.EndTimeout, call.EndDisconnect, call.EndAbandoned} {
				c := filled[call.Call](i + 1)
				c.Status, c.EndReason = status, reason
				roundTripCall(t, store, c)
			}
		}
	})
	t.Run("a field without a value stays without", func(t *testing.T) {
		store := s.fresh(t)
		for _, status := range call.Statuses() {
			full := filled[call.Call](1)
			roundTripCall(t, store, full)
			roundTripCall(t, store, call.Call{Tenant: full.Tenant, ID: full.ID, Status: status})
		}
	})
	t.Run("extremes", func(t *testing.T) {
		store := s.fresh(t)
		c := newCall("acme", strings.Repeat("日", call.MaxID/3), 0)
		c.Status, c.EndReason = call.Completed, call.EndNormal
		c.InsertedAt = time.Unix(0, 0).UTC() // not "no value"
		c.StartedAt = time.Unix(0, 1000).UTC()
		c.EndedAt = endOfTime
		c.Customer.Name = strings.Repeat("𝄞", call.MaxName)
		c.Reason = strings.Repeat("\t'\"\\\r\n%_\u202e\x01", call.MaxText/10)
		c.Notes = strings.Repeat("𝄞", call.MaxText)
		c.Comment = " "
		roundTripCall(t, store, c)
	})
	t.Run("what is not there is not found", func(t *testing.T) {
		store := s.fresh(t)
		update(t, store, func(tx storage.Tx) error { return tx.PutCall(newCall("acme", "c1", 0)) })
		view(t, store, func(tx storage.Tx) error {
			for _, k := range []call.Key{key("acme", "c2"), key("acme", "c"), key("acme", "c11"), key("globex", "c1"), key("", "")} {
				c, err := tx.Call(k.Tenant, k.ID)
				require.ErrorIs(t, err, call.ErrNotFound, "%q", k)
				require.Zero(t, c)
			}
			return nil
		})
	})
	t.Run("the last put counts", func(t *testing.T) {
		store := s.fresh(t)
		last := filled[call.Call](3)
		update(t, store, func(tx storage.Tx) error {
			for seed := range 4 {
				c := filled[call.Call](seed)
				c.Tenant, c.ID = last.Tenant, last.ID
				if err := tx.PutCall(c); err != nil {
					return err
				}
			}
			return nil
		})
		require.Equal(t, last, getCall(t, store, last.Tenant, last.ID))
	})
}

// roundTripCall puts c, and looks for it inside the transaction, after it, and in the list.
func roundTripCall(t *testing.T, store storage.Store, c call.Call) {
	t.Helper()
	var inside call.Call
	update(t, store, func(tx storage.Tx) (err error) {
		if err := tx.PutCall(c); err != nil {
			return err
		}
		inside, err = tx.Call(c.Tenant, c.ID)
		return err
	})
	require.Equal(t, c, inside, "inside the transaction")
	require.Equal(t, c, getCall(t, store, c.Tenant, c.ID), "after the transaction")
	page := list(t, store, call.Query{Tenant: c.Tenant})
	require.Equal(t, call.Page{Calls: []call.Call{c}, Total: 1}, page, "in the list")
	require.True(t, c == page.Calls[0], "times are to be UTC, so that calls can be compared by ==")
}

func getCall(t tester, store storage.Store, tenant, id string) call.Call {
	t.Helper()
	return read(t, store, func(tx storage.Tx) (call.Call, error) { return tx.Call(tenant, id) })
}
