package storagetest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/storage"
)

func testArtifacts(t *testing.T, s suite) {
	store := s.fresh(t)
	script, summary := filled[ai.Transcript](1), filled[ai.Summary](1)
	require.Equal(t, state{}, world{tenants: []string{script.Tenant}, ids: []string{script.CallID}}.ask(t, store))

	long := script
	long.Text = strings.Repeat("Agent: Bom dia, João.\nCustomer: Olá!\n", 100_000) // an hour is a tenth of it
	for _, want := range []ai.Transcript{script, long, {Tenant: script.Tenant, CallID: script.CallID}, script} {
		update(t, store, func(tx storage.Tx) error { return tx.PutTranscript(want) })
		got := read(t, store, func(tx storage.Tx) (ai.Transcript, error) { return tx.Transcript(want.Tenant, want.CallID) })
		require.True(t, want == got, "transcript of %d bytes", len(want.Text))
	}
	for _, want := range []ai.Summary{summary, {Tenant: summary.Tenant, CallID: summary.CallID}, summary} {
		update(t, store, func(tx storage.Tx) error { return tx.PutSummary(want) })
		got := read(t, store, func(tx storage.Tx) (ai.Summary, error) { return tx.Summary(want.Tenant, want.CallID) })
		require.Equal(t, want, got)
	}
	view(t, store, func(tx storage.Tx) error {
		_, err := tx.Transcript(script.Tenant, "c1")
		require.ErrorIs(t, err, ai.ErrNoTranscript)
		_, err = tx.Summary(summary.Tenant, "c1")
		require.ErrorIs(t, err, ai.ErrNoSummary)
		_, err = tx.Transcript("globex", script.CallID)
		require.ErrorIs(t, err, ai.ErrNoTranscript)
		_, err = tx.Summary("globex", summary.CallID)
		require.ErrorIs(t, err, ai.ErrNoSummary)
		return nil
	})

	// Each goes without the other, and alone; to delete what is not there is no error.
	update(t, store, func(tx storage.Tx) error {
		return errors.Join(
			tx.DeleteTranscript("globex", script.CallID), tx.DeleteTranscript(script.Tenant, "c1"),
			tx.DeleteTranscript(script.Tenant, script.CallID), tx.DeleteTranscript(script.Tenant, script.CallID),
			tx.DeleteSummary("globex", summary.CallID), tx.DeleteSummary(summary.Tenant, "c1"),
		)
	})
	view(t, store, func(tx storage.Tx) error {
		_, err := tx.Transcript(script.Tenant, script.CallID)
		require.ErrorIs(t, err, ai.ErrNoTranscript)
		got, err := tx.Summary(summary.Tenant, summary.CallID)
		require.Equal(t, summary, got)
		return err
	})
	update(t, store, func(tx storage.Tx) error {
		return errors.Join(tx.PutTranscript(script), tx.DeleteSummary(summary.Tenant, summary.CallID))
	})
	view(t, store, func(tx storage.Tx) error {
		_, err := tx.Summary(summary.Tenant, summary.CallID)
		require.ErrorIs(t, err, ai.ErrNoSummary)
		got, err := tx.Transcript(script.Tenant, script.CallID)
		require.Equal(t, script, got)
		return err
	})
}

func testSettings(t *testing.T, s suite) {
	store := s.fresh(t)
	setting := func(name string) []byte {
		t.Helper()
		return read(t, store, func(tx storage.Tx) ([]byte, error) { return tx.Setting(name) })
	}
	require.Nil(t, setting("secret"))
	for _, value := range [][]byte{{1}, {0, 0xff, 0}, bytes.Repeat([]byte{0, 1, 2, 0xff}, 1<<14), {}, []byte("text")} {
		update(t, store, func(tx storage.Tx) error { return tx.PutSetting("secret", value) })
		got := setting("secret")
		require.Equal(t, value, got)
		require.NotNil(t, got, "an empty value is a value")
	}
	require.Nil(t, setting("secre"))
	require.Nil(t, setting("secret "))
}
