package callindex_test

import (
	"fmt"
	"strings"
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
	texts := make(map[string][2]string, n)
	for i := range n {
		c := call.Call{
			Tenant: "acme", ID: fmt.Sprintf("%08x-0000-7000-8000-000000000000", i*7919%n), Status: call.Statuses()[i%7],
			Customer: call.Customer{Name: fmt.Sprint("n", i%500), Email: fmt.Sprintf("%d.x%d@h%d", i, i/30_000, i%3)},
		}
		texts[c.ID] = [2]string{c.Customer.Name, c.Customer.Email}
		loader.Add(&c)
	}
	loader.Done()
	for _, part := range []string{"x2", "x0@h2", "x", "65999.x", "7.", "n499", "h1", "66535.", "nobody"} {
		has := func(id string) bool {
			return strings.Contains(texts[id][0], part) || strings.Contains(texts[id][1], part)
		}
		want := 0
		for id := range texts {
			if has(id) {
				want++
			}
		}
		ids, total := index.Query(call.Query{Tenant: "acme", Search: part, Limit: n})
		require.Equal(t, want, total, part)
		require.Len(t, ids, want, part)
		for _, id := range ids {
			require.True(t, has(id), "%s: %s", part, texts[id])
		}
	}
}
