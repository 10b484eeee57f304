package storagetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// testReopen closes and opens a store between changes and looks whether all is there.
func testReopen(t *testing.T, s suite) {
	dir, w := t.TempDir(), small()
	p := newPair(s.open(t, dir))
	for _, change := range []func(tx storage.Tx) error{
		func(storage.Tx) error { return nil },
		func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) },
		overwrite,
		putCrowd(3, 40),
		putCrowd(4, 30),
		func(tx storage.Tx) error {
			return errors.Join(tx.DeleteTag("acme", "c2"), tx.DeletePending(pendingKey("acme", "c2")))
		},
	} {
		p.update(t, change)
		closeStore(t, p.store)
		p.store = s.open(t, dir)
		p.requireSame(t, w)
		p.requireLists(t)
	}
	// The numbers of events go on.
	p.update(t, func(tx storage.Tx) error { _, err := tx.AppendEvent(newEvent("acme", "c1")); return err })
	p.requireSame(t, w)
}

// testClose calls everything on a closed store.
func testClose(t *testing.T, s suite) {
	store := s.fresh(t)
	update(t, store, func(tx storage.Tx) error { return writeAll(tx, "acme", "c1", 1) })
	waiting := map[string]<-chan struct{}{}
	for _, tenant := range []string{"acme", "nobody", ""} {
		waiting[tenant] = store.Appended(tenant)
	}
	require.NoError(t, store.Close())
	for tenant, ch := range waiting {
		await(t, ch, fmt.Sprintf("Close to wake who waits for the log of %q", tenant))
	}
	for range 2 {
		never := func(storage.Tx) error { return errors.New("the function ran") }
		require.ErrorIs(t, store.Update(t.Context(), never), storage.ErrClosed)
		require.ErrorIs(t, store.View(t.Context(), never), storage.ErrClosed)
		_, err := store.ListCalls(t.Context(), filledQuery(call.Query{Tenant: "acme"}))
		require.ErrorIs(t, err, storage.ErrClosed)
		require.NotPanics(t, func() { store.Appended("acme") })

		if err := store.Close(); err != nil { // to close twice is no mistake, nor need it pass unnoticed
			require.ErrorIs(t, err, storage.ErrClosed)
		}
	}
}
