// Package storage is the contract between Voki and whatever keeps its data: [Store], [Tx], and what they promise
// beyond their signatures. The suite in storage/storagetest proves a backend; storage/memory and storage/bolt are two.
//
// # Transactions
//
//   - Update is serializable, and durable when it returns. The embedded backends run functions one at a time, on the
//     caller's goroutine; another backend may run one again. A function does no I/O, waits for nothing, and assigns its
//     results instead of appending to them. It must not call the Store.
//   - The context is looked at before the function runs, and not after: a commit that has begun is waited for.
//   - If the function fails, nothing is written. An Update that fails or writes nothing still returns only when all
//     that it saw is durable: an answer such as "already assigned" must not rest on a commit that a crash takes back.
//   - View sees one committed and durable state, and waits for no writer and no disk. After Update has returned, every
//     later View, list and reader of the log sees its changes.
//   - Values go in and come out as copies, and come out equal: times are given in UTC and whole microseconds.
//   - A write in a View is refused with an error. A function that panics writes nothing, and leaves the store usable.
//   - Rows stand alone: a note can be put without its call. That they fit together is for the services to see to.
//
// # The log
//
//   - Events are appended in the transaction that makes the change, and their numbers rise per tenant in commit order:
//     who has read to a number never later meets a smaller one. The embedded backends leave no gaps; nobody may rely
//     on that.
//   - The channel that Appended returns is closed after the commit, when its events can be read, and by Close. A
//     rollback closes none.
//
// # The list
//
//   - ListCalls answers rows and total from one committed state, and is no part of a transaction, in which there are
//     only keyed reads and short ordered scans.
//   - A store may share the calls of lists ([CallSharer]) instead of copying them. What is shared never changes, neither
//     by the store nor by who reads it.
//
// # Failure
//
//   - After a failed commit the store takes no more writes until it is opened again: Update returns [ErrFailed] with
//     the cause, and reads go on. No sync is tried twice. What became of the Update that failed is unknown, and its
//     error says so.
//   - After Close everything returns [ErrClosed].
//
// What only some backends can do is an interface of one method, asked for by assertion: [Backuper], [Checker],
// [Healther], [Exclusive], [CallSharer].
package storage

import (
	"context"
	"errors"
	"io"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/tag"
)

// The errors of every backend.
var (
	// ErrFailed: an earlier commit failed; the store takes no more writes until it is opened again.
	ErrFailed = errors.New("the store has failed and takes no more writes until it is opened again")
	// ErrFull: the store has no room for what was to be written, which was not. What needs no more room is still taken.
	ErrFull = errors.New("the store is full")
	// ErrDamaged: what was to be read is damaged, or is no store at all. Restore a backup.
	ErrDamaged = errors.New("the store is damaged")
	// ErrClosed: the store is closed.
	ErrClosed = errors.New("the store is closed")
	// ErrLocked: the store is open already, in another process or in this one.
	ErrLocked = errors.New("the store is in use")
)

// Store keeps everything that Voki knows. The package comment says what its methods promise.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	ListCalls(ctx context.Context, q call.Query) (call.Page, error)
	Appended(tenant string) <-chan struct{}
	Close() error
}

// Tx is the union of what the domain packages ask of a transaction.
type Tx interface {
	call.Tx
	tag.Tx
	notes.Tx
	media.Tx
	ai.Tx
	follow.Tx

	// Setting returns a value that belongs to the installation as a whole, such as a key; nil if it was never put.
	Setting(name string) ([]byte, error)
	// PutSetting writes it.
	PutSetting(name string, value []byte) error
}

// Backuper is a Store that can be copied while it is in use.
type Backuper interface {
	// Backup writes a copy of one committed state, which opens as a store of its own.
	Backup(ctx context.Context, w io.Writer) error
}

// Checker is a Store that can verify itself.
type Checker interface {
	// Check returns what is wrong with the stored data, joined, or nil.
	Check(ctx context.Context) error
}

// Healther is a Store that may stop taking writes.
type Healther interface {
	// Health returns why the store takes no writes, or nil if it takes them.
	Health() error
}

// Exclusive is a Store that only one process has open at a time.
type Exclusive interface {
	Exclusive()
}

// CallSharer is a Store whose lists need not copy calls. A store without it is asked for copies.
type CallSharer interface {
	// ShareCalls is ListCalls, but that it appends calls to room that others may have as well, and that never change.
	ShareCalls(ctx context.Context, q call.Query, room []*call.Shared) (calls []*call.Shared, total int, err error)
}

// Narrowed is a Store as one domain package asks for it.
type Narrowed[T any] struct{ store Store }

// Narrow shows a Store as a domain package asks for it, whose port T is a part of [Tx].
func Narrow[T any](s Store) Narrowed[T] { return Narrowed[T]{store: s} }

// View is that of the Store.
func (n Narrowed[T]) View(ctx context.Context, fn func(T) error) error {
	return n.store.View(ctx, func(tx Tx) error { return fn(any(tx).(T)) })
}

// Update is that of the Store.
func (n Narrowed[T]) Update(ctx context.Context, fn func(T) error) error {
	return n.store.Update(ctx, func(tx Tx) error { return fn(any(tx).(T)) })
}

// Appended is that of the Store.
func (n Narrowed[T]) Appended(tenant string) <-chan struct{} { return n.store.Appended(tenant) }

// Calls shows a Store as package call asks for it.
type Calls struct {
	Narrowed[call.Tx]
}

// NarrowCalls is [Narrow] for package call, which asks for lists too.
func NarrowCalls(s Store) Calls { return Calls{Narrow[call.Tx](s)} }

// ListCalls is that of the Store.
func (c Calls) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	return c.store.ListCalls(ctx, q)
}

// ShareCalls is that of the Store, if it has it.
func (c Calls) ShareCalls(ctx context.Context, q call.Query, room []*call.Shared) ([]*call.Shared, int, error) {
	if sharer, ok := c.store.(CallSharer); ok {
		return sharer.ShareCalls(ctx, q, room)
	}
	page, err := c.store.ListCalls(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	copies := make([]call.Shared, len(page.Calls))
	for i := range copies {
		copies[i].Call = page.Calls[i]
		room = append(room, &copies[i])
	}
	return room, page.Total, nil
}
