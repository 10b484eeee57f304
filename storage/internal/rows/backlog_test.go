package rows_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
)

// counted is an engine that counts what is read of it.
type counted struct {
	*kv.Memory
	mu      sync.Mutex
	updates int // in all
	inOne   int // the most that one Update has read
	reads   int // of all Updates
}

func (c *counted) Update(ctx context.Context, fn func(kv.Writer) (func(), error)) error {
	return c.Memory.Update(ctx, func(w kv.Writer) (func(), error) {
		counting := &countingWriter{Writer: w}
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.updates++
			c.inOne = max(c.inOne, counting.reads)
			c.reads += counting.reads
		}()
		return fn(counting)
	})
}

func (c *counted) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.updates, c.inOne, c.reads = 0, 0, 0
}

type countingWriter struct {
	kv.Writer
	reads int
}

func (w *countingWriter) Get(key []byte) ([]byte, bool) {
	w.reads++
	return w.Writer.Get(key)
}

func (w *countingWriter) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for k, v := range w.Writer.Ascend(from, to) {
			w.reads++
			if !yield(k, v) {
				return
			}
		}
	}
}

// backlog puts so many jobs of each sort that a claim has nothing to do with, beside some that are due.
func backlog(tx storage.Tx, jobs int, now time.Time) (full map[follow.Target]int, err error) {
	full = map[follow.Target]int{}
	put := func(n int, sort string, change func(j *follow.Job)) {
		j := follow.Job{
			Tenant: "acme", ID: fmt.Sprintf("%s-%05d", sort, n), Queue: "q", Target: sort, CallID: sort, Seq: uint64(n),
			State: follow.StatePending, Due: now.Add(time.Duration(n-jobs-1) * time.Second),
		}
		change(&j)
		err = errors.Join(err, tx.PutJob(j))
	}
	for n := range jobs {
		for _, busy := range []string{"busy", "busy too"} {
			full[follow.Target{Tenant: "acme", Name: busy}] = 4
			put(n, busy, func(*follow.Job) {})
		}
		put(n, "rests", func(j *follow.Job) {
			j.Target, j.Due = fmt.Sprint("target ", n), now.Add(time.Hour)
		})
		put(n, "in line", func(j *follow.Job) { j.Lane, j.Due = "lane", time.Time{} })
		put(n, "done", func(j *follow.Job) { j.State, j.Due, j.EndedAt = follow.StateDone, time.Time{}, now })
		put(n, "elsewhere", func(j *follow.Job) { j.Queue = "r" })
		put(n, "fine", func(j *follow.Job) { j.Due = now })
	}
	for n := range 4 {
		put(n, "runs", func(j *follow.Job) {
			j.Target, j.State, j.Due = "busy", follow.StateRunning, now.Add(time.Minute)
		})
	}
	return full, err
}

// What a worker's next job costs, and what is done with it, does not depend on how many jobs wait.
func TestJobsThatWaitAreNotRead(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0).UTC()
	reads := map[int][]int{}
	for _, jobs := range []int{10, 6400} {
		engine := &counted{Memory: kv.NewMemory()}
		db := rows.New(engine)
		var full map[follow.Target]int
		step := func(fn func(tx storage.Tx) error) {
			engine.reset()
			require.NoError(t, db.Update(t.Context(), fn))
			reads[jobs] = append(reads[jobs], engine.reads)
		}
		require.NoError(t, db.Update(t.Context(), func(tx storage.Tx) (err error) {
			full, err = backlog(tx, jobs, now)
			return err
		}))
		room := follow.Room{Limit: 8, PerTarget: 4, Active: full}
		var due []follow.Job
		step(func(tx storage.Tx) (err error) {
			due, err = tx.DueJobs("q", now, room)
			return err
		})
		require.Len(t, due, 4)
		step(func(tx storage.Tx) error { // when there may be something to do again
			room.Limit, full[follow.Target{Tenant: "acme", Name: "fine"}] = 1, 4
			next, err := tx.DueJobs("q", now.Add(1000*time.Hour), room)
			require.Len(t, next, 1)
			require.Equal(t, now.Add(time.Hour), next[0].Due)
			return err
		})
		step(func(tx storage.Tx) error {
			running, err := tx.RunningJobs("q", 100)
			require.Len(t, running, 4)
			return err
		})
		for _, j := range due {
			step(func(tx storage.Tx) error { // taken, and failed
				j.State, j.Due = follow.StateRunning, now.Add(time.Minute)
				return tx.PutJob(j)
			})
			step(func(tx storage.Tx) error {
				j.State, j.Due = follow.StatePending, now.Add(time.Second)
				return tx.PutJob(j)
			})
		}
		step(func(tx storage.Tx) error {
			of, err := tx.Jobs("acme", follow.Filter{CallID: "runs"}, "", 100)
			require.Len(t, of, 4)
			return err
		})
		require.NoError(t, db.Check(t.Context()))
	}
	require.Equal(t, reads[10], reads[6400])
	require.Less(t, reads[6400][0], 25, "what is due")
}

// The transactions of a queue, for which all writers of the store wait, stay small while thousands of its jobs wait for
// receivers that fail or hang.
func TestTransactionsOfAQueueStaySmall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &counted{Memory: kv.NewMemory()}
		db := rows.New(engine)
		var mu sync.Mutex
		sent := map[string]int{}
		q := follow.New[storage.Tx](db, follow.Options[storage.Tx]{
			Name: "q", Workers: 64, PerTarget: 4,
			Plan: func(_ context.Context, e call.Event) (jobs []follow.Job, err error) {
				for _, target := range []string{"fine", "fails", "hangs"} {
					jobs = append(jobs, follow.Job{
						ID: fmt.Sprintf("%06d %s", e.Seq, target), Target: target, Lane: target + " " + e.CallID,
					})
				}
				return jobs, nil
			},
			Do: func(ctx context.Context, j follow.Job) (done follow.Done[storage.Tx], err error) {
				mu.Lock()
				sent[j.Target]++
				mu.Unlock()
				switch {
				case strings.HasPrefix(j.Target, "hangs"):
					select {
					case <-time.After(15 * time.Second):
					case <-ctx.Done():
					}
					fallthrough
				case j.Target == "fails":
					return done, errors.New("no answer")
				}
				return done, nil
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		synctest.Wait()
		const events = 1600
		for n := range events {
			require.NoError(t, db.Update(ctx, func(tx storage.Tx) error {
				_, err := tx.AppendEvent(call.Event{Tenant: "acme", CallID: fmt.Sprint("c", n), Kind: call.KindCreated})
				return err
			}))
		}
		engine.reset()
		time.Sleep(time.Minute)
		stop()
		require.NoError(t, <-ended)
		require.Equal(t, events, sent["fine"])
		require.Greater(t, sent["fails"], events)
		perJob := float64(engine.reads) / float64(sent["fine"]+sent["fails"]+sent["hangs"])
		t.Logf("%d Updates; one has read up to %d entries, all %.1f for a try", engine.updates, engine.inOne, perJob)
		require.Less(t, engine.inOne, 500)
		require.Less(t, perJob, 30.0)
		require.NoError(t, db.Check(context.WithoutCancel(ctx)))
	})
}
