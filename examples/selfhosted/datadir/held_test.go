package datadir_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/media"
)

func TestNoBlobGoesWhileItIsHeld(t *testing.T) {
	dir := datadir.Dir(t.TempDir())
	require.NoError(t, dir.Create())
	lock, err := dir.Lock()
	require.NoError(t, err)
	data, err := lock.Open(datadir.StoreBolt)
	require.NoError(t, err)
	defer func() { assert.NoError(t, data.Close()) }()
	_, err = data.Blobs.Put(t.Context(), "files/a", strings.NewReader("a"))
	require.NoError(t, err)

	first, second := data.HoldBlobs(), data.HoldBlobs()
	first()
	require.ErrorIs(t, data.Blobs.Delete(t.Context(), "files/a"), datadir.ErrHeld)
	content, err := data.Blobs.Open(t.Context(), "files/a")
	require.NoError(t, err)
	require.NoError(t, content.Close())
	second()
	require.NoError(t, data.Blobs.Delete(t.Context(), "files/a"))
	_, err = data.Blobs.Open(t.Context(), "files/a")
	require.ErrorIs(t, err, media.ErrNoBlob)
}
