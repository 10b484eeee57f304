package follow_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// laneOf plans jobs of one lane.
func laneOf(name string) func(context.Context, call.Event) ([]follow.Job, error) {
	return planFor(func(uint64) follow.Job { return follow.Job{Lane: name} })
}

func (w *world) retry(seq uint64) follow.Job {
	w.t.Helper()
	j, err := w.jobs.Retry(context.Background(), boss, jobID(seq))
	require.NoError(w.t, err)
	return j
}

func (w *world) cancel(seq uint64) follow.Job {
	w.t.Helper()
	j, err := w.jobs.Cancel(context.Background(), boss, jobID(seq))
	require.NoError(w.t, err)
	return j
}

func (w *world) states() (states []follow.State) {
	w.t.Helper()
	for _, j := range w.all("acme") {
		states = append(states, j.State)
	}
	return states
}

func TestTheJobsOfALaneAreDoneInOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		down.Store(true)
		var begun order
		defer w.run(options{Plan: laneOf("l"), Do: func(_ context.Context, j follow.Job) (done, error) {
			if j.Seq == 2 && down.Load() {
				return done{}, errProvider
			}
			begun.add(j) // of one lane, one at a time
			time.Sleep(time.Second)
			return made(j), nil
		}})()
		for range 4 {
			w.completed()
		}
		time.Sleep(5 * time.Minute)
		require.Equal(t, []uint64{1}, begun.all())
		require.Equal(t, follow.StatePending, w.job(2).State)
		require.False(t, w.job(2).Due.IsZero())
		require.Zero(t, w.job(3).Due, "it waits for its turn")
		down.Store(false)
		w.retry(2)
		time.Sleep(10 * time.Second)
		require.Equal(t, []uint64{1, 2, 3, 4}, begun.all())
	})
}

// The next of a lane has its turn when the one before it fails for good or is cancelled, too.
func TestALaneGoesOnBehindWhatEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{Plan: laneOf("l"), Do: func(ctx context.Context, j follow.Job) (done, error) {
			switch j.Seq {
			case 1:
				return done{}, &follow.Refused{Err: errProvider}
			case 2, 4:
				<-ctx.Done()
				return made(j), nil
			}
			return made(j), nil
		}})()
		for range 5 {
			w.completed()
		}
		time.Sleep(soon)
		require.Equal(t, follow.StateFailed, w.job(1).State)
		require.Equal(t, follow.StateRunning, w.job(2).State)
		w.cancel(3)
		w.cancel(2)
		time.Sleep(10 * time.Second)
		require.Equal(t, follow.StatePending, w.job(4).State, "the one that is stopped may still be at it")
		time.Sleep(time.Minute + 5*time.Second)
		require.Equal(t, follow.StateRunning, w.job(4).State)
		w.cancel(4)
		time.Sleep(time.Minute + 5*time.Second)
		require.Equal(t, []follow.State{
			follow.StateFailed, follow.StateCancelled, follow.StateCancelled, follow.StateCancelled, follow.StateDone,
		}, w.states())
		require.Zero(t, w.made("acme", jobID(2)), "what a cancelled job made is dropped")
	})
}

// Whoever is retried comes back at his old place, behind whoever is being done.
func TestRetryInALane(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var begun order
		slow := func(_ context.Context, j follow.Job) (done, error) {
			n := begun.add(j)
			time.Sleep(time.Minute)
			if j.Seq == 3 && n < 4 {
				return done{}, errProvider
			}
			return made(j), nil
		}
		defer w.run(options{Plan: laneOf("l"), Do: slow})()
		for range 4 {
			w.completed()
		}
		time.Sleep(2*time.Minute + 30*time.Second)
		require.Equal(t, []uint64{1, 2, 3}, begun.all())
		w.retry(2)
		w.retry(1)
		w.cancel(4)
		require.Zero(t, w.job(1).Due, "nothing that waits gives its turn away")
		require.Equal(t, follow.StateRunning, w.job(3).State)
		require.Equal(t, follow.StatePending, w.job(1).State)
		time.Sleep(20 * time.Minute)
		require.Equal(t, []uint64{1, 2, 3, 1, 2, 3}, begun.all())
		require.Equal(t, []follow.State{
			follow.StateDone, follow.StateDone, follow.StateDone, follow.StateCancelled,
		}, w.states())
	})
}

// One that is retried while the first of its lane rests goes before it.
func TestRetryBeforeOneThatRests(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var begun order
		defer w.run(options{Plan: laneOf("l"), Do: func(_ context.Context, j follow.Job) (done, error) {
			if begun.add(j) == 2 {
				return done{}, &follow.Later{After: time.Hour}
			}
			return made(j), nil
		}})()
		w.completed()
		w.completed()
		time.Sleep(soon)
		require.Equal(t, []uint64{1, 2}, begun.all())
		w.retry(1)
		time.Sleep(10 * time.Second)
		require.Equal(t, []uint64{1, 2, 1, 2}, begun.all())
	})
}

func TestRetry(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var calls atomic.Int32
		defer w.run(options{Do: func(_ context.Context, j follow.Job) (done, error) {
			switch calls.Add(1) {
			case 1:
				return done{}, &follow.Later{After: 10 * time.Hour, Err: errProvider}
			case 2:
				time.Sleep(time.Minute)
				return done{}, &follow.Refused{Err: errProvider}
			}
			return made(j), nil
		}})()
		seq := w.completed()
		time.Sleep(time.Hour)
		j := w.retry(seq)
		require.Zero(t, j.Attempts)
		require.Empty(t, j.LastError)
		require.Equal(t, j.CreatedAt, j.Due, "before what was planned after it")
		require.Equal(t, time.Hour, j.Since.Sub(j.CreatedAt).Round(time.Minute))
		time.Sleep(6 * time.Second)
		_, err := w.jobs.Retry(t.Context(), boss, jobID(seq))
		require.ErrorIs(t, err, follow.ErrState, "it is running")
		time.Sleep(time.Minute)
		require.Equal(t, follow.StateFailed, w.job(seq).State)

		j = w.retry(seq)
		require.Equal(t, follow.StatePending, j.State)
		require.Zero(t, j.EndedAt)
		time.Sleep(6 * time.Second)
		j = w.job(seq)
		require.Equal(t, follow.StateDone, j.State)
		require.Len(t, j.Tries, 3, "what was tried before is remembered")
		w.retry(seq)
		time.Sleep(6 * time.Second)
		require.Equal(t, 2, w.made("acme", j.ID), "what is done is done again if somebody says so")
	})
}

func TestACancelledJobIsStopped(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var cause error
		defer w.run(options{Do: func(ctx context.Context, j follow.Job) (done, error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return made(j), nil
		}})()
		seq := w.completed()
		time.Sleep(soon)
		j := w.cancel(seq)
		require.Equal(t, follow.StateCancelled, j.State)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.ErrorIs(t, cause, follow.ErrLost)
		require.Equal(t, follow.StateCancelled, w.job(seq).State)
		require.Zero(t, w.made("acme", j.ID))
		_, err := w.jobs.Cancel(t.Context(), boss, j.ID)
		require.ErrorIs(t, err, follow.ErrState)
	})
}

func TestJobsAreForSupervisorsOfTheirTenant(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{})()
		seq := w.completed()
		time.Sleep(soon)
		for _, a := range []call.Actor{{Tenant: "acme", Role: call.RoleAttendant}, {Tenant: "acme"}} {
			_, err := w.jobs.List(t.Context(), a, follow.Filter{}, "", 0)
			require.ErrorIs(t, err, call.ErrForbidden)
			for _, do := range w.oneJob() {
				_, err := do(t.Context(), a, jobID(seq))
				require.ErrorIs(t, err, call.ErrForbidden)
			}
		}
		stranger := call.Actor{Tenant: "globex", Role: call.RoleOwner}
		for what, do := range w.oneJob() {
			for _, id := range []string{jobID(seq), "", "nothing", "a\x00b"} {
				_, err := do(t.Context(), stranger, id)
				require.ErrorIs(t, err, follow.ErrNoJob, "%s %q", what, id)
			}
		}
		require.Empty(t, w.all("globex"))
	})
}

func (w *world) oneJob() map[string]func(context.Context, call.Actor, string) (follow.Job, error) {
	return map[string]func(context.Context, call.Actor, string) (follow.Job, error){
		"Get": w.jobs.Get, "Retry": w.jobs.Retry, "Cancel": w.jobs.Cancel,
	}
}

func TestListOfJobs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{Plan: func(_ context.Context, e call.Event) ([]follow.Job, error) {
			return []follow.Job{
				{ID: fmt.Sprintf("%04d-a", e.Seq), Kind: "a", Target: "t"}, {ID: fmt.Sprintf("%04d-b", e.Seq), Kind: "b", CallID: "c2"},
			}, nil
		}, Do: func(_ context.Context, j follow.Job) (done, error) {
			if j.Kind == "b" {
				return done{}, &follow.Refused{}
			}
			return done{}, nil
		}})()
		for range 600 {
			w.completed()
		}
		time.Sleep(time.Minute)
		ids := func(f follow.Filter, after string, limit int) (ids []string) {
			jobs, err := w.jobs.List(t.Context(), boss, f, after, limit)
			require.NoError(t, err)
			for _, j := range jobs {
				ids = append(ids, j.ID)
			}
			return ids
		}
		require.Len(t, ids(follow.Filter{}, "", 0), 100)
		require.Len(t, ids(follow.Filter{}, "", 1e6), 1000)
		require.Equal(t, []string{"0001-a", "0001-b", "0002-a"}, ids(follow.Filter{}, "", 3))
		require.Equal(t, []string{"0002-b", "0003-b"}, ids(follow.Filter{States: []follow.State{follow.StateFailed}}, "0001-b", 2))
		require.Equal(t, []string{"0001-b"}, ids(follow.Filter{CallID: "c2"}, "", 1))
		require.Equal(t, []string{"0001-a"}, ids(follow.Filter{Target: "t", Queue: "q", CallID: "c1"}, "", 1))
		require.Empty(t, ids(follow.Filter{Queue: "other"}, "", 1))
	})
}
