package kv

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/avanter/voki/storage/internal/btree"
)

// Bolt is an Engine in one file of go.etcd.io/bbolt. OpenBolt returns one.
//
// Writers that come while a commit is under way form a group: their fns run, one
// after the other, on the state that the commit will leave, and the first of them
// commits the writes of all with one transaction of bbolt as soon as the disk is
// free. So a commit takes along whatever has come during the one before it, and
// there is no goroutine and no timer that would have to decide when.
//
// Readers share a read transaction of bbolt that is opened after each commit. As
// there always is one, bbolt must never map its file anew, which would wait for
// it forever: the whole of BoltOptions.MaxSize is mapped at once.
//
// Locks are taken in the order committing, writing, state.
type Bolt struct {
	db       *bbolt.DB
	file     *os.File // db's own
	commitTx func(*bbolt.Tx) error
	failure  failure

	committing sync.Mutex // held by who may use a write transaction; guards stuck
	stuck      bool       // a write transaction could not be ended

	writing sync.Mutex // held while a fn of Update runs; guards open
	open    *group     // takes writers; nil if there has been none

	state  sync.RWMutex // the publish lock; guards what follows
	snap   *snapshot    // the newest durable state
	sealed *group       // is being committed, on top of snap; nil if none is
	closed bool
}

var _ Engine = (*Bolt)(nil)

// View implements Engine.
func (b *Bolt) View(ctx context.Context, pin func(), fn func(Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	snap, _, err := b.enter(pin)
	if err != nil {
		return err
	}
	defer snap.release()
	r := &reader{snapshot: snap}
	err = fn(r)
	if damage := r.Err(); damage != nil {
		return damage // and not fn's own, which may rest on what was not read
	}
	return err
}

// Update implements Engine.
func (b *Bolt) Update(ctx context.Context, fn func(Writer) (func(), error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g, leads, err := b.run(ctx, fn)
	if g == nil {
		return err
	}
	if leads {
		b.commit(g)
	}
	<-g.done
	if g.err != nil {
		return g.err // and not fn's own, which may rest on what is lost
	}
	return err
}

// Err implements Engine.
func (b *Bolt) Err() error { return b.failure.err() }

// run calls fn on the newest state. It returns the group to wait for, if any, and
// whether it is the caller who has to commit it.
func (b *Bolt) run(ctx context.Context, fn func(Writer) (func(), error)) (g *group, leads bool, err error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, false, err // it has ended while others wrote
	}
	snap, sealed, err := b.enter(nil)
	if err != nil {
		return nil, false, err
	}
	defer snap.release()
	if err := b.failure.err(); err != nil {
		return nil, false, err
	}

	r := &reader{snapshot: snap}
	below, seen, writes := Reader(r), sealed, new(btree.Map)
	if sealed != nil {
		below = layered{r, sealed.writes}
	}
	if b.open != nil { // it rests on sealed, whose outcome it shares
		seen, writes = b.open, b.open.writes
	}
	w := newOverlay(below, writes)
	publish, err := fn(w)
	if err == nil {
		err = w.err
	}
	if damage := r.Err(); damage != nil {
		err = damage
	}
	if err != nil || !w.wrote && publish == nil {
		return seen, false, err
	}
	if b.open == nil {
		b.open, leads = newGroup(sealed), true
	}
	b.open.add(w.over, publish)
	return b.open, leads, nil
}

// enter returns the newest durable state, retained, with pin run, and the group
// that is being committed on top of it.
func (b *Bolt) enter(pin func()) (*snapshot, *group, error) {
	b.state.RLock()
	defer b.state.RUnlock()
	if b.closed {
		return nil, nil, ErrClosed
	}
	if pin != nil {
		pin()
	}
	b.snap.retain()
	return b.snap, b.sealed, nil
}

// Backup implements Engine. The pages of the state are not reused while it runs,
// so a slow w makes the file grow. ctx is looked at before each piece is written.
func (b *Bolt) Backup(ctx context.Context, w io.Writer) error {
	snap, _, err := b.enter(nil)
	if err != nil {
		return err
	}
	defer snap.release()
	out := &backupWriter{ctx: ctx, w: w}
	_, err = snap.tx.WriteTo(out)
	if out.err != nil {
		err = out.err // which bbolt does not wrap
	}
	if err != nil {
		return fmt.Errorf("kv: backup: %w", err)
	}
	return nil
}

// Close implements Engine.
func (b *Bolt) Close() error {
	b.writing.Lock() // no fn runs, and none will once closed is set
	b.state.Lock()
	closed := b.closed
	b.closed = true
	last := b.sealed
	b.state.Unlock()
	if b.open != nil {
		last = b.open
	}
	b.writing.Unlock()

	if last != nil {
		<-last.done
	}
	b.committing.Lock()
	defer b.committing.Unlock()
	if closed {
		return nil
	}
	if b.stuck {
		return closeFile(b.file) // bbolt would wait for the transaction
	}
	b.snap.release()
	return b.db.Close() // waits for the readers' transactions
}

// backupWriter is w until ctx ends. It keeps its first error.
type backupWriter struct {
	ctx context.Context
	w   io.Writer
	err error
}

func (b *backupWriter) Write(p []byte) (n int, err error) {
	if b.err == nil {
		b.err = b.ctx.Err()
	}
	if b.err == nil {
		n, b.err = b.w.Write(p)
	}
	return n, b.err
}
