package callindex_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

// sample is the i-th of many calls such as a company has in a year; the same each time.
func sample(i, n int) call.Call {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	first := []string{"Maria", "João", "José", "Ana", "Antônio", "Francisca", "Luís", "Conceição", "Pedro", "Débora"}
	last := []string{"Silva", "Souza", "Gonçalves", "Araújo", "Conceição", "Lima", "Xavier", "Müller", "Sá", "Assunção"}
	a, b, c := first[r.IntN(10)], last[r.IntN(10)], last[r.IntN(10)]
	department, user := r.IntN(12), r.IntN(200)
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(float64(i) / float64(n) * float64(365*24*time.Hour)))
	v := call.Call{
		Tenant: "acme", ID: fmt.Sprintf("%08x-0000-7000-8000-%012x", i, r.Uint64()>>16),
		Status:     call.Completed,
		Department: call.Ref{ID: fmt.Sprint("department-", department), Name: fmt.Sprint("Departamento ", department)},
		User:       call.Ref{ID: fmt.Sprint("user-", user), Name: fmt.Sprint("Agente ", user)},
		Customer: call.Customer{
			Name: a + " " + b + " " + c, Email: fmt.Sprintf("%s.%s.%d@example.com", call.Fold(a), call.Fold(b), r.IntN(1e6)),
			Phone: "+55 11 99999-0000",
		},
		Reason: "Dúvida sobre a fatura", InsertedAt: at, Rating: r.IntN(6),
	}
	if r.IntN(100) < 85 {
		v.AssignedAt = at.Add(time.Duration(r.IntN(300)) * time.Second)
		v.StartedAt = v.AssignedAt.Add(time.Duration(r.IntN(60)) * time.Second)
		v.EndedAt = v.StartedAt.Add(time.Duration(r.IntN(3600)) * time.Second)
	} else {
		v.Status = call.Statuses()[r.IntN(7)]
	}
	return v
}

func BenchmarkQuery(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		var index callindex.Index
		before := heap()
		for i := range n {
			index.Put("acme", callindex.NewEntry(sample(i, n)))
		}
		memory := heap() - before
		list := index.Pin("acme")
		month := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			name string
			q    call.Query
		}{
			{"first page", call.Query{}},
			{"page in the middle", call.Query{Offset: n / 2}},
			{"status department month", call.Query{
				Statuses: []call.Status{call.Completed}, Departments: []string{"department-3"},
				From: month, Until: month.AddDate(0, 1, 0),
			}},
			{"user status", call.Query{Users: []string{"user-7"}, Statuses: []call.Status{call.Completed}}},
			{"search common", call.Query{Search: "silva"}},
			{"search rare", call.Query{Search: "xavier.99"}},
			{"by duration of a status", call.Query{Statuses: []call.Status{call.Completed}, Sort: call.SortDuration}},
			{"by customer name page 500", call.Query{Sort: call.SortCustomerName, Asc: true, Offset: 499 * 20}},
			{"by customer name, middle", call.Query{Sort: call.SortCustomerName, Asc: true, Offset: n / 2}},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, c.name), func(b *testing.B) {
				for b.Loop() {
					list.Query(c.q)
				}
				b.ReportMetric(float64(memory)/(1<<20), "MiB")
			})
		}
		runtime.KeepAlive(&index)
	}
}

// BenchmarkPut is a change of a call, alone and each after a snapshot was taken.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		var index callindex.Index
		for i := range n {
			index.Put("acme", callindex.NewEntry(sample(i, n)))
		}
		changes := make([]callindex.Entry, 10_000)
		for i := range changes {
			c := sample(i*7919%n, n)
			c.Rating = 5 - c.Rating
			changes[i] = callindex.NewEntry(c)
		}
		for _, pinned := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/pinned=%v", n, pinned), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					if pinned {
						index.Pin("acme")
					}
					index.Put("acme", changes[i%len(changes)])
				}
			})
		}
	}
}

func BenchmarkNewEntry(b *testing.B) {
	c := sample(1, 2)
	for b.Loop() {
		callindex.NewEntry(c)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
