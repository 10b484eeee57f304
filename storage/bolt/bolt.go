// Package bolt is a store in one file of go.etcd.io/bbolt, for one process at a time.
//
// Writers that come together share a sync of the disk, readers wait for nobody, and the list of calls is answered from
// an index in memory that is built when the file is opened. It must never have behaviour of its own: what is true of
// it is true of storage/memory, save that it outlives the process.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	*db
	engine *kv.Bolt
}

type db = rows.DB

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Backuper = (*Store)(nil)
)

// Open opens the store at path, and makes an empty one if there is none; path and all names that begin with path and a
// dot belong to it. It reads every call, which takes a few seconds for a million.
//
// It returns [storage.ErrLocked], at once, if the file is open already, in this process or another, and an error for a
// file that is damaged, is no store, or is of a newer format than this program knows. One of an older format is
// brought to the new one.
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

// Backup implements [storage.Backuper]: what it writes is a file that [Open] opens. Writes go on meanwhile, but the
// space of what they replace is not used again before it has ended.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	return rows.StoreError(s.engine.Backup(ctx, w))
}
