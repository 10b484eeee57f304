package kv

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Backup implements Engine. The pages of the state are not reused while it runs,
// so a slow w makes the file grow. ctx is looked at before each piece is written.
// It returns an error that Is ErrFailed if the engine has failed.
func (b *Bolt) Backup(ctx context.Context, w io.Writer) error {
	if err := b.prepareCopy(); err != nil {
		return err
	}
	snap, err := b.part()
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

// prepareCopy puts what is in the journal into the file while writers go on, so that
// part makes them wait for little.
func (b *Bolt) prepareCopy() error {
	filed, err := b.begin()
	if err != nil {
		return err
	}
	<-filed
	return nil
}

// begin begins a checkpoint, and returns what is closed when it has ended.
func (b *Bolt) begin() (filed <-chan struct{}, err error) {
	b.committing.Lock()
	defer b.committing.Unlock()
	b.writing.Lock()
	defer b.writing.Unlock()
	now, err := b.enter(nil)
	if err != nil {
		return nil, err
	}
	now.cold.release()
	err = b.turn(b.open)
	return b.filed, err
}

// part returns the state of the file, in which all rows are, and gives the file
// another epoch: the journal that is written from here on is not that of a copy of
// the state.
func (b *Bolt) part() (*snapshot, error) {
	b.committing.Lock()
	defer b.committing.Unlock()
	b.writing.Lock()
	defer b.writing.Unlock()
	now, err := b.enter(nil)
	if err != nil {
		return nil, err
	}
	defer now.cold.release()
	if err := b.drain(); err != nil {
		return nil, err
	}
	id := b.journal.id
	id.renew()
	cold, err := b.persist(b.insist, func(tx *bbolt.Tx) error { return putMark(tx, mark{id, b.journal.number}) })
	if err != nil {
		b.failure.set(err)
		return nil, b.failure.err()
	}
	b.journal.id = id
	b.state.Lock()
	defer b.state.Unlock()
	copied := b.now.cold
	b.now.cold = cold
	return copied, nil
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
