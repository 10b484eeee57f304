package main_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// age makes the recording of a call older, in the data of a server that does not run.
func age(t *testing.T, dir, id string, by time.Duration) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(dir, "voki.db"), bolt.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	require.NoError(t, store.Update(t.Context(), func(tx storage.Tx) error {
		rec, err := tx.Recording("avanter", id)
		if err != nil {
			return err
		}
		rec.InsertedAt = rec.InsertedAt.Add(-by)
		return tx.PutRecording(rec)
	}))
}

// kept are the files below a data directory that hold recordings and parts of them.
func kept(t *testing.T, dir string) []string {
	t.Helper()
	recordings, err := filepath.Glob(filepath.Join(dir, "blobs/recordings/*/*"))
	require.NoError(t, err)
	parts, err := filepath.Glob(filepath.Join(dir, "blobs/parts/*/*"))
	require.NoError(t, err)
	return append(recordings, parts...)
}

// TestOldRecordingsAreRemoved: recording_days takes bytes and row of what is as old, and leaves what is younger, be it by
// an hour; a manager takes those of any recording. The log says which it was.
func TestOldRecordingsAreRemoved(t *testing.T) {
	t.Parallel()
	dir := companyWith(t, "recording_days: 30")
	p := serve(t, dir)
	old, young := recordedCall(t, p, demoWebM(t)), recordedCall(t, p, demoWebM(t))
	require.Zero(t, p.stop())
	require.Len(t, kept(t, dir), 2)
	age(t, dir, old, 30*24*time.Hour)
	age(t, dir, young, 30*24*time.Hour-time.Hour)

	p = serve(t, dir)
	path := "/api/v1/calls/" + old
	require.Eventually(t, func() bool {
		got, err := p.ask("GET", path+"/recording", supervisor, "")
		return err == nil && got.status == 404
	}, patience, 20*time.Millisecond, "%s", p.stderr)
	p.must(404, "GET", path+"/recording/download", supervisor, "")
	details := string(p.must(200, "GET", path, supervisor, ""))
	assert.Contains(t, details, `"has_recording":false`)
	assert.Contains(t, details, `"recording_url":null`)
	p.must(200, "GET", "/api/v1/calls/"+young+"/recording", supervisor, "")
	assert.Equal(t, demoWebM(t), p.must(200, "GET", "/api/v1/calls/"+young+"/recording/download", supervisor, ""))

	manager := token("avanter", "marcos", "Marcos", "manager")
	asked := recordedCall(t, p, demoWebM(t))
	p.must(403, "DELETE", "/api/v1/calls/"+asked+"/recording", supervisor, "")
	p.must(204, "DELETE", "/api/v1/calls/"+asked+"/recording", manager, "")
	p.must(404, "GET", "/api/v1/calls/"+asked+"/recording", supervisor, "")

	archive := filepath.Join(t.TempDir(), "maria.zip")
	mustVoki(t, "export", "--data", dir, "--tenant", "avanter", "--email", "maria@example.com", archive)
	removed := map[string]string{} // reason and actor, by call
	files := unzip(t, archive)
	for name, content := range files {
		folder, ours := strings.CutSuffix(name, "events.json")
		if !ours {
			continue
		}
		var events []struct{ Kind, Reason, Actor string }
		require.NoError(t, json.Unmarshal([]byte(content), &events))
		var call struct{ ID string }
		require.NoError(t, json.Unmarshal([]byte(files[folder+"call.json"]), &call))
		for _, e := range events {
			if e.Kind == "call.recording_deleted" {
				removed[call.ID] = e.Reason + " " + e.Actor
			}
		}
	}
	assert.Equal(t, map[string]string{old: "retention ", asked: "request marcos"}, removed)
	require.Zero(t, p.stop())
	assert.Len(t, kept(t, dir), 1)
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "0 files, 1 recordings: everything is in order")
}
