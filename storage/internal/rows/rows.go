// Package rows is the one implementation of [storage.Tx] and [storage.Store] that the embedded backends share: typed
// rows in the ordered, encoded key space of package kv, and the list of calls from package callindex.
//
// Every table is a range of keys; docs/storage-format.md describes keys and rows byte by byte, and the golden test
// holds them. The package must never know whether the key space is in memory or in a file, and reads no clock.
package rows

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// DB is a [storage.Store] on an engine. It is also a [storage.CallSharer], a [storage.Checker], a [storage.Healther] and
// [storage.Exclusive].
//
// The list index is kept beside the engine and changed only where the engine publishes a state; lists ask it where the
// engine pins one. So a list and its rows are of one state. Lists are answered beside each other and wait for no disk; a
// commit is published between them.
type DB struct {
	engine   kv.Engine
	index    callindex.Index // written by what is published, read by what is pinned
	memo     *memo           // the same
	listings listings
	appended notifier
	closed   atomic.Bool
}

var (
	_ storage.Store      = (*DB)(nil)
	_ storage.CallSharer = (*DB)(nil)
	_ storage.Checker    = (*DB)(nil)
	_ storage.Healther   = (*DB)(nil)
	_ storage.Exclusive  = (*DB)(nil)
)

// New returns a DB on an engine that is empty.
func New(engine kv.Engine) *DB { return &DB{engine: engine, memo: newMemo()} }

// Open returns a DB on an engine of format [Version]. It reads all calls for the list. The engine stays the caller's
// if it fails.
func Open(ctx context.Context, engine kv.Engine) (*DB, error) {
	db := New(engine)
	if file, ok := engine.(interface{ ReadAhead(much bool) }); ok {
		file.ReadAhead(true)
		defer file.ReadAhead(false)
	}
	if err := engine.View(ctx, nil, func(r kv.Reader) error { return load(r, &db.index) }); err != nil {
		return nil, StoreError(err)
	}
	return db, nil
}

// View implements [storage.Store].
func (db *DB) View(ctx context.Context, fn func(storage.Tx) error) error {
	return StoreError(db.engine.View(ctx, nil, func(r kv.Reader) error {
		t := &tx{r: r}
		defer t.end()
		return fn(t)
	}))
}

// Update implements [storage.Store]. If a write of fn is refused, as one with an id that no key can hold, all are.
func (db *DB) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return StoreError(db.engine.Update(ctx, func(w kv.Writer) (func(), error) {
		t := &tx{r: w, w: w, desk: desks.Get().(*desk)}
		defer t.end()
		if err := fn(t); err != nil {
			return nil, err
		}
		return db.publication(t), t.refused
	}))
}

// publication returns what makes the writes of t visible beside the engine; nil if there is nothing.
func (db *DB) publication(t *tx) func() {
	changed, unlisted, grown := t.changed, t.unlisted, t.grown
	if len(changed) == 0 && len(unlisted) == 0 && len(grown) == 0 {
		return nil
	}
	return func() {
		for i := range changed {
			c := &changed[i]
			db.index.Put(c.tenant, c.entry)
			db.memo.changed(c.entry.ID())
		}
		for _, id := range unlisted {
			db.memo.changed(id)
		}
		db.appended.notify(grown)
	}
}

// Appended implements [storage.Store]. The channel is closed by Close as well, so that a reader of the log notices.
func (db *DB) Appended(tenant string) <-chan struct{} { return db.appended.channel(tenant) }

// Health implements [storage.Healther].
func (db *DB) Health() error {
	if db.closed.Load() {
		return storage.ErrClosed
	}
	return StoreError(db.engine.Err())
}

// Exclusive implements [storage.Exclusive].
func (*DB) Exclusive() {}

// Close implements [storage.Store].
func (db *DB) Close() error {
	db.closed.Store(true)
	err := db.engine.Close()
	db.appended.close()
	return err
}

// StoreError puts the errors of an engine into the words of package storage, and leaves others alone.
func StoreError(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []struct{ engine, store error }{
		{kv.ErrFailed, storage.ErrFailed},
		{kv.ErrFull, storage.ErrFull},
		{kv.ErrClosed, storage.ErrClosed},
		{kv.ErrLocked, storage.ErrLocked},
		{kv.ErrDamaged, storage.ErrDamaged},
		{rowcodec.ErrDamaged, storage.ErrDamaged},
	} {
		if errors.Is(err, known.engine) {
			return &engineError{sentinel: known.store, cause: err}
		}
	}
	return err
}

// engineError is an error of an engine that Is the sentinel of package storage too.
type engineError struct{ sentinel, cause error }

func (e *engineError) Error() string   { return e.sentinel.Error() + ": " + e.cause.Error() }
func (e *engineError) Unwrap() []error { return []error{e.sentinel, e.cause} }
