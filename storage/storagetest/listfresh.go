package storagetest

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// testListFresh changes what no list filters or sorts by: a store that remembers rows must notice that as well.
func testListFresh(t *testing.T, s suite) {
	store := s.fresh(t)
	const pairs = 4
	update(t, store, func(tx storage.Tx) error {
		for i := range 2 * pairs {
			if err := tx.PutCall(newCall("acme", fmt.Sprintf("c%02d", i), i)); err != nil {
				return err
			}
		}
		return nil
	})
	before := list(t, store, call.Query{Tenant: "acme"})
	c := before.Calls[0]
	c.Notes = "noted"
	update(t, store, func(tx storage.Tx) error { return tx.PutCall(c) })
	require.Equal(t, "noted", list(t, store, call.Query{Tenant: "acme"}).Calls[0].Notes)

	const writers, readers, rounds = 2, 2, 100
	var writing atomic.Int32
	writing.Store(writers)
	written := make([]atomic.Int64, pairs) // what both calls of a pair have been given for good
	require.NoError(t, together(writers+readers, func(i int) error {
		if i < writers {
			defer writing.Add(-1)
			for n := range rounds {
				pair := i + writers*(n%(pairs/writers))
				if err := commentPair(store, pair, n+1); err != nil {
					return err
				}
				written[pair].Store(int64(n + 1))
			}
			return nil
		}
		for more := true; more; {
			more = writing.Load() > 0
			if err := listedPairs(store, written); err != nil {
				return err
			}
		}
		return nil
	}))
}

// commentPair gives both calls of a pair a comment in one transaction.
func commentPair(store storage.Store, pair, n int) error {
	return store.Update(context.Background(), func(tx storage.Tx) error {
		for i := 2 * pair; i < 2*pair+2; i++ {
			c, err := tx.Call("acme", fmt.Sprintf("c%02d", i))
			if err != nil {
				return err
			}
			c.Comment = strconv.Itoa(n)
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// listedPairs checks that a list shows both calls of each pair in one state, and none that is older than the last one
// that was written before it was asked for.
func listedPairs(store storage.Store, written []atomic.Int64) error {
	least := make([]int64, len(written))
	for i := range written {
		least[i] = written[i].Load()
	}
	page, err := store.ListCalls(context.Background(), filledQuery(call.Query{Tenant: "acme", Asc: true}))
	if err != nil {
		return err
	}
	for i := range least {
		one, other := page.Calls[2*i].Comment, page.Calls[2*i+1].Comment
		n, _ := strconv.ParseInt(one, 10, 64) // none is 0
		if one != other || n < least[i] {
			return fmt.Errorf("a list that is of no state, or too old: %q and %q, at least %d", one, other, least[i])
		}
	}
	return nil
}
