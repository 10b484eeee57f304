// Package memory is a store that lives as long as the process: for tests of a host, and to try things out.
//
// It keeps the whole contract of package storage, works in the bubbles of testing/synctest, and starts no goroutine.
// Make a store inside the bubble that uses it: the channels that Appended returns belong to the bubble in which they
// were asked for, and no commit outside of it may close them.
// It must never have behaviour of its own: what is true of it is true of storage/bolt, save that nothing outlives it.
package memory

import (
	"context"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
)

// Store is a [storage.Store], and a Checker, a Healther and Exclusive as well. It is safe for concurrent use.
type Store struct{ db *rows.DB }

var (
	_ storage.Store      = (*Store)(nil)
	_ storage.Checker    = (*Store)(nil)
	_ storage.Healther   = (*Store)(nil)
	_ storage.Exclusive  = (*Store)(nil)
	_ storage.CallSharer = (*Store)(nil)
)

// New returns an empty store.
func New() *Store { return &Store{db: rows.New(kv.NewMemory())} }

// View runs fn on one committed state, and waits for no writer. Package storage says what it promises.
func (s *Store) View(ctx context.Context, fn func(storage.Tx) error) error { return s.db.View(ctx, fn) }

// Update runs fn in a transaction that is serializable, and visible to all when Update returns.
// Package storage says what it promises.
func (s *Store) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return s.db.Update(ctx, fn)
}

// ListCalls answers rows and total of q from one committed state.
func (s *Store) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	return s.db.ListCalls(ctx, q)
}

// ShareCalls answers it without copies of the calls, which it appends to room.
func (s *Store) ShareCalls(ctx context.Context, q call.Query, room []*call.Shared) ([]*call.Shared, int, error) {
	return s.db.ShareCalls(ctx, q, room)
}

// Appended returns a channel that is closed at the next commit that appends an event to the tenant's log, or to any if
// tenant is empty, and by Close.
func (s *Store) Appended(tenant string) <-chan struct{} { return s.db.Appended(tenant) }

// Check implements [storage.Checker]: it reads every row and holds against each other what is kept twice.
func (s *Store) Check(ctx context.Context) error { return s.db.Check(ctx) }

// Health implements [storage.Healther].
func (s *Store) Health() error { return s.db.Health() }

// Exclusive implements [storage.Exclusive].
func (*Store) Exclusive() {}

// Close waits for the Update that runs, wakes those who wait for Appended, and leaves nothing behind.
func (s *Store) Close() error { return s.db.Close() }
