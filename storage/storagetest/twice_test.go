package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage"
)

func TestTwice(t *testing.T) {
	d := newDisks()
	store := Twice(d.backend(nil).Open(t, "dir"))
	runs := 0
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, store.Update(ctx, func(tx storage.Tx) error {
		cancel() // too late: the function runs
		runs++
		return appendSeeded(tx, "acme", "c1", runs)
	}))
	require.Equal(t, 2, runs)
	require.Len(t, readEvents(t, store, "acme", 0, everyRow), 1, "the first run is rolled back")

	require.ErrorIs(t, store.Update(ctx, func(storage.Tx) error { runs++; return nil }), context.Canceled)
	require.Equal(t, 2, runs)
	require.ErrorIs(t, store.Update(t.Context(), func(storage.Tx) error { return errRefused }), errRefused)
	require.NoError(t, store.Close())
	require.ErrorIs(t, store.Update(t.Context(), func(storage.Tx) error { return nil }), storage.ErrClosed)
}
