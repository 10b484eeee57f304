package storagetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testListPaging(t *testing.T, s suite) {
	p := newPair(s.fresh(t))
	p.update(t, putCrowd(7, 40))
	total := list(t, p.store, call.Query{Tenant: "acme"}).Total
	for _, sort := range call.Sorts() {
		for _, asc := range []bool{false, true} {
			q := call.Query{Tenant: "acme", Sort: sort, Asc: asc}
			all := list(t, p.store, q).Calls
			require.Len(t, all, total)

			// By offset, and past the end.
			var byOffset []call.Call
			q.Limit = 7
			for ; q.Offset < total+14; q.Offset += q.Limit {
				page := list(t, p.store, q)
				require.Equal(t, total, page.Total)
				byOffset = append(byOffset, page.Calls...)
			}
			require.Equal(t, ids(all), ids(byOffset), "%s by offset", sort)
			q.Offset = 0

			// By the last row, as it was read.
			var byPlace []call.Call
			for {
				page := list(t, p.store, q)
				require.Equal(t, total, page.Total, "a total does not depend on the place")
				byPlace = append(byPlace, page.Calls...)
				if len(page.Calls) < q.Limit {
					break
				}
				last := page.Calls[len(page.Calls)-1]
				q.After = &last
			}
			require.Equal(t, ids(all), ids(byPlace), "%s by place", sort)
		}
	}
	t.Run("calls that come in do not move the place", func(t *testing.T) { pagingBesideInserts(t, s.fresh(t)) })
	t.Run("the place need not be one of a call", func(t *testing.T) {
		for _, id := range []string{"", "a", "b5", "zzz"} {
			for seconds := range 6 {
				after := newCall("acme", id, seconds)
				p.requireList(t, call.Query{Tenant: "acme", After: &after, Asc: seconds%2 == 0, Statuses: []call.Status{call.Missed}})
			}
		}
	})
}

// pagingBesideInserts reads page after page while calls come in and go elsewhere in the order.
func pagingBesideInserts(t *testing.T, store storage.Store) {
	update(t, store, putCrowd(7, 40))
	all := list(t, store, call.Query{Tenant: "acme"}).Calls
	q := call.Query{Tenant: "acme", Limit: 4}
	var got []string
	for n := 0; ; n++ {
		page := list(t, store, q)
		for _, c := range page.Calls {
			if !strings.HasPrefix(c.ID, "new-") {
				got = append(got, c.ID)
			}
		}
		if len(page.Calls) < q.Limit {
			break
		}
		last := page.Calls[len(page.Calls)-1]
		q.After = &last
		update(t, store, func(tx storage.Tx) error {
			if err := tx.PutCall(newCall("acme", fmt.Sprint("new-", n), 100+n)); err != nil { // newest first: before
				return err
			}
			moved := last // it changes in every value but the one that the order is by
			moved.Rating, moved.Status, moved.Customer.Name = 0, call.Abandoned, "somebody else"
			return tx.PutCall(moved)
		})
	}
	require.Equal(t, ids(all), got)
}
