package media

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// Memory keeps blobs in memory, for tests.
type Memory struct {
	mu    sync.RWMutex
	blobs map[string][]byte
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{blobs: map[string][]byte{}} }

// Put implements [BlobStore].
func (m *Memory) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	content, err := io.ReadAll(&untilDone{ctx, r})
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[key] = content
	return int64(len(content)), nil
}

// Open implements [BlobStore].
func (m *Memory) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	content, ok := m.blobs[key]
	if !ok {
		return nil, ErrNoBlob
	}
	return reader{bytes.NewReader(content)}, nil
}

// Delete implements [BlobStore].
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, key)
	return nil
}

// Len is how many blobs there are.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.blobs)
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }
