package bolt_test

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/internal/sample"
)

// BenchmarkOpen is the time to open a file of so many calls and to answer a list, with the file in memory and without,
// the processor time of all threads for it, and the memory that the list then takes. The file of a million calls has
// 0.5 GB; to make it takes a minute.
func BenchmarkOpen(b *testing.B) {
	for _, calls := range []int{100_000, 1_000_000} {
		path := newPath(b)
		fill := sync.OnceFunc(func() { fillYear(b, path, calls) })
		for _, name := range []string{"warm", "cold"} {
			b.Run(fmt.Sprint(calls, "/", name), func(b *testing.B) {
				fill()
				var used, memory float64
				for b.Loop() {
					b.StopTimer()
					if name == "cold" {
						forget(b, path)
					}
					before, began := heap(), cpuSeconds(b)
					b.StartTimer()
					s, err := bolt.Open(path, bolt.Options{})
					require.NoError(b, err)
					page, err := s.ListCalls(b.Context(), call.Query{Tenant: "acme", Search: "silva"})
					require.NoError(b, err)
					require.NotEmpty(b, page.Calls)
					b.StopTimer()
					used += cpuSeconds(b) - began
					memory = float64(heap()-before) / (1 << 20)
					require.NoError(b, s.Close())
					b.StartTimer()
				}
				b.ReportMetric(used/float64(b.N), "cpu-s/op")
				b.ReportMetric(memory, "MiB")
			})
		}
	}
}

// fillYear makes a store of the calls of a year, each with an event.
func fillYear(b *testing.B, path string, calls int) {
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	const some = 10_000
	for n := 0; n < calls; n += some {
		require.NoError(b, s.Update(b.Context(), func(tx storage.Tx) error {
			for i := n; i < n+some; i++ {
				c := sample.Call(i, calls)
				if err := tx.PutCall(c); err != nil {
					return err
				}
				if _, err := tx.AppendEvent(call.Event{Tenant: c.Tenant, CallID: c.ID, Kind: call.KindCreated}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	require.NoError(b, s.Close())
}

// forget has the system drop what it has of a file in memory. What is below the system may still have it.
func forget(b *testing.B, path string) {
	const dontNeed = 4 // POSIX_FADV_DONTNEED
	f, err := os.Open(path)
	require.NoError(b, err)
	defer f.Close()
	require.NoError(b, f.Sync()) // what is not on the disk yet is not dropped
	_, _, failure := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0)
	require.Zero(b, failure)
}

func cpuSeconds(b *testing.B) float64 {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
