package storagetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
)

func testNotes(t *testing.T, s suite) {
	store := s.fresh(t)
	full := filled[notes.Note](1)
	full.Text = strings.Repeat("𝄞\n", call.MaxText/2)
	note := func(seq uint64, change func(n *notes.Note)) notes.Note {
		n := full
		n.Seq, n.Erased = seq, false
		change(&n)
		return n
	}
	same := func(*notes.Note) {}
	put := func(all ...notes.Note) {
		t.Helper()
		update(t, store, func(tx storage.Tx) error {
			for _, n := range all {
				if err := tx.PutNote(n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	notesOf := func(callID string) []notes.Note {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]notes.Note, error) { return tx.Notes(full.Tenant, callID) })
	}
	require.Empty(t, notesOf(full.CallID))

	// Ordered as numbers, not as texts, and whatever the order of writing, the time or the id.
	a := note(2, func(n *notes.Note) { n.ID = "z" })
	b := note(10, func(n *notes.Note) { n.Time = at(0) })
	c := note(300, func(n *notes.Note) { n.ID = "a" })
	d := note(70_000, same)
	elsewhere := note(10, func(n *notes.Note) { n.CallID = "c1"; n.Text = "of another call" })
	put(c, full, a, elsewhere, d, b)
	require.Equal(t, []notes.Note{a, b, c, d, full}, notesOf(full.CallID))
	require.Equal(t, []notes.Note{elsewhere}, notesOf("c1"))
	require.Empty(t, notesOf("c"))

	// A tombstone stands where the note was.
	b.AuthorName, b.Text, b.Erased = "", "", true
	put(b)
	require.Equal(t, []notes.Note{a, b, c, d, full}, notesOf(full.CallID))
}
