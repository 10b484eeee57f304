package follow_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// What the jobs of an erased call have kept of it is gone, and nothing follows from the call any more; the jobs of other
// calls go on, in their turn.
func TestEraseTx(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		errQuotes := errors.New("the provider said: Maria")
		var up atomic.Bool
		defer w.run(options{Plan: laneOf("l"), Do: func(_ context.Context, j follow.Job) (done, error) {
			switch {
			case j.Seq == 1:
				return done{}, &follow.Refused{Err: errQuotes}
			case j.Seq == 2 && !up.Load():
				return done{}, errQuotes
			}
			return made(j), nil
		}})()
		for _, id := range []string{"c1", "c1", "c1", "c2", "c1", "c2"} {
			w.event("acme", id, call.KindCompleted)
		}
		w.event("globex", "c1", call.KindCompleted)
		time.Sleep(soon)
		require.Equal(t, errQuotes.Error(), w.job(1).LastError)
		require.Equal(t, errQuotes.Error(), w.job(2).LastError)
		require.Equal(t, follow.StatePending, w.job(4).State)

		erase := func() {
			require.NoError(t, w.store.Update(t.Context(), func(tx storage.Tx) error {
				return follow.EraseTx(tx, "acme", []string{"c1", "c3"}, call.Now())
			}))
		}
		tries := len(w.job(2).Tries)
		require.Positive(t, tries)
		up.Store(true)
		erase()
		time.Sleep(10 * time.Second)
		require.Equal(t, []follow.State{
			follow.StateFailed, follow.StateCancelled, follow.StateCancelled, follow.StateDone, follow.StateCancelled,
			follow.StateDone,
		}, w.states())
		require.Len(t, w.job(2).Tries, tries, "when it was tried stays")
		for _, j := range w.all("acme") {
			require.Empty(t, j.LastError)
			for _, try := range j.Tries {
				require.Empty(t, try.Error)
			}
		}
		left := w.all("acme")
		erase()
		require.Equal(t, left, w.all("acme"), "to erase again changes nothing")
		require.Len(t, w.all("globex"), 1)
		require.Equal(t, errQuotes.Error(), w.all("globex")[0].LastError, "of another tenant")
	})
}

// A job that is being done is stopped, and its error is not kept when it comes.
func TestEraseTxWhileAJobIsDone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{Do: func(ctx context.Context, _ follow.Job) (done, error) {
			<-ctx.Done()
			return done{}, errors.New("the provider said: Maria")
		}})()
		w.completed()
		time.Sleep(soon)
		require.Equal(t, follow.StateRunning, w.job(1).State)
		require.NoError(t, w.store.Update(t.Context(), func(tx storage.Tx) error {
			return follow.EraseTx(tx, "acme", []string{"c1"}, call.Now())
		}))
		time.Sleep(2 * time.Minute)
		require.Equal(t, follow.StateCancelled, w.job(1).State)
		require.Empty(t, w.job(1).LastError)
		require.Empty(t, w.job(1).Tries)
	})
}
