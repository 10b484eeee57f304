package kv_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/avanter/voki/storage/internal/kv"
)

// BenchmarkUpdate is the time of one durable write, with so many writers at once.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(strconv.Itoa(writers), func(b *testing.B) {
			e := openBolt(b, filepath.Join(b.TempDir(), "db"), kv.BoltOptions{})
			value := make([]byte, 300)
			var next atomic.Int64
			b.ResetTimer()
			var all sync.WaitGroup
			for range writers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := e.Update(b.Context(), func(w kv.Writer) (func(), error) {
							w.Put(fmt.Appendf(nil, "%016x", uint64(n)*0x9e3779b97f4a7c15), value)
							return nil, nil
						}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// BenchmarkView is the time of one keyed read from the file.
func BenchmarkView(b *testing.B) {
	e := openBolt(b, filepath.Join(b.TempDir(), "db"), kv.BoltOptions{})
	put(b, e, "k", "v")
	key := []byte("k")
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := e.View(b.Context(), nil, func(r kv.Reader) error {
				r.Get(key)
				return nil
			}); err != nil {
				b.Error(err)
			}
		}
	})
}
