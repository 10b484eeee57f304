package storagetest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

func recordings(t *testing.T, store storage.Store) {
	full := filled[media.Recording](1)
	recording := func(callID string) (media.Recording, error) {
		var r media.Recording
		err := store.View(t.Context(), func(tx storage.Tx) (err error) {
			r, err = tx.Recording(full.Tenant, callID)
			return err
		})
		return r, err
	}
	_, err := recording(full.CallID)
	require.ErrorIs(t, err, media.ErrNoRecording)
	for _, want := range []media.Recording{full, {Tenant: full.Tenant, CallID: full.CallID}, full} {
		update(t, store, func(tx storage.Tx) error { return tx.PutRecording(want) })
		got, err := recording(full.CallID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err = recording("c1")
	require.ErrorIs(t, err, media.ErrNoRecording)

	update(t, store, func(tx storage.Tx) error {
		return errors.Join(tx.DeleteRecording("globex", full.CallID), tx.DeleteRecording(full.Tenant, full.ID))
	})
	_, err = recording(full.CallID)
	require.NoError(t, err, "another one was deleted")
	for range 2 { // to delete what is not there is no error
		update(t, store, func(tx storage.Tx) error { return tx.DeleteRecording(full.Tenant, full.CallID) })
		_, err = recording(full.CallID)
		require.ErrorIs(t, err, media.ErrNoRecording)
	}

	// All that there are, a portion at a time.
	keys := walkKeys()
	want := make([]media.Recording, len(keys))
	for i, k := range keys {
		want[i] = filled[media.Recording](i)
		want[i].Tenant, want[i].CallID = k.Tenant, k.ID
	}
	update(t, store, func(tx storage.Tx) error {
		for i := range want {
			if err := tx.PutRecording(want[len(want)-1-i]); err != nil {
				return err
			}
		}
		return nil
	})
	requireWalk(t, store, keys, want, storage.Tx.Recordings)
}

// walkKeys are calls in the order in which all are walked over, some of them with names that a careless key would mix.
func walkKeys() []call.Key {
	return []call.Key{key("a", "b"), key("a", "b/c"), key("a", "c"), key("a!", "a"), key("a/b", "a"), key("a/b", "c"), key("ab", "c"), key("ç", "1")}
}

// requireWalk reads rows that are ordered by the keys, behind each of them and in portions of each size.
func requireWalk[T any](t *testing.T, store storage.Store, keys []call.Key, want []T,
	rows func(tx storage.Tx, after call.Key, limit int) ([]T, error),
) {
	t.Helper()
	find := func(after call.Key, limit int) []T {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]T, error) { return rows(tx, after, limit) })
	}
	require.Equal(t, want, find(call.Key{}, everyRow))
	require.Empty(t, find(call.Key{}, 0))
	for i, k := range keys {
		require.Equal(t, want[:i+1], find(call.Key{}, i+1))
		require.Equal(t, want[i+1:], append([]T{}, find(k, everyRow)...))
	}
	require.Equal(t, want[3:], find(key("a", "zz"), everyRow), "behind a call that has none")
}

func drafts(t *testing.T, store storage.Store) {
	keys := walkKeys()
	want := make([]media.Draft, len(keys))
	for i, k := range keys {
		want[i] = filled[media.Draft](i)
		want[i].Tenant, want[i].CallID = k.Tenant, k.ID
	}
	update(t, store, func(tx storage.Tx) error {
		for i := range want {
			before := want[len(want)-1-i]
			before.Parts = 0
			if err := tx.PutDraft(before); err != nil {
				return err
			}
			if err := tx.PutDraft(want[len(want)-1-i]); err != nil {
				return err
			}
		}
		return nil
	})
	requireWalk(t, store, keys, want, storage.Tx.Drafts)
	view(t, store, func(tx storage.Tx) error {
		for _, d := range want {
			got, found, err := tx.Draft(d.Tenant, d.CallID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, d, got)
		}
		_, found, err := tx.Draft("a", "nothing")
		require.False(t, found)
		return err
	})
}

func parts(t *testing.T, store storage.Store) {
	part := func(callID string, track media.TrackName, n int) media.Part {
		p := filled[media.Part](n)
		p.Tenant, p.CallID, p.Track, p.N = "acme", callID, track, n
		return p
	}
	want := []media.Part{
		part("c1", media.TrackAgent, 0), part("c1", media.TrackAgent, 2), part("c1", media.TrackAgent, 10),
		part("c1", media.TrackAgent, 300), part("c1", media.TrackMixed, 1),
	}
	elsewhere := part("c11", media.TrackMixed, 1)
	update(t, store, func(tx storage.Tx) error {
		for _, i := range []int{3, 0, 4, 2, 1, 0} {
			if err := tx.PutPart(want[i]); err != nil {
				return err
			}
		}
		for _, id := range []string{"c1", "c11"} {
			if err := tx.PutDraft(media.Draft{Tenant: "acme", CallID: id}); err != nil {
				return err
			}
		}
		return tx.PutPart(elsewhere)
	})
	find := func(callID string) []media.Part {
		return read(t, store, func(tx storage.Tx) ([]media.Part, error) { return tx.Parts("acme", callID) })
	}
	require.Equal(t, want, find("c1"), "ordered by track and number")
	require.Equal(t, []media.Part{elsewhere}, find("c11"))
	require.Empty(t, find("c"))
	view(t, store, func(tx storage.Tx) error {
		for _, p := range want {
			got, found, err := tx.Part(p.Tenant, p.CallID, p.Track, p.N)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, p, got)
		}
		for _, n := range []int{-1, 1, 3, 301} {
			_, found, err := tx.Part("acme", "c1", media.TrackAgent, n)
			require.NoError(t, err)
			require.False(t, found, n)
		}
		return nil
	})

	for range 2 { // to delete what is not there is no error
		update(t, store, func(tx storage.Tx) error { return tx.DeleteDraft("acme", "c1") })
		require.Empty(t, find("c1"))
	}
	require.Equal(t, []media.Part{elsewhere}, find("c11"))
	left := read(t, store, func(tx storage.Tx) ([]media.Draft, error) { return tx.Drafts(call.Key{}, everyRow) })
	require.Equal(t, []media.Draft{{Tenant: "acme", CallID: "c11"}}, left)
}
