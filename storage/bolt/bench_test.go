package bolt_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// BenchmarkTransition is a durable change of a call's state, with so many writers at once: it reads the call, writes
// its row, its limit, its place in the queue, and an event.
func BenchmarkTransition(b *testing.B) {
	const calls = 20_000
	for _, writers := range []int{1, 8, 64} {
		b.Run(strconv.Itoa(writers), func(b *testing.B) {
			s := open(b, newPath(b))
			for n := 0; n < calls; n += 5000 {
				put(b, s, n, n+5000)
			}
			var next atomic.Int64
			b.ResetTimer()
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := s.Update(b.Context(), transition(int(n*7919%calls))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
		})
	}
}

func transition(n int) func(tx storage.Tx) error {
	return func(tx storage.Tx) error {
		c, err := tx.Call("acme", callID(n))
		if err != nil {
			return err
		}
		from := c.Status
		if c.Status = call.Assigned; from == call.Assigned {
			c.Status = call.Queued
		}
		c.AssignedAt = time.Now().UTC()
		if err := tx.PutCall(c); err != nil {
			return err
		}
		_, err = tx.AppendEvent(call.Event{
			Tenant: c.Tenant, CallID: c.ID, Kind: call.KindAssigned, Data: call.Data{From: from, To: c.Status},
		})
		return err
	}
}

// BenchmarkList is a page of 20 rows of 100,000 calls.
func BenchmarkList(b *testing.B) {
	s := open(b, newPath(b))
	for n := 0; n < 100_000; n += 10_000 {
		put(b, s, n, n+10_000)
	}
	for name, q := range map[string]call.Query{
		"first page": {Tenant: "acme"},
		"filtered":   {Tenant: "acme", Departments: []string{"d1"}, Statuses: []call.Status{call.Completed}},
		"search":     {Tenant: "acme", Search: "joao 7"},
		"by rating":  {Tenant: "acme", Sort: call.SortRating},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.ListCalls(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
