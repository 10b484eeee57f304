package kv

import (
	"errors"
	"fmt"
	"runtime"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/avanter/voki/storage/internal/btree"
)

// maxYields bounds how long a leader lets others join its group.
const maxYields = 64

// group is the writers whose writes one transaction of bbolt commits. It is open
// until its leader seals it, under Bolt.writing; after that only its err changes,
// before done is closed.
type group struct {
	base    *group // was being committed when this one was opened; or nil
	writes  *btree.Map
	publish []func()
	members int
	done    chan struct{}
	err     error
}

func newGroup(base *group) *group {
	return &group{base: base, done: make(chan struct{})}
}

// add makes writes, which holds those of the group so far, the group's own.
func (g *group) add(writes *btree.Map, publish func()) {
	g.writes = writes
	g.members++
	if publish != nil {
		g.publish = append(g.publish, publish)
	}
}

// commit makes the writes of g durable and visible, or fails g. It is called by
// the leader of g alone, and returns with g done.
func (b *Bolt) commit(g *group) {
	b.committing.Lock()
	defer b.committing.Unlock()
	b.seal(g)

	var next *snapshot
	err := b.failure.err()
	if g.base != nil {
		if err == nil && g.base.err != nil { // refused, or it would be the failure
			err = fmt.Errorf("an earlier write it rests on was dropped: %w", g.base.err)
		}
		g.base = nil // or each group would hold all before it
	}
	if err == nil && g.writes.Len() > 0 {
		next, err = b.persist(g.writes)
	}
	b.settle(g, next, err)
}

// seal closes g to writers. Before that it yields to those that can run, as long
// as they join: the members of the group before have just been let go, and what
// they write next had better not wait for another sync.
func (b *Bolt) seal(g *group) {
	members := 0
	for range maxYields {
		runtime.Gosched()
		b.writing.Lock()
		grown := g.members > members
		members = g.members
		b.writing.Unlock()
		if !grown {
			break
		}
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	b.state.Lock()
	defer b.state.Unlock()
	b.open, b.sealed = nil, g
}

// persist commits writes and returns the state that they have led to. An error
// that is not ErrFull has become the engine's failure.
func (b *Bolt) persist(writes *btree.Map) (*snapshot, error) {
	err := b.write(func(tx *bbolt.Tx) error { return apply(tx, writes) })
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return nil, fmt.Errorf("%w: %w", ErrFull, err) // found before a byte is written
	}
	var next *snapshot
	if err == nil {
		next, err = openSnapshot(b.db)
	}
	if err != nil {
		b.failure.set(err)
		return nil, errUnknown(err)
	}
	return next, nil
}

// settle makes next the newest state, unless it is nil, and lets the members of g
// go with err.
func (b *Bolt) settle(g *group, next *snapshot, err error) {
	defer close(g.done)
	b.state.Lock()
	defer b.state.Unlock()
	b.sealed = nil
	if err != nil {
		g.err = err
		return
	}
	if next != nil {
		defer b.snap.release()
		b.snap = next
	}
	published := false
	defer func() {
		if !published {
			b.failure.set(errPublish)
			g.err = fmt.Errorf("%w: the write is durable: %w", ErrFailed, errPublish)
		}
	}()
	for _, publish := range g.publish {
		publish()
	}
	published = true
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

// apply writes the changes, nil being a deletion, to the rows.
func apply(tx *bbolt.Tx, changes *btree.Map) error {
	rows := tx.Bucket(rowsBucket)
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
