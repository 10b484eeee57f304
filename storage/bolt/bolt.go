// Package bolt is a store in one file of go.etcd.io/bbolt, for one process at a time.
//
// Writers that come together share a sync of the disk, of a journal that stands beside the file while it is open;
// readers wait for nobody, and the list of calls is answered from an index in memory that is built when the file is
// opened. It must never have behaviour of its own: what is true of
// it is true of storage/memory, save that it outlives the process.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
)

// Options say how [Open] opens a file. The zero value works.
type Options struct {
	// MaxSize is the greatest size that the file may grow to, in bytes. As much address space is reserved, which costs
	// nothing except on Windows, where the file takes that size at once. Defaults to 256 GiB, and to 1 GiB on Windows
	// and where addresses have 32 bits.
	MaxSize int
}

// Store is a [storage.Store], and a Backuper, a Checker, a Healther and Exclusive as well. It is safe for concurrent
// use.
type Store struct {
	db     *rows.DB
	engine *kv.Bolt
}

var (
	_ storage.Store      = (*Store)(nil)
	_ storage.Backuper   = (*Store)(nil)
	_ storage.Checker    = (*Store)(nil)
	_ storage.Healther   = (*Store)(nil)
	_ storage.Exclusive  = (*Store)(nil)
	_ storage.CallSharer = (*Store)(nil)
)

// Open opens the store at path, and makes an empty one if there is none; path and all names that begin with path and a
// dot belong to it. What a process that has died has left in the journal is put into the file first. It reads every
// call: a million take about two seconds on two processors.
//
// It returns [storage.ErrLocked], at once, if the file is open already, in this process or another,
// [storage.ErrDamaged] for a file that is damaged or no store, or whose journal is damaged or that of another file, as
// when a backup was put in its place, and an error for one of a newer format than this
// program knows. One of an older format is brought to the new one.
func Open(path string, o Options) (*Store, error) {
	engine, err := kv.OpenBolt(path, kv.BoltOptions{Version: rows.Version(), Migrate: rows.Migrate, MaxSize: o.MaxSize})
	if err != nil {
		return nil, rows.StoreError(err)
	}
	opened, err := rows.Open(context.Background(), engine)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), engine.Close())
	}
	return &Store{db: opened, engine: engine}, nil
}

// View runs fn on one committed state, and waits for no writer. Package storage says what it promises.
func (s *Store) View(ctx context.Context, fn func(storage.Tx) error) error { return s.db.View(ctx, fn) }

// Update runs fn in a transaction that is serializable, and durable when Update returns.
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

// Check implements [storage.Checker]: it reads every row and holds against each other what is kept twice, and the pages of the file.
func (s *Store) Check(ctx context.Context) error { return s.db.Check(ctx) }

// Health implements [storage.Healther].
func (s *Store) Health() error { return s.db.Health() }

// Exclusive implements [storage.Exclusive].
func (*Store) Exclusive() {}

// Close waits for the transactions that run, puts what is in the journal into the file, removes the journal, wakes those
// who wait for Appended, and lets go of the file.
func (s *Store) Close() error { return s.db.Close() }

// Backup implements [storage.Backuper]: what it writes is a file that [Open] opens. Writes go on meanwhile, but the
// space of what they replace is not used again before it has ended. A store that has failed cannot be copied.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	return rows.StoreError(s.engine.Backup(ctx, w))
}
