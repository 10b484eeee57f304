package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

func testMedia(t *testing.T, s suite) {
	t.Run("files", func(t *testing.T) { files(t, s.fresh(t)) })
	t.Run("recordings", func(t *testing.T) { recordings(t, s.fresh(t)) })
	t.Run("drafts", func(t *testing.T) { drafts(t, s.fresh(t)) })
	t.Run("parts", func(t *testing.T) { parts(t, s.fresh(t)) })
}

func files(t *testing.T, store storage.Store) {
	full := filled[media.File](1)
	file := func(callID, id string) media.File {
		return media.File{Tenant: full.Tenant, CallID: callID, ID: id, InsertedAt: at(0)}
	}
	want := []media.File{file(full.CallID, "1"), file(full.CallID, "10"), file(full.CallID, "2"), full}
	elsewhere := file("c1", "11")
	update(t, store, func(tx storage.Tx) error {
		for _, f := range []media.File{want[2], full, want[0], elsewhere, want[1]} {
			if err := tx.PutFile(f); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, store, func(tx storage.Tx) error {
		got, err := tx.Files(full.Tenant, full.CallID)
		require.NoError(t, err)
		require.Equal(t, want, got, "ordered by id")
		got, err = tx.Files(full.Tenant, "c1")
		require.NoError(t, err)
		require.Equal(t, []media.File{elsewhere}, got)
		got, err = tx.Files(full.Tenant, "c")
		require.NoError(t, err)
		require.Empty(t, got)

		f, err := tx.File(full.Tenant, full.ID)
		require.NoError(t, err)
		require.Equal(t, full, f)
		_, err = tx.File(full.Tenant, "nothing")
		require.ErrorIs(t, err, media.ErrFileNotFound)
		_, err = tx.File("globex", full.ID)
		require.ErrorIs(t, err, media.ErrFileNotFound)
		return nil
	})

	want[1].Name, want[1].Size = "again", 0
	update(t, store, func(tx storage.Tx) error { return tx.PutFile(want[1]) })
	filesOf := func(callID string) []media.File {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]media.File, error) { return tx.Files(full.Tenant, callID) })
	}
	require.Equal(t, want, filesOf(full.CallID))

	// A file that is deleted is gone from its call too; to delete what is not there is no error.
	update(t, store, func(tx storage.Tx) error {
		return errors.Join(
			tx.DeleteFile(full.Tenant, want[1].ID), tx.DeleteFile(full.Tenant, want[1].ID), tx.DeleteFile(full.Tenant, full.CallID),
			tx.DeleteFile("globex", full.ID), tx.DeleteFile(full.Tenant, ""),
		)
	})
	require.Equal(t, slices.Delete(slices.Clone(want), 1, 2), filesOf(full.CallID))
	require.Equal(t, []media.File{elsewhere}, filesOf("c1"))
	view(t, store, func(tx storage.Tx) error {
		_, err := tx.File(full.Tenant, want[1].ID)
		require.ErrorIs(t, err, media.ErrFileNotFound)
		return nil
	})
	update(t, store, func(tx storage.Tx) error { return tx.PutFile(want[1]) })
	require.Equal(t, want, filesOf(full.CallID))
}

func testPending(t *testing.T, s suite) {
	store := s.fresh(t)
	pending := func(before time.Time, limit int) []media.Pending {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]media.Pending, error) { return tx.Pending(before, limit) })
	}
	a, b := media.Pending{Key: "files/a", Time: at(10)}, media.Pending{Key: "files/b", Time: at(10)}
	c, d := media.Pending{Key: "recordings/a", Time: at(20)}, media.Pending{Key: "files/d", Time: at(5)}
	update(t, store, func(tx storage.Tx) error {
		for _, p := range []media.Pending{c, a, d, b} {
			if err := tx.PutPending(p); err != nil {
				return err
			}
		}
		return nil
	})
	require.Empty(t, pending(at(5), everyRow), "older than before, not as old")
	require.Equal(t, []media.Pending{d}, pending(at(5).Add(time.Microsecond), everyRow))
	require.Equal(t, []media.Pending{d}, pending(at(10), everyRow))
	require.ElementsMatch(t, []media.Pending{a, b, d}, pending(at(20), everyRow))
	require.ElementsMatch(t, []media.Pending{a, b, c, d}, pending(endOfTime, everyRow))
	for limit := 1; limit <= 4; limit++ {
		some := pending(endOfTime, limit)
		require.Len(t, some, limit)
		require.Subset(t, []media.Pending{a, b, c, d}, some)
	}

	// A key is pending once, from the last time on; to delete what is not there is no error.
	d.Time = at(30)
	update(t, store, func(tx storage.Tx) error {
		for _, key := range []string{b.Key, "files", "files/", "nothing", ""} {
			if err := tx.DeletePending(key); err != nil {
				return err
			}
		}
		return tx.PutPending(d)
	})
	require.Equal(t, []media.Pending{a}, pending(at(20), everyRow))
	require.ElementsMatch(t, []media.Pending{a, c, d}, pending(endOfTime, everyRow))

	// One of them is asked for by its key.
	d.Doomed = true
	update(t, store, func(tx storage.Tx) error { return tx.PutPending(d) })
	view(t, store, func(tx storage.Tx) error {
		for _, want := range []media.Pending{a, c, d} {
			got, found, err := tx.PendingBlob(want.Key)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, want, got)
		}
		for _, none := range []string{b.Key, "files/", "files", "nothing", ""} {
			_, found, err := tx.PendingBlob(none)
			require.NoError(t, err)
			require.False(t, found, none)
		}
		return nil
	})
}
