package callindex_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/sample"
)

// Many entries, so that chunks are split and emptied, lists become bitmaps and these lists again.
func TestManyEntries(t *testing.T) {
	t.Parallel()
	const n = 6000
	for name, order := range map[string]int{"in order": 1, "backwards": -1, "scattered": 7919} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(order), 2))
			var index, loaded callindex.Index
			loader := callindex.NewLoader(&loaded)
			calls := map[string]call.Call{}
			for i := range n {
				c := sample.Call(((i*order)%n+n)%n, n)
				calls[c.ID] = c
				index.Put("acme", callindex.NewEntry(c))
				loader.Add(&c)
			}
			loader.Done()
			same := func() {
				for range 15 {
					q := randomQuery(r, calls)
					wantIDs, wantTotal := naive(calls, q)
					for _, index := range []*callindex.Index{&index, &loaded} {
						got, total := index.Query(q)
						require.Equal(t, wantTotal, total, "%+v", q)
						require.Equal(t, wantIDs, got, "%+v", q)
					}
				}
			}
			same()
			for id, c := range calls { // and most are changed in all that they are listed by
				if r.IntN(3) == 0 {
					continue
				}
				other := sample.Call(r.IntN(n), 2*n)
				other.ID, other.Tenant = id, c.Tenant
				other.Customer.Name = other.Customer.Name[1:]
				if r.IntN(2) == 0 {
					other.Department, other.Customer = call.Ref{ID: "one"}, call.Customer{}
				}
				calls[id] = other
				index.Put("acme", callindex.NewEntry(other))
				loaded.Put("acme", callindex.NewEntry(other))
			}
			same()
		})
	}
}

// Calls that came in order are counted by their numbers. One that is moved, taken among others or to another end, makes
// its neighbours be counted one by one.
func TestOneCallAmongMany(t *testing.T) {
	t.Parallel()
	const n = 3000
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var index callindex.Index
		loader := callindex.NewLoader(&index)
		calls := map[string]call.Call{}
		ids := make([]string, n)
		for i := range n {
			c := sample.Call(i, n)
			calls[c.ID], ids[i] = c, c.ID
			loader.Add(&c)
		}
		loader.Done()
		for range 1 + r.IntN(2) {
			c := calls[ids[r.IntN(n)]]
			c.InsertedAt = calls[ids[r.IntN(n)]].InsertedAt
			calls[c.ID] = c
			index.Put("acme", callindex.NewEntry(c))
		}
		for range 5 {
			q := call.Query{
				Tenant: "acme", Statuses: []call.Status{call.Completed}, Sort: call.SortInsertedAt, Asc: r.IntN(2) == 0,
				Offset: r.IntN(n), Limit: 20,
			}
			if r.IntN(2) == 0 {
				after := calls[ids[r.IntN(n)]]
				q.After, q.Offset = &after, r.IntN(1200)
			}
			wantIDs, wantTotal := naive(calls, q)
			got, total := index.Query(q)
			require.Equal(t, wantTotal, total, "%+v", q)
			require.Equal(t, wantIDs, got, "%+v", q)
		}
	}
}

func randomQuery(r *rand.Rand, calls map[string]call.Call) call.Query {
	sorts := call.Sorts()
	q := call.Query{Tenant: "acme", Sort: sorts[r.IntN(len(sorts))], Asc: r.IntN(2) == 0, Limit: 1 + r.IntN(50)}
	q.Offset = r.IntN(2) * r.IntN(len(calls))
	if r.IntN(3) == 0 {
		q.Statuses = call.Statuses()[r.IntN(3):]
	}
	if r.IntN(3) == 0 {
		q.Users = []string{fmt.Sprint("user-", r.IntN(200)), fmt.Sprint("user-", r.IntN(200))}
	}
	if r.IntN(3) == 0 {
		q.Departments = []string{fmt.Sprint("department-", r.IntN(12)), "one"}
	}
	if r.IntN(3) == 0 {
		q.From = time.Date(2025, time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, time.UTC)
		q.Until = q.From.AddDate(0, r.IntN(5), 0)
	}
	if r.IntN(2) == 0 {
		searches := []string{"a", "lv", "com", "silva", "xavier.", "ia.s", "a@e", "11@example", "example.com", "müller", "@", "9@", "nobody"}
		q.Search = searches[r.IntN(len(searches))]
	}
	if r.IntN(3) == 0 {
		for _, c := range calls {
			q.After, q.Offset = &c, q.Offset%100
			break
		}
	}
	return q
}
