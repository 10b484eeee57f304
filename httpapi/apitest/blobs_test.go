package apitest

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/avanter/voki/media"
)

// blobs is a BlobStore that knows what it holds.
type blobs struct {
	media.BlobStore
	mu   sync.Mutex
	keys map[string]bool
	full atomic.Bool // there is no space left
}

func (b *blobs) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if b.full.Load() {
		return 0, fmt.Errorf("write %s: %w", key, syscall.ENOSPC)
	}
	n, err := b.BlobStore.Put(ctx, key, r)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.keys[key] = true
	}
	return n, err
}

func (b *blobs) Delete(ctx context.Context, key string) error {
	err := b.BlobStore.Delete(ctx, key)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keys, key)
	return err
}

func (b *blobs) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.keys)
}
