package follow_test

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// planFor plans one job for each event.
func planFor(job func(seq uint64) follow.Job) func(context.Context, call.Event) ([]follow.Job, error) {
	return func(_ context.Context, e call.Event) ([]follow.Job, error) {
		j := job(e.Seq)
		j.ID = cmp.Or(j.ID, jobID(e.Seq))
		return []follow.Job{j}, nil
	}
}

func TestAQueueBeginsAtTheEndOfTheLogsThatAreThere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for i := range 1200 {
			w.event(fmt.Sprint("tenant-", i), "c1", call.KindCompleted)
		}
		w.completed()
		stop := w.run(options{})
		w.event("later", "c1", call.KindCompleted)
		second := w.completed()
		time.Sleep(soon)
		stop()
		require.Empty(t, w.all("tenant-7"))
		require.Len(t, w.all("later"), 1)
		require.Equal(t, jobID(second), w.all("acme")[0].ID)
		require.Len(t, w.all("acme"), 1)

		missed := w.completed() // while nothing runs
		w.event("later still", "c1", call.KindCompleted)
		stop = w.run(options{})
		defer stop()
		time.Sleep(soon)
		require.Equal(t, follow.StateDone, w.job(missed).State)
		require.Len(t, w.all("later still"), 1)
	})
}

func TestImportedCallsArePlannedForNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{})()
		w.event("acme", "c1", call.KindImported)
		seq := w.completed()
		w.event("acme", "c1", call.KindImported)
		time.Sleep(soon)
		require.Equal(t, follow.StateDone, w.job(seq).State)
		require.Len(t, w.all("acme"), 1)
	})
}

func TestAPlanThatFailsHoldsUpNoOtherTenant(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var down atomic.Bool
		var asked atomic.Int32
		down.Store(true)
		defer w.run(options{Plan: func(_ context.Context, e call.Event) ([]follow.Job, error) {
			if e.Tenant == "acme" && e.Seq == 3 && down.Load() {
				if asked.Add(1) == 2 {
					panic("of Plan")
				}
				return nil, errProvider
			}
			return []follow.Job{{ID: jobID(e.Seq)}}, nil
		}})()
		for range 5 {
			w.completed()
		}
		time.Sleep(soon)
		w.event("globex", "c1", call.KindCompleted)
		time.Sleep(soon)
		require.Len(t, w.all("globex"), 1)
		require.Len(t, w.all("acme"), 2, "what came before it")
		time.Sleep(10 * time.Minute)
		require.Greater(t, asked.Load(), int32(8))
		require.Less(t, asked.Load(), int32(30), "it is not asked without a pause")
		down.Store(false)
		time.Sleep(time.Minute + 5*time.Second)
		require.Len(t, w.all("acme"), 5)
	})
}

func TestAJobThatCannotBeIsAPlanThatFailed(t *testing.T) {
	for _, j := range []follow.Job{
		{}, {ID: "a\x00b"}, {ID: string(make([]byte, follow.MaxName+1))}, {ID: "a", Lane: "\xff"}, {ID: "a", Target: "\n"},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			defer w.run(options{Plan: func(context.Context, call.Event) ([]follow.Job, error) { return []follow.Job{j}, nil }})()
			w.completed()
			time.Sleep(time.Minute)
			require.Empty(t, w.all("acme"))
			require.NoError(t, w.store.Update(t.Context(), func(storage.Tx) error { return nil }))
		})
	}
}

func TestEventsWithoutJobsArePassedWithFewWrites(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var planned atomic.Int32
		nothing := func(context.Context, call.Event) ([]follow.Job, error) {
			planned.Add(1)
			return nil, nil
		}
		cursor := func() (seq uint64) {
			require.NoError(t, w.store.View(t.Context(), func(tx storage.Tx) (err error) {
				seq, _, err = tx.Cursor("q", "acme")
				return err
			}))
			return seq
		}
		stop := w.run(options{Plan: nothing})
		for range 30 {
			w.completed()
		}
		time.Sleep(soon)
		require.EqualValues(t, 30, planned.Load())
		require.Zero(t, cursor())
		time.Sleep(15 * time.Second)
		require.EqualValues(t, 30, cursor(), "the row follows")
		stop()
		defer w.run(options{Plan: nothing})()
		time.Sleep(time.Minute)
		require.EqualValues(t, 30, planned.Load(), "and nothing is planned again")
	})
}

func TestTwoQueuesOfOneNamePlanEachEventOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for range 3 {
			defer w.run(options{})()
		}
		for range 500 {
			w.completed()
			w.event("globex", "c1", call.KindStarted)
			if w.event("initech", "c1", call.KindStarted)%100 == 0 {
				time.Sleep(30 * time.Millisecond)
			}
		}
		time.Sleep(20 * time.Second)
		for seq := uint64(1); seq <= 500; seq++ {
			require.Equal(t, 1, w.made("acme", jobID(seq)), "job %d", seq)
			require.Equal(t, 1, w.made("globex", jobID(seq)), "job %d", seq)
			require.Equal(t, 1, w.made("initech", jobID(seq)), "job %d", seq)
		}
	})
}

func TestWhatIsPlannedTwiceIsThereOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		defer w.run(options{Plan: func(_ context.Context, _ call.Event) ([]follow.Job, error) {
			return []follow.Job{{ID: "the same", Lane: "l"}, {ID: "the same"}}, nil
		}})()
		for range 3 {
			w.completed()
			time.Sleep(soon)
		}
		require.Len(t, w.all("acme"), 1)
		require.Equal(t, 1, w.made("acme", "the same"))
		require.EqualValues(t, 1, w.all("acme")[0].Seq)
	})
}
