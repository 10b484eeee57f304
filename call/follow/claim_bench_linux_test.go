package follow_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// BenchmarkClaim is a job from when a worker is free until it is done, beside so many that are due for targets which are
// busy: it must cost the same however many they are.
func BenchmarkClaim(b *testing.B) {
	for _, backlog := range []int{100, 10_000, 100_000} {
		b.Run(strconv.Itoa(backlog), func(b *testing.B) { benchClaim(b, backlog) })
	}
}

func benchClaim(b *testing.B, backlog int) {
	store, err := bolt.Open(filepath.Join(b.TempDir(), "voki.db"), bolt.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	now := call.Now().Add(-time.Hour)
	putDue(b, store, backlog, now, func(n int) string { return fmt.Sprint("busy-", n%2) })
	putDue(b, store, b.N, now.Add(time.Minute), func(n int) string { return fmt.Sprint("fine-", n%2) })
	finished := make(chan struct{}, 64)
	q := follow.New(store, options{
		Name: "q", Workers: 4, PerTarget: 1,
		Plan: func(context.Context, call.Event) ([]follow.Job, error) { return nil, nil },
		Do: func(ctx context.Context, j follow.Job) (done, error) {
			if strings.HasPrefix(j.Target, "busy") {
				<-ctx.Done()
				return done{}, ctx.Err()
			}
			finished <- struct{}{}
			return done{Result: "made"}, nil
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	before := cpuTime()
	b.ResetTimer()
	go func() { ended <- q.Run(ctx) }()
	for range b.N {
		<-finished
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	stop()
	require.NoError(b, <-ended)
}

// putDue writes jobs that are due from a time on, a microsecond after each other.
func putDue(b *testing.B, store storage.Store, jobs int, from time.Time, target func(n int) string) {
	for first := 0; first < jobs; first += 1000 {
		require.NoError(b, store.Update(b.Context(), func(tx storage.Tx) error {
			for n := first; n < min(first+1000, jobs); n++ {
				at := from.Add(time.Duration(n) * time.Microsecond)
				err := tx.PutJob(follow.Job{
					Tenant: "acme", ID: fmt.Sprintf("%s-%07d", target(n), n), Queue: "q", Target: target(n), Seq: uint64(n),
					State: follow.StatePending, Due: at, CreatedAt: at, Since: call.Now(),
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// cpuTime is what the process has used of all processors.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
