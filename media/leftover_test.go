package media_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

// after runs a function when a blob has been kept whole, before its row is written.
type after struct {
	media.BlobStore
	kept func()
}

func (a *after) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	n, err := a.BlobStore.Put(ctx, key, r)
	a.kept()
	return n, err
}

// TestUploadOutlivesItsClient: once the bytes are there, the row follows although the client has gone.
func TestUploadOutlivesItsClient(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	blobs := media.NewMemory()
	o := newOffice(t, media.Options{Blobs: &after{blobs, leave}})
	c := o.in(t, call.Queued)
	f, err := o.Upload(ctx, agent, c.ID, text("a.txt", "hello"))
	require.NoError(t, err)
	_, content, err := o.Open(t.Context(), agent, f.ID)
	require.NoError(t, err)
	requireContent(t, "hello", content)
	assert.Empty(t, o.pending(t))
}

// TestUploadWhoseStoreCloses: bytes whose row cannot even be tried are removed at once.
func TestUploadWhoseStoreCloses(t *testing.T) {
	blobs := media.NewMemory()
	kept := &after{BlobStore: blobs}
	o := newOffice(t, media.Options{Blobs: kept})
	kept.kept = func() { assert.NoError(t, o.store.Close()) }
	c := o.in(t, call.Queued)
	_, err := o.Upload(t.Context(), agent, c.ID, text("a.txt", "hello"))
	require.Error(t, err)
	assert.Zero(t, blobs.Len())
}

// TestRecoverDuringUpload: an upload whose bytes were taken for left over is refused, and never acknowledged without
// them.
func TestRecoverDuringUpload(t *testing.T) {
	blobs := media.NewMemory()
	kept := &after{BlobStore: blobs}
	o := newOffice(t, media.Options{Blobs: kept})
	kept.kept = func() { assert.NoError(t, o.Recover(t.Context(), time.Now().Add(time.Hour))) }
	c := o.in(t, call.Queued)
	_, err := o.Upload(t.Context(), agent, c.ID, text("a.txt", "hello"))
	require.ErrorContains(t, err, "left over")
	assert.Zero(t, blobs.Len())
	assert.Empty(t, o.pending(t))
	files, err := o.Files(t.Context(), agent, c.ID)
	require.NoError(t, err)
	assert.Empty(t, files)
}

// undeletable refuses to delete.
type undeletable struct{ media.BlobStore }

var errUndeletable = errors.New("cannot be deleted")

func (undeletable) Delete(context.Context, string) error { return errUndeletable }

// TestDoomedStaysDoomed: bytes that Recover has begun to remove never get a row, even if removing them failed.
func TestDoomedStaysDoomed(t *testing.T) {
	blobs := media.NewMemory()
	kept := &after{BlobStore: undeletable{blobs}}
	o := newOffice(t, media.Options{Blobs: kept})
	kept.kept = func() {
		assert.ErrorIs(t, o.Recover(t.Context(), time.Now().Add(time.Hour)), errUndeletable)
	}
	c := o.in(t, call.Queued)
	_, err := o.Upload(t.Context(), agent, c.ID, text("a.txt", "hello"))
	require.ErrorContains(t, err, "left over")
	require.Len(t, o.pending(t), 1, "it is tried again at the next start")
	assert.True(t, o.pending(t)[0].Doomed)
}

func TestCleanNameKeepsTheExtension(t *testing.T) {
	name := media.CleanName(strings.Repeat("ã", 300) + ".pdf")
	assert.LessOrEqual(t, len(name), 255)
	assert.True(t, strings.HasSuffix(name, "ã.pdf"))
	assert.LessOrEqual(t, len(media.CleanName("a."+strings.Repeat("b", 400))), 255)
}
