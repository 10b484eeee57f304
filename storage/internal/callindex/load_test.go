package callindex_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

// A loaded index is one that was filled by Put: it answers the same, and goes on to do so when its calls change.
func TestLoadedIsFilled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tenants := []string{"acme", "globex", "initech"}
		filled, loaded := new(callindex.Index), new(callindex.Index)
		loader := callindex.NewLoader(loaded)
		calls := map[string]call.Call{}
		for range rapid.IntRange(0, 60).Draw(t, "calls") {
			c := drawCall(t)
			c.Tenant = rapid.SampledFrom(tenants).Draw(t, "tenant")
			if _, there := calls[c.Tenant+c.ID]; there {
				continue
			}
			calls[c.Tenant+c.ID] = c
			filled.Put(c.Tenant, callindex.NewEntry(c))
			loader.Add(&c)
		}
		loader.Done()
		same := func() {
			require.Equal(t, filled.Lengths(), loaded.Lengths())
			for range 10 {
				q := drawQuery(t, calls)
				q.Tenant = rapid.SampledFrom(tenants).Draw(t, "tenant")
				ids, total := filled.Query(q)
				gotIDs, gotTotal := loaded.Query(q)
				require.Equal(t, total, gotTotal, "%+v", q)
				require.Equal(t, ids, gotIDs, "%+v", q)
			}
			for _, c := range calls {
				e, ok := loaded.Get(c.Tenant, c.ID)
				require.True(t, ok)
				require.True(t, e.Equal(callindex.NewEntry(c)))
			}
		}
		same()
		for range rapid.IntRange(0, 20).Draw(t, "changes") {
			c := drawCall(t)
			c.Tenant = rapid.SampledFrom(tenants).Draw(t, "tenant")
			calls[c.Tenant+c.ID] = c
			filled.Put(c.Tenant, callindex.NewEntry(c))
			loaded.Put(c.Tenant, callindex.NewEntry(c))
		}
		same()
	})
}

// So many calls that bitmaps have several pieces.
func TestLoadedInPieces(t *testing.T) {
	t.Parallel()
	const n = 1<<16 + 1000
	var index callindex.Index
	loader := callindex.NewLoader(&index)
	calls := make(map[string]call.Call, n)
	for i := range n {
		c := call.Call{
			Tenant: "acme", ID: fmt.Sprintf("%08x-0000-7000-8000-000000000000", i*7919%n), Status: call.Statuses()[i%7],
			Customer: call.Customer{Name: fmt.Sprint("n", i%500), Email: fmt.Sprintf("%d.x%d@h%d", i, i/30_000, i%3)},
		}
		calls[c.ID] = c
		loader.Add(&c)
	}
	loader.Done()
	for _, q := range []call.Query{
		{Search: "x2"},
		{Search: "x0@h2"},
		{Search: "x"},
		{Search: "65999.x"},
		{Search: "7."},
		{Search: "n499"},
		{Statuses: []call.Status{call.Completed}, Search: "h1", Sort: call.SortCustomerName, Asc: true, Offset: 3000},
	} {
		q.Tenant, q.Limit = "acme", 50
		wantIDs, wantTotal := naive(calls, q)
		ids, total := index.Query(q)
		require.Equal(t, wantTotal, total, "%+v", q)
		require.Equal(t, wantIDs, ids, "%+v", q)
	}
}
