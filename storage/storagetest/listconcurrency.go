package storagetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testListConcurrency(t *testing.T, s suite) {
	store := s.fresh(t)
	const each = 10 // calls that are queued, and calls that are active, at all times
	update(t, store, func(tx storage.Tx) error {
		for i := range 2 * each {
			c := newCall("acme", fmt.Sprintf("c%02d", i), i)
			if i%2 == 1 {
				c.Status = call.Active
			}
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	})
	const writers, readers, rounds = 4, 2, 20
	var writing atomic.Int32
	writing.Store(writers)
	require.NoError(t, together(writers+readers, func(i int) error {
		if i < writers {
			defer writing.Add(-1)
			return swapStates(store, i, 2*each, rounds)
		}
		for more := true; more; {
			more = writing.Load() > 0
			if err := listedState(store, each); err != nil {
				return err
			}
		}
		return nil
	}))
}

// swapStates lets two calls, of which one is queued and one active, change places, again and again.
func swapStates(store storage.Store, writer, calls, rounds int) error {
	for round := range rounds {
		err := store.Update(context.Background(), func(tx storage.Tx) error {
			wanted := []call.Status{call.Queued, call.Active}
			for n := (writer*7 + round) % calls; len(wanted) > 0; n = (n + 1) % calls {
				c, err := tx.Call("acme", fmt.Sprintf("c%02d", n))
				if err != nil {
					return err
				}
				if c.Status != wanted[0] {
					continue
				}
				wanted = wanted[1:]
				c.Status = map[call.Status]call.Status{call.Queued: call.Active, call.Active: call.Queued}[c.Status]
				if err := tx.PutCall(c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listedState checks that a list is of one state: so many calls of each kind, and as many rows as the total says.
func listedState(store storage.Store, each int) error {
	for _, q := range []call.Query{
		{Statuses: []call.Status{call.Queued}},
		{Statuses: []call.Status{call.Active}, Sort: call.SortStatus},
		{Sort: call.SortStatus, Asc: true},
	} {
		q.Tenant = "acme"
		page, err := store.ListCalls(context.Background(), filledQuery(q))
		if err != nil {
			return err
		}
		counts := map[call.Status]int{}
		for _, c := range page.Calls {
			counts[c.Status]++
		}
		found := ids(page.Calls)
		slices.Sort(found)
		whole := page.Total == len(page.Calls) && len(slices.Compact(found)) == len(page.Calls)
		for status, n := range counts {
			whole = whole && n == each && (len(q.Statuses) == 0 || q.Statuses[0] == status)
		}
		if !whole {
			return fmt.Errorf("a list that is of no state: total %d, %d rows, %v", page.Total, len(page.Calls), counts)
		}
	}
	return nil
}
