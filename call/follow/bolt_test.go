package follow_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// TestReopen closes a store in a file in the middle of the work, with and without a word to the queue, and goes on.
func TestReopen(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed %t", killed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "voki.db")
			synctest.Test(t, func(t *testing.T) { reopen(t, path, killed) })
		})
	}
}

func reopen(t *testing.T, path string, killed bool) {
	open := func() *world {
		store, err := bolt.Open(path, bolt.Options{})
		require.NoError(t, err)
		return worldOn(t, store)
	}
	closeStore := func(w *world) {
		require.NoError(t, w.store.(storage.Checker).Check(t.Context()))
		require.NoError(t, w.store.Close())
	}
	w := open()
	p := &process{Store: w.store}
	first := *w
	first.store = p
	stop := first.run(options{Exclusive: true, Plan: laneOf("l"), Do: func(ctx context.Context, j follow.Job) (done, error) {
		if j.Seq == 3 {
			<-ctx.Done()
			return done{}, ctx.Err()
		}
		return made(j), nil
	}})
	for range 5 {
		w.completed()
	}
	time.Sleep(soon)
	running := w.job(3)
	require.Equal(t, follow.StateRunning, running.State)
	p.dead.Store(killed)
	stop()
	closeStore(w)

	w = open()
	left := w.job(3)
	if killed {
		require.Equal(t, running, left)
	} else {
		require.Equal(t, follow.StatePending, left.State)
	}
	w.completed()
	stop = w.run(options{Exclusive: true, Plan: laneOf("l")})
	time.Sleep(soon)
	stop()
	closeStore(w)

	w = open()
	for seq := uint64(1); seq <= 6; seq++ {
		require.Equal(t, follow.StateDone, w.job(seq).State, "job %d", seq)
		require.Equal(t, 1, w.made("acme", jobID(seq)), "job %d", seq)
	}
	closeStore(w)
}
