package follow_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// tries is when each try began.
type tries struct {
	mu    sync.Mutex
	began []time.Time
}

// failOnce is Do that fails the first job that it gets, once.
func (t *tries) failOnce() func(context.Context, follow.Job) (done, error) {
	return func(_ context.Context, j follow.Job) (done, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.began = append(t.began, time.Now()); len(t.began) == 1 {
			return done{}, &follow.Later{After: time.Hour, Err: errProvider}
		}
		return made(j), nil
	}
}

// last returns how many there were, and when the last began.
func (t *tries) last() (n int, began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.began), t.began[len(t.began)-1]
}

func TestARetryBeginsAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var all tries
		stop := w.run(options{Do: all.failOnce()})
		seq := w.completed()
		time.Sleep(time.Minute + 1234*time.Millisecond) // not when the queue looks by itself
		for n := range 3 {                              // at first it rests, and then it is done
			began := time.Now()
			_, err := w.jobs.Retry(t.Context(), boss, jobID(seq))
			require.NoError(t, err)
			require.Equal(t, follow.StateDone, w.job(seq).State)
			tried, last := all.last()
			require.Equal(t, n+2, tried)
			require.Zero(t, last.Sub(began))
		}
		stop()
		_, err := w.jobs.Retry(t.Context(), boss, jobID(seq))
		require.NoError(t, err, "nobody is there to be woken")
		require.Equal(t, follow.StatePending, w.job(seq).State)
	})
}

func TestARetryByAnotherProcessBeginsSoon(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var all tries
		stop := w.run(options{Do: all.failOnce()})
		defer stop()
		seq := w.completed()
		time.Sleep(time.Minute + 1234*time.Millisecond)
		_, err := follow.NewJobs(storage.Narrow[follow.Tx](w.store)).Retry(t.Context(), boss, jobID(seq))
		require.NoError(t, err)
		synctest.Wait()
		tried, _ := all.last()
		require.Equal(t, 1, tried)
		time.Sleep(5 * time.Second)
		require.Equal(t, follow.StateDone, w.job(seq).State)
	})
}

func TestACancelGivesTheTurnAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var all tries
		stop := w.run(options{Plan: laneOf("l"), Do: all.failOnce()})
		defer stop()
		first, second := w.completed(), w.completed()
		time.Sleep(time.Minute + 1234*time.Millisecond)
		require.Equal(t, follow.StatePending, w.job(second).State, "the first rests")
		began := time.Now()
		_, err := w.jobs.Cancel(t.Context(), boss, jobID(first))
		require.NoError(t, err)
		require.Equal(t, follow.StateDone, w.job(second).State)
		_, last := all.last()
		require.Zero(t, last.Sub(began))
	})
}
