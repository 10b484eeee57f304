package privacy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

// part sends a part of a recording, the word in it.
func (w *world) part(t testing.TB, callID string, track media.TrackName, n int, word string) {
	t.Helper()
	content := word
	if n == 0 {
		content = video + word
	}
	_, _, err := w.Media.PutPart(t.Context(), supervisor, callID, track, n, strings.NewReader(content))
	require.NoError(t, err)
}

// TestEveryTrack is in the export, and gone after an erasure; so are parts of which nothing was made yet.
func TestEveryTrack(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		whole, coming := w.complete(t, w.enqueue(t, maria, hers), hers), w.complete(t, w.enqueue(t, maria, hers), hers)
		for _, c := range []call.Call{whole, coming} {
			for _, track := range []media.TrackName{media.TrackCustomer, media.TrackAgent} {
				w.part(t, c.ID, track, 0, hers)
				w.part(t, c.ID, track, 1, string(track))
			}
		}
		_, _, err := w.Media.Finish(t.Context(), supervisor, whole.ID, nil)
		require.NoError(t, err)
		subject := privacy.Subject{Email: maria.Email}

		files, _ := w.export(t, subject)
		folder := "calls/0001-" + whole.InsertedAt.Format("2006-01-02") + "/"
		assert.Equal(t, video+hers+"agent", files[folder+"recording-agent.webm"])
		assert.Equal(t, video+hers+"customer", files[folder+"recording-customer.webm"])
		assert.NotContains(t, files, folder+"recording-mixed.webm")
		facts := unmarshal[struct {
			Tracks []struct{ Track, Path string }
		}](t, files[folder+"recording.json"])
		assert.Equal(t, []struct{ Track, Path string }{
			{"agent", "recording-agent.webm"}, {"customer", "recording-customer.webm"},
		}, facts.Tracks)

		require.Equal(t, 2+4, w.blobCount(t))
		preview, err := w.Privacy.Preview(t.Context(), manager, subject)
		require.NoError(t, err)
		assert.Equal(t, call.Erasure{Recordings: 2}, preview.Gone)
		assert.Equal(t, call.Erasure{Recordings: 2}, w.erase(t, subject).Gone)
		assert.Zero(t, w.blobCount(t))
		assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
		require.NoError(t, w.store.View(t.Context(), func(tx storage.Tx) error {
			drafts, err := tx.Drafts(call.Key{}, 1)
			assert.Empty(t, drafts)
			return err
		}))
	})
}

// TestEraseDuringARecording: what was on its way when the customer was erased is refused, and no byte is left.
func TestEraseDuringARecording(t *testing.T) {
	for name, send := range map[string]func(t *testing.T, w *world, id string) error{
		"part": func(t *testing.T, w *world, id string) error {
			_, _, err := w.Media.PutPart(t.Context(), supervisor, id, media.TrackAgent, 1, strings.NewReader(hers))
			return err
		},
		"finish": func(t *testing.T, w *world, id string) error {
			_, _, err := w.Media.Finish(t.Context(), supervisor, id, nil)
			return err
		},
		"whole": func(t *testing.T, w *world, id string) error {
			_, err := w.Media.PutRecording(t.Context(), supervisor, id, 0, strings.NewReader(video+hers))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			blobs := &during{kept: func() {}}
			w := newWorld(t, memory.New(), func(b media.BlobStore) media.BlobStore { blobs.BlobStore = b; return blobs })
			c := w.complete(t, w.enqueue(t, maria, hers), hers)
			w.part(t, c.ID, media.TrackAgent, 0, hers)
			blobs.kept = func() { w.erase(t, privacy.Subject{Email: maria.Email}) }
			require.ErrorIs(t, send(t, w, c.ID), call.ErrRefused)
			assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
			assert.Zero(t, w.blobCount(t))
		})
	}
}

// TestJobsOfAnErasedCall quote nobody, and do not begin.
func TestJobsOfAnErasedCall(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		c, other := w.complete(t, w.enqueue(t, maria, hers), hers), w.complete(t, w.enqueue(t, joao, "his"), "his")
		job := func(id, callID string, s follow.State) follow.Job {
			return follow.Job{
				Tenant: "acme", ID: id, Queue: "q", Kind: "k", CallID: callID, State: s, CreatedAt: call.Now(), Since: call.Now(),
				LastError: "said " + hers, Tries: []follow.Try{{At: call.Now(), Error: "said " + hers}},
			}
		}
		failed, waiting, his := job("1", c.ID, follow.StateFailed), job("2", c.ID, follow.StatePending), job("3", other.ID, follow.StatePending)
		failed.EndedAt, waiting.Due, his.Due = call.Now(), call.Now(), call.Now()
		his.LastError, his.Tries = "down", nil
		require.NoError(t, w.store.Update(t.Context(), func(tx storage.Tx) error {
			for _, j := range []follow.Job{failed, waiting, his} {
				if err := tx.PutJob(j); err != nil {
					return err
				}
			}
			return nil
		}))
		w.erase(t, privacy.Subject{Email: maria.Email})
		assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
		jobs, err := w.Jobs.List(t.Context(), supervisor, follow.Filter{}, "", 0)
		require.NoError(t, err)
		require.Len(t, jobs, 3)
		assert.Equal(t, follow.StateFailed, jobs[0].State)
		assert.Equal(t, follow.StateCancelled, jobs[1].State)
		assert.Equal(t, his, jobs[2])
	})
}
