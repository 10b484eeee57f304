package media_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// run lets the service run until the returned function is called, which waits for its end.
func (o office) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	return func() {
		cancel()
		assert.NoError(t, <-done)
	}
}

func (o office) hasRecording(t *testing.T, callID string) bool {
	t.Helper()
	synctest.Wait()
	c, err := o.calls.Get(t.Context(), agent, callID)
	require.NoError(t, err)
	return c.HasRecording
}

// TestLeftUnfinished: a recording is finished when its call has ended and nothing came for a minute, by whichever
// process runs then.
func TestLeftUnfinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, media.Options{})
		c := o.in(t, call.Active)
		stop := o.run(t)
		o.send(t, c.ID, media.TrackMixed, 0, video, "a")
		time.Sleep(time.Hour)
		require.False(t, o.hasRecording(t, c.ID), "the call goes on")
		_, err := o.calls.Complete(t.Context(), agent, c.ID, "")
		require.NoError(t, err)
		time.Sleep(50 * time.Second)
		o.send(t, c.ID, media.TrackMixed, 2, "b")
		time.Sleep(50 * time.Second)
		require.False(t, o.hasRecording(t, c.ID), "something came")
		stop() // and the next process, which knows nothing but the rows
		o.Service = media.NewService(storage.Narrow[media.Tx](o.store), media.Options{Blobs: o.blobs})
		defer o.run(t)()
		time.Sleep(30 * time.Second)
		require.True(t, o.hasRecording(t, c.ID))
		o.requirePlays(t, c.ID, map[media.TrackName]string{media.TrackMixed: video + "ab"})
		events, err := o.calls.Timeline(t.Context(), agent, c.ID)
		require.NoError(t, err)
		last := events[len(events)-1]
		assert.Equal(t, call.KindRecordingReady, last.Kind)
		assert.Empty(t, last.Actor)
	})
}

// TestLeftInPieces: what can be played of a recording is kept, and the rest is not.
func TestLeftInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, media.Options{})
		defer o.run(t)()
		hole, none := o.in(t, call.Active), o.in(t, call.Completed)
		o.send(t, hole.ID, media.TrackAgent, 0, video, "a")
		o.send(t, hole.ID, media.TrackAgent, 3, "behind what is missing")
		o.send(t, hole.ID, media.TrackMixed, 1, "without a beginning")
		o.send(t, hole.ID, media.TrackCustomer, 0, "\x1a", "no WebM after all")
		o.send(t, none.ID, media.TrackMixed, 1, "without a beginning")
		time.Sleep(23 * time.Hour)
		require.False(t, o.hasRecording(t, hole.ID), "the call goes on, for now")
		time.Sleep(2 * time.Hour)
		require.True(t, o.hasRecording(t, hole.ID), "nothing came for a day")
		require.False(t, o.hasRecording(t, none.ID))
		o.requirePlays(t, hole.ID, map[media.TrackName]string{media.TrackAgent: video + "a"})
		_, _, err := o.Finish(t.Context(), agent, none.ID, nil)
		require.ErrorIs(t, err, media.ErrNoParts, "nothing is stuck")
	})
}

// TestLeftTooLarge: what is more than the limit, which was lowered meanwhile, is not tried for ever.
func TestLeftTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, media.Options{})
		c := o.in(t, call.Completed)
		o.send(t, c.ID, media.TrackMixed, 0, video, "a")
		o.Service = media.NewService(storage.Narrow[media.Tx](o.store), media.Options{Blobs: o.blobs, MaxRecording: 5})
		defer o.run(t)()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		o.requireNothing(t, c.ID)
		_, _, err := o.Finish(t.Context(), agent, c.ID, nil)
		require.ErrorIs(t, err, media.ErrNoParts)
	})
}

// keeping is a host whose company acme keeps recordings for thirty days.
type keeping struct{}

func (keeping) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	switch slug {
	case "acme":
		return call.Tenant{RecordingDays: 30}, nil
	case "other":
		return call.Tenant{}, nil
	}
	return call.Tenant{}, call.ErrTenantNotFound
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, media.Options{Tenants: keeping{}})
		defer o.run(t)()
		old, young := o.in(t, call.Completed), o.in(t, call.Completed)
		o.send(t, old.ID, media.TrackAgent, 0, video)
		o.send(t, old.ID, media.TrackCustomer, 0, video)
		rec, _, err := o.Finish(t.Context(), agent, old.ID, nil)
		require.NoError(t, err)
		for _, tenant := range []string{"other", "unknown"} { // of whom one keeps them, and one is not known any more
			require.NoError(t, o.store.Update(t.Context(), func(tx storage.Tx) error {
				return tx.PutRecording(media.Recording{Tenant: tenant, CallID: "c1", ID: "r1", InsertedAt: rec.InsertedAt})
			}))
		}
		time.Sleep(24 * time.Hour)
		_, err = o.PutRecording(t.Context(), agent, young.ID, 0, strings.NewReader(video))
		require.NoError(t, err)
		time.Sleep(29*24*time.Hour - time.Minute)
		require.True(t, o.hasRecording(t, old.ID))
		time.Sleep(time.Hour + time.Minute)
		require.False(t, o.hasRecording(t, old.ID))
		_, err = o.Recording(t.Context(), agent, old.ID)
		require.ErrorIs(t, err, media.ErrNoRecording)
		require.Equal(t, 1, o.blobs.Len())
		require.Empty(t, o.pending(t))
		events, err := o.calls.Timeline(t.Context(), agent, old.ID)
		require.NoError(t, err)
		last := events[len(events)-1]
		assert.Equal(t, call.KindRecordingDeleted, last.Kind)
		assert.Empty(t, last.Actor)
		assert.Equal(t, call.Data{Subject: rec.ID, Reason: call.ReasonRetention}, last.Data)

		require.True(t, o.hasRecording(t, young.ID))
		time.Sleep(25 * time.Hour)
		require.False(t, o.hasRecording(t, young.ID))
		for _, tenant := range []string{"other", "unknown"} {
			require.NoError(t, o.store.View(t.Context(), func(tx storage.Tx) error {
				_, err := tx.Recording(tenant, "c1")
				return err
			}))
		}
	})
}

func TestDeleteByWhom(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Completed)
	_, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video))
	require.NoError(t, err)
	for _, a := range []call.Actor{nobody, agent, supervisor} {
		require.ErrorIs(t, o.DeleteRecording(t.Context(), a, c.ID), call.ErrForbidden)
	}
	require.ErrorIs(t, o.DeleteRecording(t.Context(), stranger, c.ID), call.ErrNotFound)
	o.requirePlays(t, c.ID, map[media.TrackName]string{media.TrackMixed: video})
}
