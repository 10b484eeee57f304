package presence_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var ana = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}

var sides = []call.Side{call.SideAgent, call.SideCustomer}

// grace is the only limit of the calls of a world.
const grace = time.Minute

// tester is what a test and a case of package rapid have in common.
type tester interface {
	require.TestingT
	Helper()
}

// world is a process on a store. It is made inside a bubble.
type world struct {
	store storage.Store
	v     *voki.Voki
	stop  func() // ends what runs in the process, and waits for it
}

func newWorld(t tester, store storage.Store) *world {
	t.Helper()
	w := &world{store: store}
	w.boot(t)
	return w
}

// inWorld runs a story in a bubble, on a store in memory.
func inWorld(t *testing.T, story func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newStore(t))
		story(t, w)
		w.stop()
	})
}

// boot starts the process, and waits until it has nothing more to do.
func (w *world) boot(t tester) {
	t.Helper()
	v, err := voki.New(voki.Options{
		Store: w.store, Limits: call.Limits{Queue: -1, Answer: -1, Grace: grace, Longest: -1},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- v.Run(ctx) }()
	w.v, w.stop = v, sync.OnceFunc(func() { cancel(); <-done })
	synctest.Wait()
}

// crash ends the process without a word from its peers, and starts another after a while.
func (w *world) crash(t tester, down time.Duration) {
	t.Helper()
	w.stop()
	time.Sleep(down)
	w.boot(t)
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) enqueue(t tester) string {
	t.Helper()
	c, err := w.v.Calls.Enqueue(context.Background(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	return c.ID
}

func (w *world) assign(t tester, id string) {
	t.Helper()
	_, err := w.v.Calls.Assign(context.Background(), ana, id, "")
	require.NoError(t, err)
}

func (w *world) start(t tester, id string) {
	t.Helper()
	_, err := w.v.Calls.Start(context.Background(), ana, id)
	require.NoError(t, err)
}

func (w *world) join(t tester, id string, side call.Side) *presence.Peer {
	t.Helper()
	p, err := w.v.Presence.Join(context.Background(), "acme", id, side)
	require.NoError(t, err)
	return p.Peer
}

// talking returns an active call with both sides present.
func (w *world) talking(t tester) (id string, agent, customer *presence.Peer) {
	t.Helper()
	id = w.enqueue(t)
	customer = w.join(t, id, call.SideCustomer)
	w.assign(t, id)
	agent = w.join(t, id, call.SideAgent)
	w.start(t, id)
	return id, agent, customer
}

func (w *world) get(t tester, id string) call.Call {
	t.Helper()
	c, err := w.v.Calls.Get(context.Background(), ana, id)
	require.NoError(t, err)
	return c
}

func (w *world) timeline(t tester, id string) []call.Event {
	t.Helper()
	events, err := w.v.Calls.Timeline(context.Background(), ana, id)
	require.NoError(t, err)
	return events
}

// kinds returns what the log has of a call behind its start.
func (w *world) kinds(t tester, id string) (kinds []call.Kind) {
	t.Helper()
	started := false
	for _, e := range w.timeline(t, id) {
		if started {
			kinds = append(kinds, e.Kind)
		}
		started = started || e.Kind == call.KindStarted
	}
	return kinds
}

// ended requires that a call was ended by a grace, at that time, and that the log says so once.
func (w *world) ended(t tester, id string, at time.Time) {
	t.Helper()
	c := w.get(t, id)
	require.Equal(t, call.Completed, c.Status)
	require.Equal(t, call.EndDisconnect, c.EndReason)
	require.Equal(t, at.UTC(), c.CompletedAt())
	w.audit(t, id)
}

// audit requires that the log of a call makes sense, and agrees with the call. That of a call in which somebody is away
// has to have an end in sight.
func (w *world) audit(t tester, id string) {
	t.Helper()
	c := w.get(t, id)
	log := w.timeline(t, id)
	conns := map[call.Side]call.Participant{}
	var status call.Status
	var last time.Time
	for _, e := range log {
		require.Equal(t, status, e.Data.From, "%s does not follow", e.Kind)
		require.False(t, status.Ended(), "%s after the end", e.Kind)
		require.False(t, e.Time.Before(last), "%s goes back in time", e.Kind)
		status, last = e.Data.To, e.Time
		p := conns[e.Data.Side]
		switch e.Kind {
		case call.KindJoined, call.KindReconnected:
			require.Equal(t, p.Epoch+1, e.Data.Epoch, "each join has the next epoch")
			require.Equal(t, e.Kind == call.KindReconnected, status == call.Active && p.Away())
			conns[e.Data.Side] = call.Participant{Epoch: e.Data.Epoch, Present: true}
		case call.KindLeft, call.KindDisconnected:
			require.Equal(t, p.Epoch, e.Data.Epoch, "who is lost is the newest")
			require.Equal(t, e.Kind == call.KindDisconnected, status == call.Active)
			p.Present, p.LostAt = false, e.Time
			if status == call.Active {
				p.Deadline = e.Time.Add(grace)
			}
			require.Equal(t, p.Deadline, e.Data.Deadline)
			conns[e.Data.Side] = p
		}
		for _, p := range conns {
			if e.Kind == call.KindCompleted && p.Away() {
				require.False(t, p.Deadline.Before(e.Time), "a deadline had passed before the end")
			}
		}
	}
	require.Equal(t, c.Status, status)
	require.Equal(t, conns[call.SideAgent], c.AgentConn)
	require.Equal(t, conns[call.SideCustomer], c.CustomerConn)
	for _, p := range conns {
		if status == call.Active && p.Away() {
			require.False(t, p.Deadline.IsZero(), "nothing will end the call")
			require.LessOrEqual(t, time.Until(p.Deadline), grace)
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func assertStaysActive(t *testing.T, w *world, id string) {
	t.Helper()
	pass(time.Hour)
	assert.Equal(t, call.Active, w.get(t, id).Status)
	w.audit(t, id)
}

func newStore(t testing.TB) storage.Store {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return store
}

// newBareStore returns one that the caller closes.
func newBareStore() storage.Store { return memory.New() }
