package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testAppended(t *testing.T, s suite) {
	t.Run("is closed by a commit with events, and only then", func(t *testing.T) { appendedClosed(t, s.fresh(t)) })
	t.Run("no wake-up is lost", func(t *testing.T) { appendedPingPong(t, s.fresh(t)) })
	t.Run("no wake-up is lost under load", func(t *testing.T) { appendedStress(t, s.fresh(t)) })
}

func appendTo(store storage.Store, tenants ...string) error {
	return store.Update(context.Background(), func(tx storage.Tx) error {
		for _, tenant := range tenants {
			if _, err := tx.AppendEvent(newEvent(tenant, "c1")); err != nil {
				return err
			}
		}
		return nil
	})
}

func appendedClosed(t *testing.T, store storage.Store) {
	open := func(ch <-chan struct{}, what string) {
		t.Helper()
		select {
		case <-ch:
			require.FailNow(t, "closed: "+what)
		default:
		}
	}
	acme, globex, anyone := store.Appended("acme"), store.Appended("globex"), store.Appended("")

	err := store.Update(t.Context(), func(tx storage.Tx) error {
		if _, err := tx.AppendEvent(newEvent("acme", "c1")); err != nil {
			return err
		}
		return errRefused
	})
	require.ErrorIs(t, err, errRefused)
	update(t, store, func(tx storage.Tx) error { return tx.PutCall(newCall("acme", "c1", 0)) })
	open(anyone, "any log, by a rollback or a commit without events")

	require.NoError(t, appendTo(store, "globex"))
	await(t, globex, "the tenant's channel")
	await(t, anyone, "the channel of any tenant")
	open(acme, "another tenant's log")

	// A channel taken now waits for what comes now.
	globex, anyone = store.Appended("globex"), store.Appended("")
	open(globex, "before the next commit")
	open(anyone, "before the next commit")
	require.NoError(t, appendTo(store, "acme", "globex"))
	for _, ch := range []<-chan struct{}{acme, globex, anyone} {
		await(t, ch, "both tenants in one commit")
	}

	// The channel is not closed before the events can be read.
	for range 50 {
		after := lastNumber(t, store, "acme")
		ch, done := store.Appended("acme"), make(chan error, 1)
		go func() { done <- appendTo(store, "acme") }()
		await(t, ch, "a commit")
		require.NotEmpty(t, readEvents(t, store, "acme", after, 1), "the channel was closed before the commit")
		require.NoError(t, await(t, done, "the commit's end"))
	}
}

func lastNumber(t tester, store storage.Store, tenant string) uint64 {
	t.Helper()
	events := readEvents(t, store, tenant, 0, everyRow)
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Seq
}

// followLog reads a log as [call.Service.Events] does: take the channel, read, wait. It returns what it has read when
// that is as much as wanted.
func followLog(store storage.Store, tenant string, wanted int, seen func(call.Event)) error {
	var after uint64
	for n := 0; n < wanted; {
		appended := store.Appended(tenant)
		var events []call.Event
		err := store.View(context.Background(), func(tx storage.Tx) (err error) {
			events, err = tx.Events(tenant, after, 7)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Seq <= after {
				return fmt.Errorf("event %d after event %d", e.Seq, after)
			}
			after = e.Seq
			n++
			seen(e)
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-appended:
		case <-time.After(patience):
			return fmt.Errorf("nobody woke the reader of %s, who has %d of %d events", tenant, n, wanted)
		}
	}
	return nil
}

// appendedPingPong has two goroutines answer each other's events: each waits at each step.
func appendedPingPong(t *testing.T, store storage.Store) {
	const rounds = 60
	require.NoError(t, together(2, func(player int) error {
		self, other := fmt.Sprint("p", player), fmt.Sprint("p", 1-player)
		if player == 0 {
			if err := appendTo(store, self); err != nil {
				return err
			}
		}
		var failed error
		err := followLog(store, other, rounds, func(call.Event) {
			if failed == nil {
				failed = appendTo(store, self)
			}
		})
		return firstError(failed, err)
	}))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// appendedStress has readers of two logs beside writers to both.
func appendedStress(t *testing.T, store storage.Store) {
	const writers, readers, rounds = 8, 8, 20
	require.NoError(t, together(writers+readers, func(i int) error {
		tenant := fmt.Sprint("t", i%2)
		if i < readers {
			return followLog(store, tenant, writers/2*rounds, func(call.Event) {})
		}
		for range rounds {
			if err := appendTo(store, tenant); err != nil {
				return err
			}
		}
		return nil
	}))
}
