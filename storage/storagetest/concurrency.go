package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testConcurrency(t *testing.T, s suite) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, store storage.Store)
	}{
		{"a reader waits for no writer and sees nothing of it", readBesideWriter},
		{"a reader sees one state", oneStatePerView},
		{"an answer that is returned is seen by all", readYourWrites},
		{"no update is lost", noLostUpdate},
		{"a cancelled update runs whole or not at all", cancelledInLine},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s.fresh(t)) })
	}
}

// together runs fn so many times at once and returns what went wrong.
func together(n int, fn func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func readBesideWriter(t *testing.T, store storage.Store) {
	w := small()
	update(t, store, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	want, page := w.ask(t, store), list(t, store, call.Query{Tenant: "acme"})

	written, release := make(chan struct{}), make(chan struct{})
	writtenOnce, releaseOnce := sync.OnceFunc(func() { close(written) }), sync.OnceFunc(func() { close(release) })
	defer releaseOnce()
	done := make(chan error, 1)
	go func() {
		done <- store.Update(context.Background(), func(tx storage.Tx) error {
			if err := overwrite(tx); err != nil {
				return err
			}
			writtenOnce()
			<-release
			return nil
		})
	}()
	await(t, written, "the writer")

	// The writer has written and holds on.
	read := make(chan error, 1)
	var got state
	var gotPage call.Page
	go func() {
		viewErr := store.View(context.Background(), func(tx storage.Tx) (err error) {
			got, err = w.state(tx)
			return err
		})
		var listErr error
		gotPage, listErr = store.ListCalls(context.Background(), filledQuery(call.Query{Tenant: "acme"}))
		read <- errors.Join(viewErr, listErr)
	}()
	require.NoError(t, await(t, read, "a reader beside a writer"))
	requireAnswers(t, want, got)
	require.Equal(t, page, gotPage)

	releaseOnce()
	require.NoError(t, await(t, done, "the writer's end"))
	require.NotEqual(t, want, w.ask(t, store))
	require.NotEqual(t, page, list(t, store, call.Query{Tenant: "acme"}))
}

// oneStatePerView reads the same twice in a View, beside a writer who has time to commit in between. A backend that
// keeps the writer waiting for the reader is right, too: the reader does not wait for long.
func oneStatePerView(t *testing.T, store storage.Store) {
	w := small()
	update(t, store, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	done := make(chan error, 1)
	var before, after state
	view(t, store, func(tx storage.Tx) (err error) {
		if before, err = w.state(tx); err != nil {
			return err
		}
		go func() { done <- store.Update(context.Background(), overwrite) }()
		select {
		case err := <-done:
			done <- err
		case <-time.After(time.Second):
		}
		after, err = w.state(tx)
		return err
	})
	requireAnswers(t, before, after)
	require.NoError(t, await(t, done, "the writer"))
	require.NotEqual(t, before, w.ask(t, store))
}

// readYourWrites looks for each write in every way as soon as Update has returned, from several goroutines.
func readYourWrites(t *testing.T, store storage.Store) {
	const writers, rounds = 8, 20
	require.NoError(t, together(writers, func(writer int) error {
		id := fmt.Sprint("c", writer)
		w := world{tenants: []string{"acme"}, ids: []string{id}, departments: []string{id}, settings: []string{id}}
		for round := range rounds {
			c := filled[call.Call](round)
			c.Tenant, c.ID, c.Department.ID, c.Status = "acme", id, id, call.Statuses()[round%2]
			waits := []time.Duration{time.Duration(round) * time.Second}
			var e call.Event
			err := store.Update(context.Background(), func(tx storage.Tx) (err error) {
				if e, err = tx.AppendEvent(newEvent("acme", id)); err != nil {
					return err
				}
				return errors.Join(tx.PutCall(c), tx.PutWaits("acme", id, waits))
			})
			if err != nil {
				return err
			}
			m := newModel()
			m.calls[key("acme", id)], m.waits[key("acme", id)] = c, waits
			if err := seesOwn(store, w, m, e); err != nil {
				return fmt.Errorf("writer %d, round %d: %w", writer, round, err)
			}
		}
		return nil
	}))
}

// seesOwn compares those answers that nobody else changes.
func seesOwn(store storage.Store, w world, m *model, e call.Event) error {
	id := e.CallID
	var got state
	var events []call.Event
	err := store.View(context.Background(), func(tx storage.Tx) (err error) {
		if got, err = w.state(tx); err != nil {
			return err
		}
		events, err = tx.Events("acme", e.Seq-1, 1)
		return err
	})
	if err != nil {
		return err
	}
	want, _ := w.state(m)
	for _, kind := range []string{"Call", "Queue", "Waits"} {
		question := fmt.Sprintf("%q", []string{kind, "acme", id})
		if fmt.Sprint(want[question]) != fmt.Sprint(got[question]) {
			return fmt.Errorf("%s: want %v, got %v", question, want[question], got[question])
		}
	}
	if len(events) != 1 || events[0] != e {
		return fmt.Errorf("event %d is not there, but %v", e.Seq, events)
	}
	q := filledQuery(call.Query{Tenant: "acme", Departments: []string{id}})
	page, err := store.ListCalls(context.Background(), q)
	if wantPage := m.list(q); err == nil && fmt.Sprint(wantPage) != fmt.Sprint(page) {
		err = fmt.Errorf("list: want %v, got %v", wantPage, page)
	}
	return err
}

// noLostUpdate counts in one row from many goroutines.
func noLostUpdate(t *testing.T, store storage.Store) {
	const writers, rounds = 16, 8
	require.NoError(t, together(writers, func(int) error {
		for range rounds {
			err := store.Update(context.Background(), func(tx storage.Tx) error {
				waits, err := tx.Waits("acme", "support")
				if err != nil {
					return err
				}
				return tx.PutWaits("acme", "support", append(waits[:len(waits):len(waits)], time.Second))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	waits := read(t, store, func(tx storage.Tx) ([]time.Duration, error) { return tx.Waits("acme", "support") })
	require.Len(t, waits, writers*rounds)
}

// cancelledInLine cancels an update that waits for another one.
func cancelledInLine(t *testing.T, store storage.Store) {
	running, release := make(chan struct{}), make(chan struct{})
	runningOnce, releaseOnce := sync.OnceFunc(func() { close(running) }), sync.OnceFunc(func() { close(release) })
	defer releaseOnce()
	holder, waiter := make(chan error, 1), make(chan error, 1)
	go func() {
		holder <- store.Update(context.Background(), func(storage.Tx) error {
			runningOnce()
			<-release
			return nil
		})
	}()
	await(t, running, "the first update")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		waiter <- store.Update(ctx, func(tx storage.Tx) error { return tx.PutCall(newCall("acme", "c1", 0)) })
	}()
	cancel()
	releaseOnce()
	require.NoError(t, await(t, holder, "the first update"))
	err := await(t, waiter, "the cancelled update")
	page := list(t, store, call.Query{Tenant: "acme"})
	if err == nil {
		require.Equal(t, 1, page.Total)
		return
	}
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, page.Total)
}
