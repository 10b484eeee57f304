package follow_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
)

// process runs a queue on a store from which it can be cut off.
func (w *world) process(o options) (p *process, stop func()) {
	w.t.Helper()
	p = &process{Store: w.store}
	cut := *w
	cut.store = p
	return p, cut.run(o)
}

// A worker that comes back when its job has long been another's changes nothing about it, however it ends.
func TestALateWorkerChangesNothing(t *testing.T) {
	for name, end := range map[string]func(j follow.Job) (done, error){
		"done":    func(j follow.Job) (done, error) { return made(j), nil },
		"error":   func(follow.Job) (done, error) { return done{}, errProvider },
		"refused": func(follow.Job) (done, error) { return done{}, &follow.Refused{Err: errProvider} },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				late, stopLate := w.process(options{Do: func(_ context.Context, j follow.Job) (done, error) {
					time.Sleep(70 * time.Second)
					return end(j)
				}})
				defer stopLate()
				seq := w.completed()
				time.Sleep(soon)
				late.dead.Store(true)
				defer w.run(options{Do: func(_ context.Context, j follow.Job) (done, error) {
					time.Sleep(time.Hour)
					return made(j), nil
				}})()
				time.Sleep(66 * time.Second)
				taken := w.job(seq)
				require.Equal(t, 2, taken.Attempts, "the lease of the first has run out")
				late.dead.Store(false)
				time.Sleep(8 * time.Second)
				now := w.job(seq)
				now.Due = taken.Due // it was renewed
				require.Equal(t, taken, now)
				time.Sleep(2 * time.Hour)
				require.Equal(t, follow.StateDone, w.job(seq).State)
				require.Equal(t, 1, w.made("acme", jobID(seq)))
			})
		})
	}
}

// A job of a lane whose worker died comes behind one that was retried meanwhile and stands before it.
func TestALaneWhoseWorkerDied(t *testing.T) {
	for _, exclusive := range []bool{false, true} {
		inWorld(t, func(t *testing.T, w *world) {
			var hang atomic.Bool
			hang.Store(true)
			o := options{Exclusive: exclusive, Plan: laneOf("l"), Do: func(ctx context.Context, j follow.Job) (done, error) {
				if j.Seq == 2 && hang.Load() {
					<-ctx.Done()
				}
				return made(j), nil
			}}
			p, stop := w.process(o)
			w.completed()
			w.completed()
			time.Sleep(soon)
			p.dead.Store(true)
			stop()
			hang.Store(false)
			w.retry(1)
			require.Zero(t, w.job(1).Due, "it waits for the one that runs")

			var begun order
			o.Do = func(_ context.Context, j follow.Job) (done, error) {
				begun.add(j)
				time.Sleep(time.Second)
				return made(j), nil
			}
			defer w.run(o)()
			time.Sleep(70 * time.Second)
			require.Equal(t, []uint64{1, 2}, begun.all())
			require.Equal(t, []follow.State{follow.StateDone, follow.StateDone}, w.states())
		})
	}
}
