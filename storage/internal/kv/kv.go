// Package kv is one ordered key space with serializable, durable transactions,
// for stores that keep their rows as encoded bytes.
//
// It has two engines: Memory, which forgets, and Bolt, which is a file with a
// journal. Their readers wait for nobody and see only what is durable; their writers
// run one at a time and, in Bolt, share the syncs of the disk.
//
// The package must never know what a row is. It reads no clock, and the one
// goroutine that it starts is Bolt's, for a checkpoint.
package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

var (
	// ErrClosed is returned by an engine that was closed.
	ErrClosed = errors.New("kv: closed")

	// ErrFailed is returned by Update once a commit has failed, with the cause.
	// The engine takes no more writes until it is opened anew.
	ErrFailed = errors.New("kv: failed")

	// ErrFull is returned by Update if its writes would take the file beyond its
	// greatest size. They are dropped, and the engine goes on; what needs no more
	// room is still written. A deletion may need room, too.
	ErrFull = errors.New("kv: full")

	// ErrLocked is returned by OpenBolt if the file is open already, in this
	// process or another.
	ErrLocked = errors.New("kv: file is in use")

	// ErrDamaged is returned by OpenBolt and Bolt.Check for a file that is damaged
	// or was not made by this package, by OpenBolt for a journal that is damaged or
	// another file's, and by View and Update if their fn came upon
	// a damaged page.
	ErrDamaged = errors.New("kv: file is damaged, or no store")

	// ErrEntry is returned by Update if fn has put an entry that cannot be stored:
	// a key that is empty or longer than MaxKey, a value longer than MaxValue.
	ErrEntry = errors.New("kv: entry cannot be stored")
)

// The greatest lengths, in bytes.
const (
	MaxKey   = 32 << 10
	MaxValue = 1<<31 - 2
)

// A VersionError is returned by OpenBolt for a file of another format version,
// if it is newer, or older and there is no Migrate.
type VersionError struct {
	File      uint32 // the version of the file
	Supported uint32 // the version that was asked for
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("kv: file has format version %d, this program writes %d", e.File, e.Supported)
}

// Reader reads one state. Keys and values that it hands out are for reading only
// and are valid only inside the transaction; copy what is to last.
type Reader interface {
	// Get returns the value of key, and whether there is one.
	Get(key []byte) ([]byte, bool)

	// Ascend yields the entries whose keys k have from ≤ k < to, in rising order.
	// A nil bound is no bound.
	Ascend(from, to []byte) iter.Seq2[[]byte, []byte]

	// Err returns an error that Is ErrDamaged once something could not be read, and
	// nil before. What could not be read is not there, and a loop ends before it; a
	// View or an Update whose fn has met with it returns this error, whatever fn
	// returns.
	Err() error
}

// Writer reads the newest state with its own writes, and writes. It is used by
// one goroutine. A loop over Ascend sees the state as of its start; the loop may
// write.
type Writer interface {
	Reader

	// Put gives key the value. Both are copied, as keys are by the others, too. An entry that cannot be stored makes
	// Update fail with ErrEntry.
	Put(key, value []byte)

	// Insert puts key, which must not be there, without a value. What is inserted and
	// deleted again soon costs nothing afterwards.
	Insert(key []byte)

	// Delete removes key, if it is there.
	Delete(key []byte)
}

// Engine is a key space.
type Engine interface {
	// View runs fn on the newest state that is committed and durable. It waits for
	// no writer and no disk sync. If pin is not nil it runs first, while no state
	// is published: what it reads beside the engine is of the state that fn reads.
	// Several pins may run at once, so they must not write what they share. It must
	// be short, as it holds up what is to be published, and must not call the engine.
	//
	// ctx is looked at before fn only. View returns what fn returns, save for
	// Reader.Err.
	View(ctx context.Context, pin func(), fn func(Reader) error) error

	// Update runs fn on the caller's goroutine, never together with another fn,
	// and returns when its writes are durable. If fn fails its writes are dropped
	// and its error is returned. If fn panics its writes are dropped as well.
	//
	// fn may see what is not durable yet, but Update does not return before it is:
	// not even if fn fails or writes nothing. If what fn saw was lost, Update
	// returns the reason instead.
	//
	// If publish is not nil it runs when the new state becomes visible to Views, in
	// the order of commits and never beside another publish or a pin, on any
	// goroutine that is inside Update: that of fn may have returned by then, and a View
	// that begins meanwhile waits. So it must use nothing that fn's caller goes on to change,
	// must be short and must not call the engine; if it panics the engine has failed, and
	// none follows on it. Who was let go already is told nothing of that: his write is durable.
	//
	// ctx is looked at before fn only, and that once more when it is fn's turn: who
	// has given up while others wrote writes nothing. An error that Is ErrFailed says in its text
	// if the outcome is unknown.
	Update(ctx context.Context, fn func(Writer) (publish func(), err error)) error

	// Err returns the reason why the engine takes no more writes, or nil.
	Err() error

	// Backup writes a file that holds one durable state, with all that was durable
	// when Backup was called, while serving. An engine that has no file returns
	// errors.ErrUnsupported.
	Backup(ctx context.Context, w io.Writer) error

	// Close waits for the Updates that run, and Bolt for the Views as well, and
	// releases what the engine holds. It must not be called inside a transaction.
	// Closing again does nothing.
	Close() error
}

// checkEntry returns an error that Is ErrEntry if the entry cannot be stored.
func checkEntry(key, value []byte) error {
	if len(key) == 0 || len(key) > MaxKey {
		return fmt.Errorf("%w: key of %d bytes", ErrEntry, len(key))
	}
	if len(value) > MaxValue {
		return fmt.Errorf("%w: value of %d bytes", ErrEntry, len(value))
	}
	return nil
}
