package follow_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

var errProvider = errors.New("the provider is down")

// status is an error with a status code, as a queue over HTTP has it.
type status int

func (s status) Error() string   { return fmt.Sprint("status ", int(s)) }
func (s status) Outcome() string { return strconv.Itoa(int(s)) }

func TestAJobIsDoneOnceAndItsResultCommittedWithIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.run(options{})
		defer stop()
		seq := w.completed()
		began := time.Now().UTC()
		time.Sleep(soon)
		j := w.job(seq)
		require.Equal(t, follow.StateDone, j.State)
		require.Equal(t, "made", j.Result)
		require.Equal(t, 1, j.Attempts)
		require.Equal(t, []string{"acme", "q", "work", "c1"}, []string{j.Tenant, j.Queue, j.Kind, j.CallID})
		require.WithinRange(t, j.EndedAt, began, began.Add(soon))
		require.Len(t, j.Tries, 1)
		require.Equal(t, "made", j.Tries[0].Outcome)
		require.Empty(t, j.LastError)
		time.Sleep(time.Hour)
		require.Equal(t, 1, w.made("acme", j.ID))
	})
}

func TestTries(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		after time.Duration // the longest until the next try
		state follow.State
		code  string
	}{
		"an error rests":               {errProvider, 10 * time.Second, follow.StatePending, ""},
		"an error with an outcome":     {fmt.Errorf("sent: %w", status(500)), 10 * time.Second, follow.StatePending, "500"},
		"a refusal is final":           {&follow.Refused{Err: status(400)}, 0, follow.StateFailed, "400"},
		"a wrapped refusal too":        {fmt.Errorf("x: %w", &follow.Refused{}), 0, follow.StateFailed, ""},
		"the provider says when":       {&follow.Later{After: time.Hour, Err: status(429)}, time.Hour, follow.StatePending, "429"},
		"or does not":                  {&follow.Later{}, 10 * time.Second, follow.StatePending, ""},
		"no later than it is given up": {&follow.Later{After: 1e6 * time.Hour}, 24 * time.Hour, follow.StatePending, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				stop := w.run(options{Do: func(context.Context, follow.Job) (done, error) { return done{}, test.err }})
				defer stop()
				seq := w.completed()
				time.Sleep(soon)
				j := w.job(seq)
				require.Equal(t, test.state, j.State)
				require.Equal(t, test.err.Error(), j.LastError)
				require.Equal(t, test.code, j.Tries[0].Outcome)
				require.Equal(t, test.err.Error(), j.Tries[0].Error)
				if test.state == follow.StatePending && test.after < time.Hour {
					last := j.Tries[len(j.Tries)-1].At // a rest may be so short that there were more than one
					require.WithinRange(t, j.Due, last, last.Add(test.after<<(len(j.Tries)-1)))
				} else if test.state == follow.StatePending {
					require.Equal(t, j.Tries[0].At.Add(test.after), j.Due)
				}
			})
		})
	}
}

func TestAJobIsTriedUntilItSucceeds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		tries := 0
		stop := w.run(options{Do: func(_ context.Context, j follow.Job) (done, error) {
			switch tries++; tries {
			case 1:
				return done{}, errProvider
			case 2:
				panic("of Do")
			case 3:
				return done{Commit: func(storage.Tx) error { return errProvider }}, nil
			case 4:
				return done{Commit: func(tx storage.Tx) error {
					_ = tx.PutSetting("made/acme/"+j.ID, []byte("."))
					panic("of Commit")
				}}, nil
			}
			return made(j), nil
		}})
		defer stop()
		seq := w.completed()
		time.Sleep(4 * time.Hour)
		j := w.job(seq)
		require.Equal(t, follow.StateDone, j.State)
		require.Equal(t, 5, j.Attempts)
		require.Equal(t, 1, w.made("acme", j.ID))
		var errs []string
		for _, try := range j.Tries {
			errs = append(errs, try.Error)
		}
		require.Equal(t, []string{errProvider.Error(), "panic: of Do", errProvider.Error(), "panic: of Commit", ""}, errs)
	})
}

func TestAJobIsGivenUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.run(options{Do: func(context.Context, follow.Job) (done, error) { return done{}, errProvider }})
		defer stop()
		seq := w.completed()
		time.Sleep(23 * time.Hour)
		require.Contains(t, []follow.State{follow.StatePending, follow.StateRunning}, w.job(seq).State)
		time.Sleep(time.Hour + soon)
		j := w.job(seq)
		require.Equal(t, follow.StateFailed, j.State)
		require.Equal(t, j.Since.Add(24*time.Hour), j.EndedAt, "the last try is at the limit")
		require.Greater(t, j.Attempts, 24, "at least one an hour")
		require.Less(t, j.Attempts, 120)
		require.Len(t, j.Tries, follow.MaxTries)
	})
}

func TestRunHandsItsJobsBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.run(options{Do: func(ctx context.Context, _ follow.Job) (done, error) {
			<-ctx.Done()
			return done{}, ctx.Err()
		}})
		seq := w.completed()
		time.Sleep(10 * time.Second)
		require.Equal(t, follow.StateRunning, w.job(seq).State)
		began := time.Now()
		stop()
		require.Zero(t, time.Since(began))
		j := w.job(seq)
		require.Equal(t, follow.StatePending, j.State)
		require.Zero(t, j.Attempts)
		require.Empty(t, j.Tries)
		require.False(t, j.Due.After(time.Now()))

		stop = w.run(options{})
		time.Sleep(soon)
		stop()
		require.Equal(t, 1, w.made("acme", j.ID))
	})
}

func TestWhatIsDoneWhenRunEndsIsKept(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.run(options{Do: func(ctx context.Context, j follow.Job) (done, error) {
			<-ctx.Done()
			time.Sleep(3 * time.Second)
			return made(j), nil
		}})
		seq := w.completed()
		time.Sleep(soon)
		stop()
		require.Equal(t, follow.StateDone, w.job(seq).State)
	})
}

func TestADoThatHeedsNothingIsLeftBehind(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		release := make(chan struct{})
		stop := w.run(options{Do: func(_ context.Context, j follow.Job) (done, error) {
			<-release
			return made(j), nil
		}})
		seq := w.completed()
		time.Sleep(soon)
		began := time.Now()
		stop()
		require.LessOrEqual(t, time.Since(began), 5*time.Second)
		require.Equal(t, follow.StateRunning, w.job(seq).State, "the lease stays")
		close(release)
		synctest.Wait()
		require.Zero(t, w.made("acme", jobID(seq)), "what comes later counts for nothing")

		stop = w.run(options{})
		defer stop()
		time.Sleep(30 * time.Second)
		require.Equal(t, follow.StateRunning, w.job(seq).State)
		time.Sleep(30 * time.Second)
		j := w.job(seq)
		require.Equal(t, follow.StateDone, j.State, "until it has run out")
		require.Equal(t, 2, j.Attempts)
	})
}

func TestALeaseLastsAsLongAsItsWorker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var begun atomic.Int32
		slow := options{Do: func(_ context.Context, j follow.Job) (done, error) {
			begun.Add(1)
			time.Sleep(6 * time.Hour)
			return made(j), nil
		}}
		defer w.run(slow)()
		defer w.run(slow)()
		seq := w.completed()
		time.Sleep(7 * time.Hour)
		require.Equal(t, follow.StateDone, w.job(seq).State)
		require.EqualValues(t, 1, begun.Load())
		require.Equal(t, 1, w.made("acme", jobID(seq)))
	})
}

func TestAnExclusiveStoreTakesBackWhatItsLastProcessWasDoing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		release := make(chan struct{})
		defer close(release)
		hang := options{Do: func(context.Context, follow.Job) (done, error) { <-release; return done{}, nil }}
		w.run(hang)()
		for range 1000 {
			w.completed()
		}
		hang.Exclusive, hang.Workers = true, 600
		for deaths := 1; deaths <= 2; deaths++ {
			stop := w.run(hang)
			time.Sleep(soon)
			stop()
		}
		stop := w.run(options{Exclusive: true, Workers: 2000})
		defer stop()
		time.Sleep(soon)
		for _, j := range w.all("acme") {
			require.Equal(t, follow.StateDone, j.State, "%s, after %d attempts", j.ID, j.Attempts)
		}
	})
}

// A job that kills every process which begins it must not do so for ever at full speed.
func TestAJobThatKillsItsWorkers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		release := make(chan struct{})
		defer close(release)
		hang := options{Exclusive: true, Do: func(context.Context, follow.Job) (done, error) { <-release; return done{}, nil }}
		w.run(hang)()
		seq := w.completed()
		for range 3 {
			stop := w.run(hang)
			time.Sleep(soon)
			stop()
		}
		stop := w.run(hang)
		require.Equal(t, follow.StatePending, w.job(seq).State, "it rests")
		stop()
		time.Sleep(25 * time.Hour)
		for w.job(seq).State != follow.StateFailed {
			stop = w.run(hang)
			time.Sleep(soon)
			stop()
		}
		require.Equal(t, "the worker died", w.job(seq).LastError)
	})
}

func TestWorkersAndTargetsAreBounded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var hanging, atOnce atomic.Int32
		var most [6]atomic.Bool // whether so many were at it at once
		release := make(chan struct{})
		o := options{
			Workers: 5, PerTarget: 2,
			Plan: planFor(func(seq uint64) follow.Job {
				target := "hangs"
				if seq > 300 {
					target = fmt.Sprint("fine-", seq%7)
				}
				return follow.Job{Kind: "send", Target: target}
			}),
			Do: func(_ context.Context, j follow.Job) (done, error) {
				most[min(atOnce.Add(1), 6)-1].Store(true)
				defer atOnce.Add(-1)
				if j.Target == "hangs" {
					hanging.Add(1)
					<-release
					return made(j), nil
				}
				time.Sleep(time.Second)
				return made(j), nil
			},
		}
		stop := w.run(o)
		defer stop()
		for range 360 {
			w.completed()
		}
		time.Sleep(soon)
		require.EqualValues(t, 2, hanging.Load())
		time.Sleep(25 * time.Second) // 60 jobs of a second for three workers
		for seq := uint64(301); seq <= 360; seq++ {
			require.Equal(t, follow.StateDone, w.job(seq).State, "job %d waits for others' target", seq)
		}
		require.EqualValues(t, 2, hanging.Load())
		require.True(t, most[4].Load(), "five at once")
		require.False(t, most[5].Load(), "and no more")
		close(release)
		time.Sleep(time.Second)
		require.EqualValues(t, 300, hanging.Load())
	})
}

func TestEndedJobsAreDeleted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		other := options{Name: "other", Keep: time.Hour, Plan: planFor(func(seq uint64) follow.Job {
			return follow.Job{ID: fmt.Sprint("other-", seq)}
		})}
		stop, stopOther := w.run(options{}), w.run(other)
		for range 1200 {
			w.completed()
		}
		time.Sleep(time.Minute)
		stop()
		require.Len(t, w.all("acme"), 1000, "of 2400")
		time.Sleep(2 * time.Hour)
		stopOther()
		require.Len(t, w.all("acme"), 1000)
		for _, j := range w.all("acme") {
			require.Equal(t, "q", j.Queue, "each queue deletes its own")
		}
		time.Sleep(30*24*time.Hour - 3*time.Hour)
		w.run(options{})()
		require.Len(t, w.all("acme"), 1000)
		time.Sleep(3 * time.Hour)
		w.run(options{})()
		require.Empty(t, w.all("acme"))
	})
}

func TestRunRefusesOptionsThatLackSomething(t *testing.T) {
	w := newWorld(t)
	require.Error(t, follow.New(w.store, options{}).Run(t.Context()))
}
