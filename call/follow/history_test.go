package follow_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// TestHistories lets processes come, work and die in any order while events happen and people interfere, and then looks
// whether every job was committed once, in the order of its lane, and none is stuck.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 10, 80).Draw(rt, "steps")
		exclusive := rapid.Bool().Draw(rt, "exclusive")
		var problems []string
		synctest.Test(t, func(t *testing.T) { problems = newHistory(t, exclusive).live(steps) })
		if len(problems) > 0 {
			rt.Fatalf("%v: %q", steps, problems)
		}
	})
}

type step struct {
	What string
	N    int
}

func drawStep(rt *rapid.T) step {
	what := rapid.SampledFrom([]string{"event", "event", "event", "sleep", "sleep", "nap", "kill", "start", "stop", "retry", "retry", "cancel", "cut", "mend"})
	return step{What: what.Draw(rt, "what"), N: rapid.IntRange(0, 999).Draw(rt, "n")}
}

// history is a world with up to two processes, one where the store is exclusive.
type history struct {
	*world
	exclusive bool
	processes [2]*process
	events    uint64
	redone    map[string]int // how often a job that was done was retried
	calm      atomic.Bool    // whatever is done succeeds

	mu       sync.Mutex
	retried  map[string]bool // before it is: what is done meanwhile may see it
	problems []string
}

func newHistory(t *testing.T, exclusive bool) *history {
	h := &history{world: newWorld(t), exclusive: exclusive, redone: map[string]int{}, retried: map[string]bool{}}
	h.start(0)
	return h
}

func (h *history) problem(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, fmt.Sprintf(format, args...))
}

// process is one that runs a queue. While it is dead, or merely cut off, the store hears nothing of it.
type process struct {
	storage.Store
	dead atomic.Bool
	stop func()
}

var errDead = errors.New("the process is dead, or cut off")

func (p *process) View(ctx context.Context, fn func(storage.Tx) error) error {
	if p.dead.Load() {
		return errDead
	}
	return p.Store.View(ctx, fn)
}

func (p *process) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if p.dead.Load() {
		return errDead
	}
	return p.Store.Update(ctx, fn)
}

func (h *history) start(n int) {
	if h.exclusive {
		n = 0
	}
	if h.processes[n] != nil {
		return
	}
	p := &process{Store: h.store}
	h.processes[n] = p
	running := *h.world
	running.store = p
	p.stop = running.run(options{
		Plan: h.plan, Do: h.do, Workers: 3, PerTarget: 2, Exclusive: h.exclusive,
		Backoff: follow.Backoff{First: time.Second, Most: time.Minute}, GiveUp: 6 * time.Hour,
	})
}

func (h *history) end(n int, dead bool) {
	if p := h.processes[n]; p != nil {
		p.dead.Store(dead)
		p.stop()
		h.processes[n] = nil
	}
}

func (h *history) live(steps []step) []string {
	for _, s := range steps {
		switch n := s.N % 2; s.What {
		case "event":
			for range 1 + s.N%3 {
				h.events = h.completed()
			}
		case "sleep":
			time.Sleep(time.Duration(s.N) * 300 * time.Millisecond)
		case "nap":
			time.Sleep(time.Duration(s.N) * time.Millisecond)
		case "kill":
			h.end(n, true)
		case "stop":
			h.end(n, false)
		case "start":
			h.start(n)
		case "cut", "mend":
			if p := h.processes[n]; p != nil {
				p.dead.Store(s.What == "cut")
			}
		default:
			h.interfere(s)
		}
		synctest.Wait()
		h.lookAtLanes()
	}
	h.calm.Store(true)
	h.end(0, false)
	h.start(0)
	time.Sleep(2 * time.Hour)
	h.end(0, false)
	h.end(1, false)
	h.judge()
	return h.problems
}

func (h *history) interfere(s step) {
	jobs := h.all("acme")
	if len(jobs) == 0 {
		return
	}
	j := jobs[s.N%len(jobs)]
	if s.What == "cancel" {
		_, err := h.jobs.Cancel(context.Background(), boss, j.ID)
		assert.Equal(h.t, j.State.Ended(), err != nil)
		return
	}
	h.mu.Lock()
	h.retried[j.ID] = h.retried[j.ID] || j.State != follow.StateRunning
	h.mu.Unlock()
	_, err := h.jobs.Retry(context.Background(), boss, j.ID)
	assert.Equal(h.t, j.State == follow.StateRunning, err != nil)
	if err == nil && j.State == follow.StateDone {
		h.redone[j.ID]++
	}
}

// plan gives two of three events a job in one of two lanes, and the third one beside all others.
func (h *history) plan(_ context.Context, e call.Event) ([]follow.Job, error) {
	j := follow.Job{ID: jobID(e.Seq), Target: []string{"", "t", "u"}[e.Seq%3]}
	if e.Seq%3 > 0 {
		j.Lane = fmt.Sprint("lane-", e.Seq%3)
	}
	if !h.calm.Load() && dice(j.ID, e.Seq, time.Now())%5 == 0 {
		return nil, errProvider
	}
	return []follow.Job{j}, nil
}

// do takes its time, and ends in one of all ways.
func (h *history) do(ctx context.Context, j follow.Job) (done, error) {
	d := dice(j.ID, uint64(j.Attempts), time.Now())
	took := time.NewTimer(time.Duration(d%200) * time.Second)
	defer took.Stop()
	select {
	case <-took.C:
	case <-ctx.Done():
		if d%2 == 0 {
			return done{}, ctx.Err()
		}
	}
	if !h.calm.Load() {
		switch d / 200 % 8 {
		case 0:
			return done{}, errProvider
		case 1:
			return done{}, &follow.Later{After: time.Minute}
		case 2:
			panic("of Do")
		case 3:
			return done{}, &follow.Refused{}
		}
	}
	it := made(j)
	return done{Commit: func(tx storage.Tx) error {
		if j.Lane != "" {
			first, err := tx.LaneJobs(j.Tenant, j.Lane, 1)
			if err != nil {
				return err
			}
			h.mu.Lock()
			retried := h.retried[first[0].ID]
			h.mu.Unlock()
			if first[0].ID != j.ID && !retried {
				h.problem("%s is done before %s of the same lane", j.ID, first[0].ID)
			}
		}
		return it.Commit(tx)
	}}, nil
}

// dice is a number that depends on all that it is given, and on nothing else.
func dice(id string, n uint64, at time.Time) uint64 {
	f := fnv.New64a()
	fmt.Fprint(f, id, n, at.UnixNano())
	return f.Sum64() >> 8
}

// lookAtLanes looks whether of each lane one job has the turn.
func (h *history) lookAtLanes() {
	turns, open := map[string]int{}, map[string]bool{}
	for _, j := range h.all("acme") {
		if j.Lane != "" && !j.State.Ended() {
			open[j.Lane] = true
			if !j.Due.IsZero() {
				turns[j.Lane]++
			}
		}
	}
	for lane := range open {
		if turns[lane] != 1 {
			h.problem("%d jobs of %s have the turn", turns[lane], lane)
		}
	}
}

func (h *history) judge() {
	there := map[string]follow.Job{}
	for _, j := range h.all("acme") {
		there[j.ID] = j
	}
	for seq := uint64(1); seq <= h.events; seq++ {
		j, ok := there[jobID(seq)]
		want := h.redone[j.ID]
		if j.State == follow.StateDone {
			want++
		}
		switch got := h.made("acme", jobID(seq)); {
		case !ok:
			h.problem("event %d was forgotten", seq)
		case !j.State.Ended():
			h.problem("%s is stuck: %+v", j.ID, j)
		case got != want:
			h.problem("%s was committed %d times instead of %d: %+v", j.ID, got, want, j)
		}
	}
	require.Len(h.t, there, int(h.events))
}
