package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// small is a world of two calls.
func small() world {
	return world{
		tenants: []string{"acme", "globex"}, ids: []string{"c1", "c2"}, departments: []string{"c1", "c2"},
		settings: []string{"c1", "c2"},
	}
}

var errRefused = errors.New("storagetest: the function fails")

func testTransactions(t *testing.T, s suite) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, store storage.Store)
	}{
		{"a failing function leaves nothing", rollback},
		{"a function that panics or exits leaves nothing", panics},
		{"own writes are visible", ownWrites},
		{"many writes are visible among many rows", manyWrites},
		{"writes in a View are refused", viewIsReadOnly},
		{"a cancelled context stops what has not begun", cancelled},
		{"nothing to write", func(t *testing.T, store storage.Store) {
			nothing := func(storage.Tx) error { return nil }
			update(t, store, nothing)
			view(t, store, nothing)
			require.ErrorIs(t, store.View(t.Context(), func(storage.Tx) error { return errRefused }), errRefused)
		}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, s.fresh(t)) })
	}
}

// rollback lets functions fail after they have written to, changed and deleted from every table.
func rollback(t *testing.T, store storage.Store) {
	w, p := small(), newPair(store)
	fail := func() {
		t.Helper()
		err := store.Update(t.Context(), func(tx storage.Tx) error {
			if err := overwrite(tx); err != nil {
				return err
			}
			return fmt.Errorf("wrapped: %w", errRefused)
		})
		require.ErrorIs(t, err, errRefused)
		p.requireSame(t, w)
	}
	fail()
	p.update(t, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	fail()
	// What comes next is not built on what never was.
	p.update(t, func(tx storage.Tx) error { return writeAll(tx, "acme", "c2", 2) })
	p.requireSame(t, w)
}

// overwrite changes and deletes what [writeAll] wrote for the call c1 of acme, and adds to it.
func overwrite(tx storage.Tx) error {
	return errors.Join(
		writeAll(tx, "acme", "c1", 7),
		tx.DeleteTag("acme", "c1"),
		tx.DeleteJob("acme", "c1"),
		tx.PutCallTags("acme", "c1", nil),
		tx.PutWaits("acme", "c1", nil),
		tx.DeletePending(pendingKey("acme", "c1")),
		writeAll(tx, "acme", "c2", 8),
		writeAll(tx, "globex", "c1", 9),
	)
}

func panics(t *testing.T, store storage.Store) {
	w := small()
	update(t, store, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	want := w.ask(t, store)
	begin := map[string]func(context.Context, func(storage.Tx) error) error{"Update": store.Update, "View": store.View}
	end := map[string]func(){
		"panic": func() { panic("storagetest: the function panics") },
		"exit":  runtime.Goexit, // as t.FailNow does
	}
	for in, run := range begin {
		for how, leave := range end {
			finished := make(chan bool, 1)
			go func() {
				succeeded := false
				defer func() {
					_ = recover() // a backend may pass the panic on, or make an error of it
					finished <- succeeded
				}()
				err := run(context.Background(), func(tx storage.Tx) error {
					if in == "Update" {
						if err := overwrite(tx); err != nil {
							return err
						}
					}
					leave()
					return nil
				})
				succeeded = err == nil
			}()
			require.False(t, await(t, finished, how+" in "+in), "%s in %s passes for success", how, in)
			requireAnswers(t, want, w.ask(t, store))
			after := make(chan error, 1)
			go func() { after <- store.Update(context.Background(), func(storage.Tx) error { return nil }) }()
			require.NoError(t, await(t, after, "an Update after "+how+" in "+in))
		}
	}
}

func ownWrites(t *testing.T, store storage.Store) {
	w, p := small(), newPair(store)
	p.update(t, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	inside := p.updateAndLook(t, w, overwrite)
	p.requireSame(t, w)
	requireAnswers(t, w.ask(t, store), inside)
}

// manyWrites puts new rows between old ones and changes some of these, in a transaction that is as large.
func manyWrites(t *testing.T, store storage.Store) {
	const n = 400
	w, p := world{tenants: []string{"acme"}, departments: []string{"support"}}, newPair(store)
	put := func(number int, status call.Status) func(tx storage.Tx) error {
		return func(tx storage.Tx) error {
			for i := number; i < 2*n; i += 2 {
				c := newCall("acme", fmt.Sprintf("c%03d", i), i%7)
				c.Status, c.Limits.Queue = status, time.Duration(i)*time.Minute
				if _, err := tx.AppendEvent(newEvent("acme", c.ID)); err != nil {
					return err
				}
				if err := tx.PutCall(c); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, change := range []func(tx storage.Tx) error{put(0, call.Queued), put(1, call.Queued), put(n, call.Cancelled)} {
		inside := p.updateAndLook(t, w, change)
		p.requireSame(t, w)
		requireAnswers(t, w.ask(t, store), inside)
	}
}

// viewIsReadOnly tries every method that writes, each in a View of its own: the first error may spoil a transaction.
func viewIsReadOnly(t *testing.T, store storage.Store) {
	w := small()
	update(t, store, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	want := w.ask(t, store)
	for name, write := range map[string]func(tx storage.Tx) error{
		"PutCall":       func(tx storage.Tx) error { return tx.PutCall(newCall("acme", "c1", 0)) },
		"AppendEvent":   func(tx storage.Tx) error { _, err := tx.AppendEvent(newEvent("acme", "c1")); return err },
		"PutWaits":      func(tx storage.Tx) error { return tx.PutWaits("acme", "c1", []time.Duration{time.Hour}) },
		"PutTag":        func(tx storage.Tx) error { return tx.PutTag(tag.Tag{Tenant: "acme", ID: "c1"}) },
		"DeleteTag":     func(tx storage.Tx) error { return tx.DeleteTag("acme", "c1") },
		"PutCallTags":   func(tx storage.Tx) error { return tx.PutCallTags("acme", "c1", []string{"other"}) },
		"PutNote":       func(tx storage.Tx) error { return tx.PutNote(notes.Note{Tenant: "acme", CallID: "c1", Seq: 1}) },
		"PutFile":       func(tx storage.Tx) error { return tx.PutFile(media.File{Tenant: "acme", CallID: "c1", ID: "c1"}) },
		"PutRecording":  func(tx storage.Tx) error { return tx.PutRecording(media.Recording{Tenant: "acme", CallID: "c1"}) },
		"PutPending":    func(tx storage.Tx) error { return tx.PutPending(media.Pending{Key: "files/x", Time: at(0)}) },
		"DeletePending": func(tx storage.Tx) error { return tx.DeletePending(pendingKey("acme", "c1")) },
		"PutTranscript": func(tx storage.Tx) error { return tx.PutTranscript(ai.Transcript{Tenant: "acme", CallID: "c1"}) },
		"PutSummary":    func(tx storage.Tx) error { return tx.PutSummary(ai.Summary{Tenant: "acme", CallID: "c1"}) },
		"PutSetting":    func(tx storage.Tx) error { return tx.PutSetting("c1", []byte("other")) },
	} {
		refused := false
		_ = store.View(t.Context(), func(tx storage.Tx) error {
			refused = write(tx) != nil
			return nil
		})
		require.True(t, refused, "%s in a View", name)
		requireAnswers(t, want, w.ask(t, store))
	}
}

func cancelled(t *testing.T, store storage.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	// A commit that has begun is waited for.
	err := store.Update(ctx, func(tx storage.Tx) error {
		cancel()
		return tx.PutCall(newCall("acme", "c1", 0))
	})
	require.NoError(t, err, "cancelled inside the function")
	require.Equal(t, newCall("acme", "c1", 0), getCall(t, store, "acme", "c1"))

	ran := false
	run := func(storage.Tx) error { ran = true; return nil }
	require.ErrorIs(t, store.Update(ctx, run), context.Canceled)
	require.ErrorIs(t, store.View(ctx, run), context.Canceled)
	require.False(t, ran)

	expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	require.ErrorIs(t, store.Update(expired, run), context.DeadlineExceeded)
	require.False(t, ran)
}
