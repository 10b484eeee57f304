// Package memory is a store that lives as long as the process: for tests of a host, and to try things out.
//
// It keeps the whole contract of package storage, works in the bubbles of testing/synctest, and starts no goroutine.
// It must never have behaviour of its own: what is true of it is true of storage/bolt, save that nothing outlives it.
package memory

import (
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
)

// Store is a [storage.Store], and a Checker, a Healther and Exclusive as well. It is safe for concurrent use.
type Store struct{ *db }

type db = rows.DB

var _ storage.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return &Store{rows.New(kv.NewMemory())} }
