package callindex_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

var (
	names    = []string{"", "Maria", "MARIA", "João", "joao", "José da Silva", "Ana Söderström", "ß", "ﬁ", "日本", "e\u0301"}
	mails    = []string{"", "maria@x.com", "joao@silva.net", "ÉLAN@x.com", "a@b@x.com", "a", "o@", "@", "silva.maria"}
	searches = []string{
		"", "", "JOAO", "ã", "silva", "x.com", "mariam", "%", "ss", "é", "a", "ia", "ria", "a@x", "o@", "@", "@x", "lan@x.c",
		"a@b", "b@x", "a@b@", "@silva.net", "maria@", "日", "\xff", "a\x00",
	}
	ids = []string{"", "1", "2", "3"}
)

// instant draws from few times, so that ties are likely, also ties of the second alone.
func instant(t *rapid.T, what string, none bool) time.Time {
	if none && rapid.IntRange(0, 3).Draw(t, what+" is there") == 0 {
		return time.Time{}
	}
	micros := rapid.Int64Range(-3, 12).Draw(t, what) * 500_000
	return time.UnixMicro(micros + rapid.Int64Range(0, 1).Draw(t, what+" µs")).UTC()
}

// drawID draws a UUID, or what nearly is one, or another text: they are kept in different ways.
func drawID(t *rapid.T) string {
	n := rapid.IntRange(0, 25).Draw(t, "id")
	form := rapid.SampledFrom([]string{"c%d", "0000000%d-0000-7000-8000-000000000000", "A0000000-0000-7000-8000-0000000000%02d"}).Draw(t, "form")
	return fmt.Sprintf(form, n)
}

func drawCall(t *rapid.T) call.Call {
	return call.Call{
		Tenant:     "acme",
		ID:         drawID(t),
		Status:     rapid.SampledFrom(call.Statuses()).Draw(t, "status"),
		Department: call.Ref{ID: rapid.SampledFrom(ids).Draw(t, "dep"), Name: rapid.SampledFrom(names).Draw(t, "dep name")},
		User:       call.Ref{ID: rapid.SampledFrom(ids).Draw(t, "user"), Name: rapid.SampledFrom(names).Draw(t, "user name")},
		Customer:   call.Customer{Name: rapid.SampledFrom(names).Draw(t, "name"), Email: rapid.SampledFrom(mails).Draw(t, "mail")},
		Rating:     rapid.IntRange(0, 5).Draw(t, "rating"),
		InsertedAt: instant(t, "inserted", true),
		StartedAt:  instant(t, "started", true),
		EndedAt:    instant(t, "ended", true),
	}
}

func drawQuery(t *rapid.T, calls map[string]call.Call) call.Query {
	whichever := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, "any "+what) > 0 }
	some := func(what string, from []string) []string {
		if whichever(what) {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(append([]string{"?"}, from...)), 0, 3).Draw(t, what)
	}
	q := call.Query{
		Tenant:      "acme",
		Departments: some("deps", ids),
		Users:       some("users", ids),
		Search:      rapid.SampledFrom(searches).Draw(t, "search"),
		Sort:        rapid.SampledFrom(call.Sorts()).Draw(t, "sort"),
		Asc:         rapid.Bool().Draw(t, "asc"),
		Offset:      rapid.SampledFrom([]int{0, 0, 1, 7, 40, 1 << 62}).Draw(t, "offset"),
		Limit:       rapid.SampledFrom([]int{1, 3, 10, 10_000}).Draw(t, "limit"),
	}
	if !whichever("status") {
		q.Statuses = rapid.SliceOfN(rapid.SampledFrom(call.Statuses()), 0, 3).Draw(t, "statuses")
	}
	if rapid.Bool().Draw(t, "between") {
		q.From, q.Until = instant(t, "from", true), instant(t, "until", true)
		if rapid.Bool().Draw(t, "finer than what is kept") && !q.From.IsZero() {
			q.From = q.From.Add(1)
		}
	}
	switch rapid.IntRange(0, 3).Draw(t, "after") {
	case 0:
		after := drawCall(t) // which may never have been there, or have been another
		q.After = &after
	case 1:
		for _, id := range slices.Sorted(keys(calls)) {
			after := calls[id]
			q.After = &after
			break
		}
	}
	return q
}

func keys(calls map[string]call.Call) func(func(string) bool) {
	return func(yield func(string) bool) {
		for id := range calls {
			if !yield(id) {
				return
			}
		}
	}
}

func TestQueryIsFilterAndSort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var index callindex.Index
		calls := map[string]call.Call{}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "calls") {
					c := drawCall(t)
					index.Put("acme", callindex.NewEntry(c))
					calls[c.ID] = c
				}
			},
			"change": func(t *rapid.T) {
				for _, id := range slices.Sorted(keys(calls)) {
					c := calls[id]
					c.Status = rapid.SampledFrom(call.Statuses()).Draw(t, "status")
					index.Put("acme", callindex.NewEntry(c))
					calls[id] = c
					return
				}
			},
			"query": func(t *rapid.T) {
				q := drawQuery(t, calls)
				wantIDs, wantTotal := naive(calls, q)
				got, total := index.Query(q)
				require.Equal(t, wantTotal, total, "%+v", q)
				require.Equal(t, wantIDs, got, "%+v", q)
			},
			"other tenant": func(t *rapid.T) {
				c := drawCall(t)
				index.Put("globex", callindex.NewEntry(c))
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(calls), index.Lengths()["acme"])
				for id, c := range calls {
					got, ok := index.Get("acme", id)
					require.True(t, ok)
					require.Equal(t, callindex.NewEntry(c), got)
					c.Rating = -1
					require.NotEqual(t, callindex.NewEntry(c), got)
				}
			},
		})
	})
}

func TestAfterGoesOnWhereAPageEnded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var index callindex.Index
		calls := map[string]call.Call{}
		for range 100 {
			c := drawCall(t)
			index.Put("acme", callindex.NewEntry(c))
			calls[c.ID] = c
		}
		q := drawQuery(t, calls)
		q.After, q.Offset, q.Limit = nil, 0, call.MaxLimit
		all, total := index.Query(q)
		require.Len(t, all, total)

		q.Limit = rapid.IntRange(1, 9).Draw(t, "page size")
		read := []string{}
		for {
			page, n := index.Query(q)
			require.Equal(t, total, n)
			read = append(read, page...)
			if len(page) < q.Limit {
				break
			}
			last := calls[page[len(page)-1]]
			q.After = &last
		}
		require.Equal(t, all, read)
	})
}

// The number of a name that nobody has any more goes to another name, and none of its calls with it.
func TestNameThatWasGivenUp(t *testing.T) {
	t.Parallel()
	var index callindex.Index
	put := func(id, name string) {
		index.Put("acme", callindex.NewEntry(call.Call{ID: id, Customer: call.Customer{Name: name}}))
	}
	put("a", "Xu")
	put("a", "Yu")
	put("b", "Wu")
	ids, total := index.Query(call.Query{Tenant: "acme", Search: "wu"})
	require.Equal(t, 1, total)
	require.Equal(t, []string{"b"}, ids)
}
