package webhook_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/storage/bolt"
)

// BenchmarkBacklog is 6,432 events that wait for a receiver beside two that fail, in a store on a disk: how long it takes
// until the receiver has all of them, how long a fresh event takes meanwhile to one for whom nothing waits, and how long
// somebody waits who writes to the store.
func BenchmarkBacklog(b *testing.B) {
	for b.Loop() {
		benchBacklog(b)
	}
}

func benchBacklog(b *testing.B) {
	// The last three events of each call are those that wait.
	const calls = 2144
	path := filepath.Join(b.TempDir(), "voki.db") // before the world, whose store is closed before it goes
	var got atomic.Int64
	fresh := make(chan struct{}, 1)
	r := newReceiver(b, func(w http.ResponseWriter, rq *http.Request) {
		switch {
		case strings.HasPrefix(rq.URL.Path, "/fails"):
			w.WriteHeader(http.StatusInternalServerError)
		case rq.URL.Path == "/idle":
			fresh <- struct{}{}
		default:
			got.Add(1)
		}
	})
	fine, idle := r.sub("fine"), r.sub("idle")
	fine.Events = []call.Kind{call.KindAssigned, call.KindStarted, call.KindCompleted}
	idle.Events = []call.Kind{call.KindCancelled}
	w := newWorld(b, nil, r.sub("fails"), r.sub("fails-too"), fine, idle)
	var err error
	w.store, err = bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	w.voki, err = voki.New(voki.Options{Store: w.store})
	require.NoError(b, err)
	w.o.Backoff.First, w.o.Backoff.Most = 0, 0
	w.hooks, err = webhook.New(w.voki, w.o)
	require.NoError(b, err)
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for range calls / 16 {
				w.call(true)
			}
		})
	}
	callers.Wait()

	began := time.Now()
	w.run()
	var longest, waited time.Duration
	for ; got.Load() < 3*calls; time.Sleep(100 * time.Millisecond) {
		at := time.Now()
		id := w.call(false)
		waited = max(waited, time.Since(at))
		_, err := w.voki.Calls.Leave(b.Context(), tenant, id, call.SideCustomer)
		require.NoError(b, err)
		<-fresh
		longest = max(longest, time.Since(at))
	}
	b.ReportMetric(time.Since(began).Seconds(), "s/all")
	b.ReportMetric(float64(longest.Milliseconds()), "ms/fresh")
	b.ReportMetric(float64(waited.Milliseconds()), "ms/write")
}
