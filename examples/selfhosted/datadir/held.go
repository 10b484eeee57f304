package datadir

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/avanter/voki/media"
)

// ErrHeld is why a blob is not removed while a backup copies all there are. The library tries again later.
var ErrHeld = errors.New("no file is removed while a backup runs")

// heldBlobs are blobs of which none is removed while they are held.
type heldBlobs struct {
	media.BlobStore
	holders atomic.Int64
}

// Delete implements [media.BlobStore]. Returns [ErrHeld].
func (h *heldBlobs) Delete(ctx context.Context, key string) error {
	if h.holders.Load() > 0 {
		return ErrHeld
	}
	return h.BlobStore.Delete(ctx, key)
}

// HoldBlobs keeps all blobs that a state of the database names which is copied from now on, until release is called:
// bytes are removed only after the row that names them.
func (data *Data) HoldBlobs() (release func()) {
	h, ok := data.Blobs.(*heldBlobs)
	if !ok {
		return func() {}
	}
	h.holders.Add(1)
	return func() { h.holders.Add(-1) }
}
