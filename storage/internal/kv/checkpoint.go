package kv

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// costPerItem is how much of the file an item may take beside itself: the page that
// it lies in and one above it are written anew.
const costPerItem = 2 * 4096

// room reports whether the file can surely take the rows of g, beside those in the
// journal. What is acknowledged must fit: pages that are free are not counted on, nor
// is what insist may use. It is called with committing and writing held.
func (b *Bolt) room(g *group) bool {
	b.below.Lock()
	defer b.below.Unlock()
	cost := g.cost + b.hotCost
	if b.now.frozen != nil {
		cost += b.frozenCost
	}
	return int(b.now.cold.tx.Size())+cost+b.step <= b.maxSize
}

// turn waits for the checkpoint before. Then, if there is anything in the file of the
// journal, it makes the hot rows, which may be none, the frozen ones, begins their
// checkpoint and goes on in the other file of the journal. pending, which may be nil,
// is in tip and in no file yet. It is called with committing and writing held.
func (b *Bolt) turn(pending *group) error {
	<-b.filed
	if err := b.failure.err(); err != nil || b.journal.empty() {
		return err
	}
	b.tip = newHotRows()
	pending.moveTo(b.tip)
	b.state.Lock()
	frozen := b.now.hot
	b.now.hot, b.now.frozen = newHotRows(), frozen
	b.state.Unlock()
	b.frozenCost, b.hotCost = b.hotCost, 0
	b.journal.turn()
	b.filed = make(chan struct{})
	go b.checkpoint(frozen, b.journal.number, b.filed)
	return nil
}

// drain returns when nothing is left in the journal, or it has failed. It is called
// with committing and writing held.
func (b *Bolt) drain() error {
	if err := b.turn(b.open); err != nil {
		return err
	}
	<-b.filed
	return b.failure.err()
}

// checkpoint puts the frozen rows, which end with the numbered record, into the file.
// It runs on a goroutine that the engine waits for before it begins another, and
// before it is closed.
func (b *Bolt) checkpoint(frozen *hotRows, number uint64, filed chan struct{}) {
	defer close(filed)
	cold, err := b.persist(b.insist, func(tx *bbolt.Tx) error {
		return errors.Join(apply(tx, frozen), putMark(tx, mark{b.journal.id, number}))
	})
	if err != nil {
		b.failure.set(err)
		return
	}
	b.state.Lock()
	b.below.Lock()
	b.now.cold, cold = cold, b.now.cold
	b.now.frozen = nil
	b.below.Unlock()
	b.state.Unlock()
	cold.release()
	if err := b.journal.growOther(); err != nil {
		b.failure.set(err)
	}
}

// direct puts the rows of g into the file without the journal, which is empty, and
// returns the state that they have led to. It is called with committing and writing
// held: nobody has read them yet. An error that is not ErrFull has become the
// engine's failure.
func (b *Bolt) direct(g *group) (*snapshot, error) {
	rows := g.rows()
	b.tip = newHotRows()
	cold, err := b.persist(b.write, func(tx *bbolt.Tx) error { return apply(tx, rows) })
	switch {
	case errors.Is(err, berrors.ErrMaxSizeReached):
		b.newest = nil                                 // of which nothing is in tip
		return nil, fmt.Errorf("%w: %w", ErrFull, err) // found before a byte is written
	case err != nil:
		b.failure.set(err)
		return nil, errUnknown(err)
	}
	return cold, nil
}

// persist commits what fn writes, by b.write or b.insist, and returns the state that
// it has led to.
func (b *Bolt) persist(write func(func(*bbolt.Tx) error) error, fn func(*bbolt.Tx) error) (state *snapshot, err error) {
	b.filing.Lock()
	defer b.filing.Unlock()
	err = write(fn)
	if err == nil {
		err = Guard(func() (err error) {
			state, err = openSnapshot(b.db)
			return err
		})
	}
	return state, err
}

// insist is write for what has been acknowledged, or is needed to go on. It may use
// the room that no writer gets: that by which bbolt makes its file grow beyond what
// it needs.
func (b *Bolt) insist(fn func(*bbolt.Tx) error) error {
	err := b.write(fn)
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		defer func() { b.db.AllocSize = b.step }()
		b.db.AllocSize = os.Getpagesize()
		err = b.write(fn)
	}
	return err
}

// write runs fn in a transaction of bbolt and commits it. A panic of bbolt, as
// damaged pages cause, is an error.
func (b *Bolt) write(fn func(*bbolt.Tx) error) error {
	tx, err := b.db.Begin(true)
	if err != nil {
		return err
	}
	err = Guard(func() error {
		if err := fn(tx); err != nil {
			return err
		}
		return b.commitTx(tx)
	})
	if err != nil {
		// A commit that has failed without a panic has ended the transaction.
		end := Guard(tx.Rollback)
		b.stuck = end != nil && !errors.Is(end, berrors.ErrTxClosed)
	}
	return err
}

// fill is how full a page of the file is left that is split. Many rows come at once, and those of a log with rising keys:
// with bbolt's own 0.5, made for keys that come singly and anywhere, the file is nearly twice as large.
const fill = 0.9

// apply writes the changes, nil being a deletion, to the rows.
func apply(tx *bbolt.Tx, changes *hotRows) error {
	rows := tx.Bucket(rowsBucket)
	rows.FillPercent = fill
	for key, value := range changes.Ascend(nil, nil) {
		var err error
		if value == nil {
			err = rows.Delete(key)
		} else {
			err = rows.Put(key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
