package follow_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

func TestAJobThatIsNotWantedIsCancelled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{Plan: laneOf("l"), Do: func(_ context.Context, j follow.Job) (done, error) {
			if j.Seq == 1 {
				return done{}, &follow.Unwanted{Err: errProvider}
			}
			return made(j), nil
		}})()
		w.completed()
		w.completed()
		time.Sleep(soon)
		j := w.job(1)
		require.Equal(t, follow.StateCancelled, j.State)
		require.Equal(t, errProvider.Error(), j.LastError)
		require.Empty(t, j.Tries, "it was not tried")
		require.Equal(t, follow.StateDone, w.job(2).State, "the lane goes on at once")
	})
}

func TestNothingIsMissedBehindBegin(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		before := w.completed()
		q := follow.New(w.store, options{
			Name: "q", Plan: laneOf(""), Do: func(_ context.Context, j follow.Job) (done, error) { return made(j), nil },
		})
		require.NoError(t, q.Begin(t.Context()))
		after := w.completed()
		w.event("new", "c1", call.KindCompleted)
		require.NoError(t, q.Begin(t.Context()), "it may be repeated")
		defer w.run(options{})()
		time.Sleep(soon)
		require.Zero(t, w.made("acme", jobID(before)))
		require.Equal(t, 1, w.made("acme", jobID(after)))
		require.Equal(t, 1, w.made("new", jobID(1)))
	})
}
