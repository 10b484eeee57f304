package storagetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

func testTags(t *testing.T, s suite) {
	t.Run("catalogue", func(t *testing.T) { tagCatalogue(t, s.fresh(t)) })
	t.Run("of a call", func(t *testing.T) { tagsOfCall(t, s.fresh(t)) })
}

func tagCatalogue(t *testing.T, store storage.Store) {
	full := filled[tag.Tag](1)
	acme := func(id, name string) tag.Tag {
		return tag.Tag{Tenant: full.Tenant, ID: id, Name: name, Color: "#000000"}
	}
	want := []tag.Tag{acme("A", "z"), acme("a", "same name"), acme("a/b", "same name"), acme("b", ""), acme("é", "a")}
	catalogue := func(want ...tag.Tag) {
		t.Helper()
		got := read(t, store, func(tx storage.Tx) ([]tag.Tag, error) { return tx.Tags(full.Tenant) })
		requireSame(t, want, got, "ordered by id")
	}
	catalogue()
	update(t, store, func(tx storage.Tx) error {
		for _, i := range []int{4, 1, 3, 0, 2} {
			if err := tx.PutTag(want[i]); err != nil {
				return err
			}
		}
		return nil
	})
	catalogue(want...)

	update(t, store, func(tx storage.Tx) error { return tx.PutTag(full) })
	got := read(t, store, func(tx storage.Tx) (tag.Tag, error) { return tx.Tag(full.Tenant, full.ID) })
	require.Equal(t, full, got)

	// To delete what is not there is no error, and touches nothing else.
	want[3].Name = "renamed"
	update(t, store, func(tx storage.Tx) error {
		for _, id := range []string{full.ID, "a", "nothing", "", "a/"} {
			if err := tx.DeleteTag(full.Tenant, id); err != nil {
				return err
			}
		}
		return tx.PutTag(want[3])
	})
	catalogue(want[0], want[2], want[3], want[4])
	view(t, store, func(tx storage.Tx) error {
		for _, id := range []string{full.ID, "a", "nothing", ""} {
			_, err := tx.Tag(full.Tenant, id)
			require.ErrorIs(t, err, tag.ErrNotFound)
		}
		_, err := tx.Tag("globex", "b")
		require.ErrorIs(t, err, tag.ErrNotFound)
		return nil
	})
}

func tagsOfCall(t *testing.T, store storage.Store) {
	for _, ids := range [][]string{nil, {"t3", "t1", "t2"}, {"t2", "gone", "t3"}, {"é'\"%_"}, {}, {"t1"}} {
		update(t, store, func(tx storage.Tx) error {
			if err := tx.PutTag(tag.Tag{Tenant: "acme", ID: "t1", Name: "one"}); err != nil {
				return err
			}
			if err := tx.PutCallTags("acme", "c1", ids); err != nil {
				return err
			}
			return tx.DeleteTag("acme", "t1") // calls that bear it are not touched
		})
		view(t, store, func(tx storage.Tx) error {
			got, err := tx.CallTags("acme", "c1")
			require.NoError(t, err)
			requireSame(t, ids, got, "in the order of adding")
			got, err = tx.CallTags("acme", "c")
			require.Empty(t, got, "of another call")
			return err
		})
	}
}
