package media_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
)

// send puts parts of a track, from the number on.
func (o office) send(t testing.TB, callID string, track media.TrackName, from int, contents ...string) {
	t.Helper()
	for i, content := range contents {
		p, fresh, err := o.PutPart(t.Context(), agent, callID, track, from+i, strings.NewReader(content))
		require.NoError(t, err)
		require.True(t, fresh)
		require.Equal(t, int64(len(content)), p.Size)
	}
}

// requirePlays checks what the recording of a call holds, that no other bytes lie about, and none are expected.
func (o office) requirePlays(t testing.TB, callID string, tracks map[media.TrackName]string) {
	t.Helper()
	rec, err := o.Recording(t.Context(), agent, callID)
	require.NoError(t, err)
	require.Len(t, rec.Tracks, len(tracks))
	for name, want := range tracks {
		facts, content, err := o.OpenTrack(t.Context(), "acme", callID, name)
		require.NoError(t, err)
		require.Equal(t, int64(len(want)), facts.Size)
		requireContent(t, want, content)
	}
	require.Equal(t, len(tracks), o.blobs.Len())
	require.Empty(t, o.pending(t))
}

// An old row, and one of a recording that came in whole, name no track.
func TestRecordingWithoutTracks(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Completed)
	_, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video))
	require.NoError(t, err)
	o.requirePlays(t, c.ID, map[media.TrackName]string{media.TrackMixed: video})
	_, _, err = o.OpenTrack(t.Context(), "acme", c.ID, media.TrackAgent)
	require.ErrorIs(t, err, media.ErrNoRecording)
}

// TestWholeAfterParts: a recording that comes in whole takes the place of the parts.
func TestWholeAfterParts(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	o.send(t, c.ID, media.TrackMixed, 0, video, "more")
	_, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video))
	require.NoError(t, err)
	o.requirePlays(t, c.ID, map[media.TrackName]string{media.TrackMixed: video})
}

func TestPartBrokenOff(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	for _, at := range []int{0, 1} {
		_, _, err := o.PutPart(t.Context(), agent, c.ID, media.TrackMixed, at, io.MultiReader(
			strings.NewReader(video), iotest.ErrReader(io.ErrUnexpectedEOF)))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	o.requireNothing(t, c.ID)
	_, _, err := o.Finish(t.Context(), agent, c.ID, nil)
	require.ErrorIs(t, err, media.ErrNoParts)
}

// TestPartRace: of the same part that comes in several times at once one is kept; other content is refused.
func TestPartRace(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	var wg, begun sync.WaitGroup
	const same = 6
	fresh, errs := make([]bool, same+1), make([]error, same+1)
	begun.Add(len(errs))
	for i := range errs {
		content := "content"
		if i == same {
			content = "another"
		}
		wg.Go(func() {
			var once sync.Once
			_, fresh[i], errs[i] = o.PutPart(t.Context(), agent, c.ID, media.TrackMixed, 1, io.MultiReader(
				readerFunc(func([]byte) (int, error) {
					once.Do(begun.Done)
					begun.Wait() // nobody has found the part yet
					return 0, io.EOF
				}), strings.NewReader(content)))
		})
	}
	wg.Wait()
	kept := 0
	for i := range errs {
		if fresh[i] {
			kept++
		}
		if errs[i] != nil {
			assert.ErrorIs(t, errs[i], media.ErrPartDiffers)
			assert.Equal(t, fresh[same], i != same, "those who sent the same agree")
		}
	}
	assert.Equal(t, 1, kept)
	assert.Equal(t, 1, o.blobs.Len())
	assert.Empty(t, o.pending(t))
}

// TestFinishRace: of those who finish at once one makes the recording, and all get it.
func TestFinishRace(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Completed)
	o.send(t, c.ID, media.TrackMixed, 0, video, "a", "b")
	var wg sync.WaitGroup
	recs, fresh := make([]media.Recording, 8), make([]bool, 8)
	for i := range recs {
		wg.Go(func() {
			var err error
			recs[i], fresh[i], err = o.Finish(t.Context(), agent, c.ID, nil)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	made := 0
	for i := range recs {
		assert.Equal(t, recs[0].ID, recs[i].ID)
		if fresh[i] {
			made++
		}
	}
	assert.Equal(t, 1, made)
	o.requirePlays(t, c.ID, map[media.TrackName]string{media.TrackMixed: video + "ab"})
}

// TestPartWhileFinishing: what was acknowledged before the recording was there is part of it.
func TestPartWhileFinishing(t *testing.T) {
	blobs := &after{BlobStore: media.NewMemory()}
	blobs.kept = func() {}
	o := newOffice(t, media.Options{Blobs: blobs})
	c := o.in(t, call.Active)
	o.send(t, c.ID, media.TrackMixed, 0, video, "a")
	blobs.kept = func() { // when the parts are joined
		blobs.kept = func() {}
		o.send(t, c.ID, media.TrackMixed, 2, "b")
	}
	_, fresh, err := o.Finish(t.Context(), agent, c.ID, nil)
	require.NoError(t, err)
	require.True(t, fresh)
	_, content, err := o.OpenRecording(t.Context(), "acme", c.ID)
	require.NoError(t, err)
	requireContent(t, video+"ab", content)
}

// mortal is a store and blobs of a process that dies at one of its steps.
type mortal struct {
	media.Store
	media.BlobStore
	steps int // until it dies
}

var errDied = errors.New("the process has died")

func (m *mortal) step() {
	if m.steps--; m.steps < 0 {
		panic(errDied)
	}
}

func (m *mortal) Update(ctx context.Context, fn func(media.Tx) error) error {
	m.step()
	err := m.Store.Update(ctx, fn)
	m.step()
	return err
}

func (m *mortal) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	m.step()
	n, err := m.BlobStore.Put(ctx, key, r)
	m.step()
	return n, err
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	m.step()
	err := m.BlobStore.Delete(ctx, key)
	m.step()
	return err
}

// TestDeathAnywhere: wherever the process dies while a recording comes in by parts, is finished and removed, the next
// one goes on, and nothing is left over.
func TestDeathAnywhere(t *testing.T) {
	survived := false
	for steps := 0; !survived; steps++ {
		require.Less(t, steps, 1000)
		o := newOffice(t, media.Options{})
		c := o.in(t, call.Completed)
		live := func(s *media.Service) {
			for track, content := range map[media.TrackName]string{media.TrackAgent: video, media.TrackCustomer: video + "c"} {
				for n, part := range []string{content, "a", "b"} {
					_, _, err := s.PutPart(t.Context(), agent, c.ID, track, n, strings.NewReader(part))
					require.NoError(t, err)
				}
			}
			_, _, err := s.Finish(t.Context(), agent, c.ID, nil)
			require.NoError(t, err)
		}
		remove := func(s *media.Service) error {
			manager := call.Actor{Tenant: "acme", ID: "mia", Role: call.RoleManager}
			return s.DeleteRecording(t.Context(), manager, c.ID)
		}
		dying := &mortal{storage.Narrow[media.Tx](o.store), o.blobs, steps}
		mortals := media.NewService(dying, media.Options{Blobs: dying})
		finished := false
		survived = outlives(func() {
			live(mortals)
			finished = true
			require.NoError(t, remove(mortals))
		})

		require.NoError(t, o.Recover(t.Context(), call.Now()))
		if after, err := o.calls.Get(t.Context(), agent, c.ID); !finished && !after.HasRecording {
			require.NoError(t, err)
			live(o.Service)
		}
		if _, err := o.Recording(t.Context(), agent, c.ID); err == nil {
			o.requirePlays(t, c.ID, map[media.TrackName]string{
				media.TrackAgent: video + "ab", media.TrackCustomer: video + "cab",
			})
			require.NoError(t, remove(o.Service))
		}
		require.ErrorIs(t, remove(o.Service), media.ErrNoRecording)
		require.Zero(t, o.blobs.Len(), "dead after %d steps", steps)
		require.Empty(t, o.pending(t))
	}
}

// outlives reports whether do has come to its end.
func outlives(do func()) (survived bool) {
	defer func() {
		if p := recover(); p != nil && p != any(errDied) {
			panic(p)
		}
	}()
	do()
	return true
}
