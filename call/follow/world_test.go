package follow_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

type (
	options = follow.Options[storage.Tx]
	done    = follow.Done[storage.Tx]
)

// boss may look after jobs.
var boss = call.Actor{Tenant: "acme", ID: "sam", Role: call.RoleSupervisor}

// world is a store and what is done to it.
type world struct {
	t     *testing.T
	store storage.Store
	jobs  *follow.Jobs
}

func newWorld(t *testing.T) *world { return worldOn(t, memory.New()) }

func worldOn(t *testing.T, store storage.Store) *world {
	return &world{t: t, store: store, jobs: follow.NewJobs(storage.Narrow[follow.Tx](store))}
}

// inWorld runs a test in a bubble, in which time passes when all wait for it.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

// run runs a queue that plans one job for each event, called "job-" and its number, unless o says otherwise, until the
// returned function is called, which waits for its end. It returns once the queue has begun.
func (w *world) run(o options) (stop func()) {
	w.t.Helper()
	if o.Name == "" {
		o.Name = "q"
	}
	o.Jobs = w.jobs
	if o.Plan == nil {
		o.Plan = func(_ context.Context, e call.Event) ([]follow.Job, error) {
			return []follow.Job{{ID: jobID(e.Seq), Kind: "work"}}, nil
		}
	}
	if o.Do == nil {
		o.Do = func(_ context.Context, j follow.Job) (done, error) { return made(j), nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- follow.New(w.store, o).Run(ctx) }()
	synctest.Wait()
	return func() {
		w.t.Helper()
		cancel()
		assert.NoError(w.t, <-ended)
	}
}

func jobID(seq uint64) string { return "job-" + strconv.FormatUint(seq, 10) }

// made is what comes of a job: it counts how often it was committed.
func made(j follow.Job) done {
	return done{Result: "made", Commit: func(tx storage.Tx) error {
		name := "made/" + j.Tenant + "/" + j.ID
		n, err := tx.Setting(name)
		if err != nil {
			return err
		}
		return tx.PutSetting(name, append(n, '.'))
	}}
}

// made returns how often a job was committed.
func (w *world) made(tenant, id string) (times int) {
	w.t.Helper()
	require.NoError(w.t, w.store.View(context.Background(), func(tx storage.Tx) error {
		n, err := tx.Setting("made/" + tenant + "/" + id)
		times = len(n)
		return err
	}))
	return times
}

// event appends an event of a call to a tenant's log.
func (w *world) event(tenant, callID string, kind call.Kind) (seq uint64) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(context.Background(), func(tx storage.Tx) error {
		e, err := tx.AppendEvent(call.Event{Tenant: tenant, CallID: callID, Kind: kind, Time: call.Now()})
		seq = e.Seq
		return err
	}))
	return seq
}

func (w *world) completed() uint64 {
	w.t.Helper()
	return w.event("acme", "c1", call.KindCompleted)
}

// job returns a job of acme as it is when all rest.
func (w *world) job(seq uint64) follow.Job {
	w.t.Helper()
	synctest.Wait()
	j, err := w.jobs.Get(context.Background(), boss, jobID(seq))
	require.NoError(w.t, err)
	return j
}

func (w *world) all(tenant string) []follow.Job {
	w.t.Helper()
	synctest.Wait()
	actor := boss
	actor.Tenant = tenant
	jobs, err := w.jobs.List(context.Background(), actor, follow.Filter{}, "", 1000)
	require.NoError(w.t, err)
	return jobs
}

// soon is longer than a queue takes to notice an event.
const soon = 100 * time.Millisecond

// order is the numbers of jobs in the order in which they were begun.
type order struct {
	mu   sync.Mutex
	seqs []uint64
}

// add returns how many there are then.
func (o *order) add(j follow.Job) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seqs = append(o.seqs, j.Seq)
	return len(o.seqs)
}

func (o *order) all() []uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seqs)
}
