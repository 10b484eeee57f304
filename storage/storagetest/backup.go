package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// testBackup copies a store beside writers, each of whom counts: in every commit a call, its event and a setting.
func testBackup(t *testing.T, s suite) {
	store := s.fresh(t)
	backuper, ok := base(store).(storage.Backuper)
	if !ok {
		require.Nil(t, s.Restore, "a backend that can restore has stores that can be copied")
		return
	}
	require.NotNil(t, s.Restore, "Backend.Restore is required for a storage.Backuper")

	const writers = 8
	var acknowledged [writers]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	working := make(chan error, 1)
	go func() {
		working <- together(writers, func(i int) error {
			for n := int64(1); ctx.Err() == nil; n++ {
				if err := store.Update(context.Background(), countTo(n, i)); err != nil {
					return err
				}
				acknowledged[i].Store(n)
			}
			return nil
		})
	}()

	var backups []*bytes.Buffer
	var before [][writers]int64
	for range 3 {
		require.NoError(t, followLog(store, "acme", len(backups)*100+100, func(call.Event) {}))
		var counts [writers]int64
		for i := range counts {
			counts[i] = acknowledged[i].Load()
		}
		backup := &bytes.Buffer{}
		require.NoError(t, backuper.Backup(t.Context(), backup))
		backups, before = append(backups, backup), append(before, counts)
	}
	stop()
	require.NoError(t, await(t, working, "the writers"))

	for i, backup := range backups {
		dir := t.TempDir()
		s.Restore(t, dir, backup)
		restored := s.open(t, dir)
		for writer, atLeast := range before[i] {
			n, err := countOf(restored, writer)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, atLeast, "what was acknowledged before the backup began is in it")
		}
		// The copy is a store of its own.
		update(t, restored, func(tx storage.Tx) error { return tx.PutSetting("c0", []byte("0")) })
		_, err := countOf(store, 0)
		require.NoError(t, err)
	}
}

// countTo writes the number to everything that a writer has.
func countTo(n int64, writer int) func(tx storage.Tx) error {
	id := fmt.Sprint("c", writer)
	return func(tx storage.Tx) error {
		c := newCall("acme", id, int(n))
		e := newEvent("acme", id)
		e.Data.Epoch = uint64(n)
		if err := tx.PutCall(c); err != nil {
			return err
		}
		if _, err := tx.AppendEvent(e); err != nil {
			return err
		}
		return tx.PutSetting(id, fmt.Append(nil, n))
	}
}

// countOf reads the number back, which must be the same everywhere.
func countOf(store storage.Store, writer int) (n int64, err error) {
	id := fmt.Sprint("c", writer)
	page, err := store.ListCalls(context.Background(), filledQuery(call.Query{Tenant: "acme"}))
	if err != nil {
		return 0, err
	}
	var c call.Call
	err = store.View(context.Background(), func(tx storage.Tx) error {
		setting, err := tx.Setting(id)
		if err != nil {
			return err
		}
		if setting == nil { // it has not begun
			return eventsCount(tx, id, 0)
		}
		if n, err = strconv.ParseInt(string(setting), 10, 64); err != nil {
			return fmt.Errorf("setting of %s: %w", id, err)
		}
		if c, err = tx.Call("acme", id); err != nil {
			return err
		}
		return eventsCount(tx, id, n)
	})
	switch {
	case err != nil || n == 0:
	case c != newCall("acme", id, int(n)):
		err = fmt.Errorf("%s has counted to %d, and the call is %v", id, n, c)
	case !slices.Contains(page.Calls, c):
		err = fmt.Errorf("%s has counted to %d, and the list has not", id, n)
	}
	return n, err
}

// eventsCount checks that the events of a call count up to n.
func eventsCount(tx storage.Tx, id string, n int64) error {
	var after, count uint64
	for {
		events, err := tx.CallEvents("acme", id, after, 500)
		if err != nil {
			return err
		}
		for _, e := range events {
			if count++; e.Data.Epoch != count {
				return fmt.Errorf("event %d of %s counts %d", count, id, e.Data.Epoch)
			}
			after = e.Seq
		}
		if len(events) == 0 {
			break
		}
	}
	if count != uint64(n) {
		return fmt.Errorf("%s has counted to %d, and its events to %d", id, n, count)
	}
	return nil
}
