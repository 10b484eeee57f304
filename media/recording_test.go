package media_test

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

// video is the header of a browser's WebM, cut down to what says so, and some bytes.
const video = "\x1aE\xdf\xa3\x87B\x82\x84webmvideo"

func TestRecording(t *testing.T) {
	for _, status := range []call.Status{call.Active, call.Completed} {
		t.Run(string(status), func(t *testing.T) {
			o := newOffice(t, media.Options{})
			c := o.in(t, status)
			_, err := o.Recording(t.Context(), agent, c.ID)
			require.ErrorIs(t, err, media.ErrNoRecording)
			_, _, err = o.OpenRecording(t.Context(), "acme", c.ID)
			require.ErrorIs(t, err, media.ErrNoRecording)

			rec, err := o.PutRecording(t.Context(), agent, c.ID, 345*time.Second, strings.NewReader(video))
			require.NoError(t, err)
			assert.Equal(t, media.Recording{
				Tenant: "acme", CallID: c.ID, ID: rec.ID, Format: "webm", Duration: 345 * time.Second,
				Size: int64(len(video)), InsertedAt: rec.InsertedAt,
			}, rec)
			assert.False(t, rec.InsertedAt.IsZero())
			got, err := o.Recording(t.Context(), colleague, c.ID)
			require.NoError(t, err)
			rec.Tracks = []media.Track{{Name: media.TrackMixed, ID: rec.ID, Duration: rec.Duration, Size: rec.Size}}
			assert.Equal(t, rec, got)
			got, content, err := o.OpenRecording(t.Context(), "acme", c.ID)
			require.NoError(t, err)
			assert.Equal(t, rec, got)
			requireContent(t, video, content)

			after, err := o.calls.Get(t.Context(), agent, c.ID)
			require.NoError(t, err)
			want := c
			want.HasRecording, want.ChangedAt = true, rec.InsertedAt
			assert.Equal(t, want, after)
			events, err := o.calls.Timeline(t.Context(), agent, c.ID)
			require.NoError(t, err)
			last := events[len(events)-1]
			assert.Equal(t, call.KindRecordingReady, last.Kind)
			assert.Equal(t, call.Data{Subject: rec.ID}, last.Data)
			_, _, err = o.OpenRecording(t.Context(), "other", c.ID)
			assert.ErrorIs(t, err, call.ErrNotFound)
		})
	}
}

// TestRecordingByWhom: the call's agent, or a supervisor.
func TestRecordingByWhom(t *testing.T) {
	for name, test := range map[string]struct {
		actor call.Actor
		ok    bool
	}{
		"agent": {agent, true}, "colleague": {colleague, false}, "supervisor": {supervisor, true},
		"owner": {call.Actor{Tenant: "acme", ID: "boss", Role: call.RoleOwner}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, media.Options{})
			c := o.in(t, call.Active)
			_, err := o.PutRecording(t.Context(), test.actor, c.ID, 0, strings.NewReader(video))
			if test.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, call.ErrForbidden)
			o.requireNothing(t, c.ID)
		})
	}
}

func TestRecordingInWhichState(t *testing.T) {
	for _, status := range []call.Status{call.Queued, call.Assigned, call.Cancelled} {
		t.Run(string(status), func(t *testing.T) {
			o := newOffice(t, media.Options{})
			c := o.in(t, status)
			unread := &counting{r: zeros{}}
			_, err := o.PutRecording(t.Context(), supervisor, c.ID, 0, unread)
			require.ErrorIs(t, err, media.ErrNotRecordable)
			require.ErrorIs(t, err, call.ErrRefused)
			assert.Zero(t, unread.n)
			o.requireNothing(t, c.ID)
		})
	}
}

func TestSecondRecording(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	first, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video+"first"))
	require.NoError(t, err)
	unread := &counting{r: zeros{}}
	_, err = o.PutRecording(t.Context(), agent, c.ID, 0, unread)
	require.ErrorIs(t, err, media.ErrRecorded)
	require.ErrorIs(t, err, call.ErrRefused)
	assert.Zero(t, unread.n)
	got, content, err := o.OpenRecording(t.Context(), "acme", c.ID)
	require.NoError(t, err)
	assert.Equal(t, first.ID, got.ID)
	requireContent(t, video+"first", content)
	assert.Equal(t, 1, o.blobs.Len())
}

// TestRecordingRace: of two that come in at once one is kept, and nothing is left of the other.
func TestRecordingRace(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	var wg, begun sync.WaitGroup
	errs := make([]error, 8)
	begun.Add(len(errs))
	for i := range errs {
		wg.Go(func() {
			var once sync.Once
			content := io.MultiReader(readerFunc(func([]byte) (int, error) {
				once.Do(begun.Done)
				begun.Wait() // all have passed the first check
				return 0, io.EOF
			}), strings.NewReader(video))
			_, errs[i] = o.PutRecording(t.Context(), agent, c.ID, 0, content)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		assert.ErrorIs(t, err, media.ErrRecorded)
	}
	assert.Equal(t, 1, won)
	assert.Equal(t, 1, o.blobs.Len())
	assert.Empty(t, o.pending(t))
}

func TestRecordingBrokenOff(t *testing.T) {
	o := newOffice(t, media.Options{MaxRecording: 1000})
	c := o.in(t, call.Active)
	_, err := o.PutRecording(t.Context(), agent, c.ID, 0, io.MultiReader(
		strings.NewReader(video), iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	o.requireNothing(t, c.ID)
	_, err = o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video+strings.Repeat("x", 1001-len(video))))
	require.ErrorIs(t, err, media.ErrTooLarge)
	o.requireNothing(t, c.ID)
	after, err := o.calls.Get(t.Context(), agent, c.ID)
	require.NoError(t, err)
	assert.False(t, after.HasRecording)
	_, err = o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video+strings.Repeat("x", 1000-len(video))))
	require.NoError(t, err)
}

// TestRecordingWithoutDuration: the call's own stands in for one that is not known.
func TestRecordingWithoutDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, media.Options{})
		c := o.in(t, call.Active)
		_, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video))
		require.NoError(t, err)
		rec, err := o.Recording(t.Context(), agent, c.ID)
		require.NoError(t, err)
		assert.Zero(t, rec.Duration, "the call goes on")
		time.Sleep(90 * time.Second)
		_, err = o.calls.Complete(t.Context(), agent, c.ID, "")
		require.NoError(t, err)
		rec, err = o.Recording(t.Context(), agent, c.ID)
		require.NoError(t, err)
		assert.Equal(t, 90*time.Second, rec.Duration)
	})
}
