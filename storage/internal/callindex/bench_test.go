package callindex_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

var benchSizes = []int{100_000, 1_000_000}

// benchQueries are those that people ask, and then such as cost the most.
func benchQueries(n int) []struct {
	name string
	q    call.Query
} {
	month := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	completed := []call.Status{call.Completed}
	var others []call.Status
	for _, s := range call.Statuses() {
		if s != call.Completed {
			others = append(others, s)
		}
	}
	type named = struct {
		name string
		q    call.Query
	}
	list := []named{
		{"first page", call.Query{}},
		{"page 25000", call.Query{Offset: n / 2}},
		{"status department 30 days", call.Query{
			Statuses: completed, Departments: []string{"dep-04"}, From: month, Until: month.AddDate(0, 0, 30),
		}},
		{"agent status", call.Query{Users: []string{"agent-017"}, Statuses: completed}},
		{"search silva", call.Query{Search: "silva"}},
		{"search xavier.q", call.Query{Search: "xavier.q"}},
		{"by duration of a status", call.Query{Statuses: completed, Sort: call.SortDuration}},
		{"by customer name page 500", call.Query{Sort: call.SortCustomerName, Asc: true, Offset: 499 * 20}},

		{"search a", call.Query{Search: "a"}},
		{"search ma", call.Query{Search: "ma"}},
		{"search com", call.Query{Search: "com"}},
		{"search exemplo.com", call.Query{Search: "exemplo.com"}},
		{"search maria", call.Query{Search: "maria"}},
		{"search da silva", call.Query{Search: "da silva"}},
		{"search a.silva", call.Query{Search: "a.silva"}},
		{"search silva9", call.Query{Search: "silva9"}},
		{"search joao.silva1", call.Query{Search: "joao.silva1"}},
		{"search 1234", call.Query{Search: "1234"}},
		{"search 9@mail", call.Query{Search: "9@mail"}},
		{"search silva by name", call.Query{Search: "silva", Sort: call.SortCustomerName, Offset: n / 20}},
		{"all but completed", call.Query{Statuses: others, Sort: call.SortDuration, Asc: true}},
		{"half a year of half", call.Query{
			Departments: halfOfDepartments,
			From:        month, Sort: call.SortUserName, Offset: n / 8,
		}},
		{"100 agents", call.Query{Users: manyUsers(100), Statuses: completed, Sort: call.SortWaitTime, Offset: n / 5}},
	}
	for _, by := range call.Sorts() {
		list = append(list,
			named{fmt.Sprintf("middle by %s", by), call.Query{Sort: by, Offset: n / 2}},
			named{fmt.Sprintf("middle of half by %s", by), call.Query{Sort: by, Asc: true, Offset: n / 4, Departments: halfOfDepartments}},
		)
	}
	for i := range list {
		list[i].q.Tenant = "acme"
	}
	return list
}

var halfOfDepartments = []string{"dep-01", "dep-02", "dep-03", "dep-04", "dep-05", "dep-06"}

func manyUsers(n int) (users []string) {
	for i := range n {
		users = append(users, fmt.Sprintf("agent-%03d", i))
	}
	return users
}

func BenchmarkQuery(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			index := loaded(deskCalls(n))
			for _, c := range benchQueries(n) {
				b.Run(c.name, func(b *testing.B) {
					for b.Loop() {
						index.Query(c.q)
					}
				})
			}
		})
	}
}

// BenchmarkLoad also says what the index takes: of one tenant, of many small ones, and if addresses are random.
func BenchmarkLoad(b *testing.B) {
	for name, change := range map[string]func(i int, c *call.Call){
		"one tenant":       func(int, *call.Call) {},
		"100 calls each":   func(i int, c *call.Call) { c.Tenant = strconv.Itoa(i / 100) },
		"random addresses": func(i int, c *call.Call) { c.Customer.Email = randomLocal(i) + "@mail.example.com" },
	} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				all := deskCalls(n)
				for i := range all {
					change(i, &all[i])
				}
				before := heap()
				for b.Loop() {
					loaded(all)
				}
				index := loaded(all)
				b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
				runtime.KeepAlive(index)
				runtime.KeepAlive(all)
			})
		}
	}
}

// BenchmarkPut is a change of a call that is there, and a new one.
func BenchmarkPut(b *testing.B) {
	for _, n := range benchSizes {
		for name, change := range map[string]func(i int) call.Call{
			"status": func(i int) call.Call {
				c := deskCall(i*7919%n, n)
				c.Status = call.Statuses()[i%7]
				return c
			},
			"erased": func(i int) call.Call {
				c := deskCall(i*7919%n, n)
				c.Customer = call.Customer{Name: "-"}
				return c
			},
			"new": func(i int) call.Call {
				c := deskCall(n+i, n)
				c.Status, c.StartedAt, c.EndedAt, c.Rating, c.User = call.Queued, time.Time{}, time.Time{}, 0, call.Ref{}
				return c
			},
			"out of order": func(i int) call.Call {
				c := deskCall(n+i, n)
				c.ID = deskCall(i*7919%n, n).ID[:13] + c.ID[13:]
				c.InsertedAt = c.InsertedAt.Add(-time.Duration(rand.N(int64(8000 * time.Hour))))
				return c
			},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				const most = 100_000
				changes := make([]callindex.Entry, most)
				for i := range changes {
					changes[i] = callindex.NewEntry(change(i))
				}
				index := loaded(deskCalls(n))
				runtime.GC()
				b.ResetTimer()
				for i := range b.N {
					index.Put("acme", changes[i%most])
				}
			})
		}
	}
}

func BenchmarkNewEntry(b *testing.B) {
	c := deskCall(1, 2)
	for b.Loop() {
		callindex.NewEntry(c)
	}
}

func loaded(calls []call.Call) *callindex.Index {
	var index callindex.Index
	loader := callindex.NewLoader(&index)
	for i := range calls {
		loader.Add(&calls[i])
	}
	loader.Done()
	return &index
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
