package storagetest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// The limits are tested inside bubbles of testing/synctest, whose time passes when all are waiting for it.

func testLimits(t *testing.T, s suite) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := s.open(t, dir)
		service := call.NewService(storage.NarrowCalls(store), call.Options{})
		defer runService(t, service)()
		queued, assigned := enqueue(t, service), enqueue(t, service)
		agent := call.Actor{Tenant: "acme", ID: "ana", Role: call.RoleAttendant}
		time.Sleep(29 * time.Minute)
		assigned, err := service.Assign(t.Context(), agent, assigned.ID, "")
		require.NoError(t, err)
		requireOpen(t, store, queued, assigned)

		time.Sleep(61 * time.Second)
		requireExpired(t, store, queued, call.Abandoned, queued.InsertedAt.Add(30*time.Minute))
		requireExpired(t, store, assigned, call.Missed, assigned.AssignedAt.Add(time.Minute))

		time.Sleep(24 * time.Hour)
		requireExpired(t, store, queued, call.Abandoned, queued.InsertedAt.Add(30*time.Minute))
		require.Len(t, readEvents(t, store, "acme", 0, everyRow), 5)
		require.Empty(t, dueCalls(t, store, endOfTime, everyRow))
	})
}

func testReopenLimits(t *testing.T, s suite) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := s.open(t, dir)
		service := call.NewService(storage.NarrowCalls(store), call.Options{})
		stop := runService(t, service)
		passed := enqueue(t, service)
		time.Sleep(29 * time.Minute)
		running := enqueue(t, service)
		stop()
		closeStore(t, store)

		time.Sleep(2 * time.Minute)
		store = s.open(t, dir)
		requireOpen(t, store, passed, running)
		service = call.NewService(storage.NarrowCalls(store), call.Options{})
		defer runService(t, service)()
		time.Sleep(250 * time.Millisecond)
		requireExpired(t, store, passed, call.Abandoned, passed.InsertedAt.Add(30*time.Minute))
		requireOpen(t, store, running)

		time.Sleep(28 * time.Minute)
		requireExpired(t, store, running, call.Abandoned, running.InsertedAt.Add(30*time.Minute))
	})
}

// runService runs the service until the returned function is called, which waits for its end.
func runService(t *testing.T, service *call.Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func enqueue(t *testing.T, service *call.Service) call.Call {
	t.Helper()
	c, err := service.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	return c
}

func requireOpen(t *testing.T, store storage.Store, calls ...call.Call) {
	t.Helper()
	synctest.Wait()
	for _, c := range calls {
		require.Equal(t, c, getCall(t, store, c.Tenant, c.ID))
	}
}

// requireExpired checks that the call has ended by a limit, at the time of the limit, and once.
func requireExpired(t *testing.T, store storage.Store, c call.Call, status call.Status, ended time.Time) {
	t.Helper()
	synctest.Wait()
	got := getCall(t, store, c.Tenant, c.ID)
	require.Equal(t, status, got.Status)
	require.Equal(t, ended, got.EndedAt)
	events := read(t, store, func(tx storage.Tx) ([]call.Event, error) {
		return tx.CallEvents(c.Tenant, c.ID, 0, everyRow)
	})
	last := events[len(events)-1]
	require.Equal(t, status, last.Data.To)
	require.Equal(t, ended, last.Time)
	for _, e := range events[:len(events)-1] {
		require.NotEqual(t, status, e.Data.To, "a limit passes once")
	}
}
