package kv

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// Bolt is an Engine in one file of go.etcd.io/bbolt, with a journal beside it while
// it is open. OpenBolt returns one.
//
// Writers that come while a commit is under way form a group: their fns run, one
// after the other, on the state that the commit will leave, and the first of them
// commits the writes of all with one record of the journal as soon as the disk is
// free. So a commit takes along whatever has come during the one before it, and
// there is no goroutine and no timer that would have to decide when. A large group is
// cut off by the writer whose fn runs when its leader asks for it.
//
// What is in the journal is in memory too, as the hot rows above those of the file.
// When a file of the journal is full they become the frozen rows, writers go on in
// its other file with no hot rows, and a goroutine puts the frozen rows into the
// file: the checkpoint. Writers wait for it when both files are full.
//
// Readers share a read transaction of bbolt that is opened after each checkpoint.
// As there always is one, bbolt must never map its file anew, which would wait for
// it forever: the whole of BoltOptions.MaxSize is mapped at once.
//
// Locks are taken in the order committing, queue, writing, filing, state, below.
type Bolt struct {
	db       *bbolt.DB
	file     *os.File // db's own
	commitTx func(*bbolt.Tx) error
	maxSize  int
	step     int // by which bbolt makes the file larger than it must
	failure  failure

	committing sync.Mutex // held by the leader of the group that commits; guards what follows
	journal    *journal
	members    int64         // of the group before
	hotCost    int           // what the hot rows may take of the file
	frozenCost int           // the same of the frozen rows, or of those before them
	filed      chan struct{} // closed when no checkpoint runs any more

	held    atomic.Bool   // who has writing will look at asks when he leaves
	asks    atomic.Bool   // a leader waits for what is sent to cuts
	cuts    chan *hotRows // what cut has returned
	queue   sync.Mutex    // held by the one Update that waits for writing, or has it: the leader of a small group then contends with no other
	writing sync.Mutex    // held while a fn of Update runs, and given up by leave; guards what follows
	tip     *hotRows      // what the hot rows will be when all groups are durable
	open    *group        // takes writers; nil if there has been none
	newest  *group        // all that is in tip is durable when this one is; or nil
	places  []place       // room for those of a draft
	were    []were

	filing sync.Mutex // held by who uses a write transaction of bbolt; guards stuck
	stuck  bool       // a write transaction could not be ended

	state       sync.RWMutex // the publish lock; guards what follows
	now         layers       // the newest durable state
	closed      bool
	unpublished bool // a publish has panicked

	below sync.Mutex // guards, beside state, what lies below now.hot: who has writing does not wait for what is published
}

var _ Engine = (*Bolt)(nil)

// View implements Engine.
func (b *Bolt) View(ctx context.Context, pin func(), fn func(Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now, err := b.enter(pin)
	if err != nil {
		return err
	}
	defer now.cold.release()
	r := &reader{snapshot: now.cold}
	err = fn(now.under(now.hot, r))
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
	} else {
		<-g.done
	}
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
	b.queue.Lock()
	defer b.queue.Unlock()
	b.writing.Lock()
	b.held.Store(true)
	defer b.leave()
	if err := ctx.Err(); err != nil {
		return nil, false, err // it has ended while others wrote
	}
	now, err := b.enterWriting()
	if err != nil {
		return nil, false, err
	}
	defer now.cold.release()
	if err := b.failure.err(); err != nil {
		return nil, false, err
	}

	w := &draft{below: now.under(nil, &reader{snapshot: now.cold}), tip: b.tip, end: b.tip.arena.end(), places: b.places, were: b.were}
	kept := false
	defer func() {
		if !kept { // fn may have panicked, too
			w.undo()
		}
		b.places, b.were = w.room()
	}()
	publish, err := fn(w)
	if err == nil {
		err = w.err
	}
	if damage := w.Err(); damage != nil {
		err = damage
	}
	if err != nil || len(w.places) == 0 && publish == nil {
		return b.newest, false, err
	}
	kept = true
	if b.open == nil {
		b.open, leads = newGroup(), true
		b.newest = b.open
	}
	b.open.add(b.tip.arena, w.places, publish)
	return b.open, leads, nil
}

// enter returns the newest durable state, its snapshot retained, with pin run.
func (b *Bolt) enter(pin func()) (layers, error) {
	b.state.RLock()
	defer b.state.RUnlock()
	if b.closed {
		return layers{}, ErrClosed
	}
	if pin != nil {
		pin()
	}
	b.now.cold.retain()
	return b.now, nil
}

// enterWriting returns what lies below tip, its snapshot retained. It is called with writing held, under which it is
// changed, save for a checkpoint that ends.
func (b *Bolt) enterWriting() (layers, error) {
	if b.closed {
		return layers{}, ErrClosed
	}
	b.below.Lock()
	defer b.below.Unlock()
	b.now.cold.retain()
	return layers{frozen: b.now.frozen, cold: b.now.cold}, nil
}

// Close implements Engine. Afterwards all rows are in the file and the journal is
// gone, unless the engine has failed.
func (b *Bolt) Close() error {
	b.writing.Lock() // no fn runs, and none will once closed is set
	b.held.Store(true)
	b.state.Lock()
	closed := b.closed
	b.closed = true
	b.state.Unlock()
	last := b.newest
	b.leave()

	if last != nil {
		<-last.done
	}
	b.committing.Lock()
	defer b.committing.Unlock()
	if closed {
		return nil
	}
	err := b.empty()
	b.filing.Lock()
	defer b.filing.Unlock()
	b.state.Lock() // what was acknowledged last has been published
	cold := b.now.cold
	b.state.Unlock()
	if b.stuck {
		return errors.Join(err, closeFile(b.file)) // bbolt would wait for the transaction
	}
	cold.release()
	return errors.Join(err, b.db.Close()) // waits for the readers' transactions
}

// empty puts what is left in the journal into the file and removes the journal. If
// the engine has failed the journal stays; who wrote was told why.
func (b *Bolt) empty() error {
	failed := b.failure.err() != nil
	b.writing.Lock()
	err := b.drain()
	b.writing.Unlock()
	<-b.filed
	switch {
	case failed:
		return b.journal.close()
	case err != nil:
		return errors.Join(err, b.journal.close())
	}
	return errors.Join(b.journal.remove(), syncDir(filepath.Dir(b.db.Path())))
}
