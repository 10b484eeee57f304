package kv

import (
	"runtime"
	"sync/atomic"
)

// maxYields bounds how long a leader lets others join its group. It is small: those
// who come too late run their fns while the disk is busy with this group.
const maxYields = 2

// enough is so many members that the fns of more take as long as a sync: they had better run beside it.
const enough = 12

// group is the writers whose writes are one record of the journal. It is open until
// its leader seals it, under Bolt.writing; done is closed when it is durable, or has
// failed with err.
type group struct {
	arena   *arena  // in which its items are
	places  []place // of the items; of a key that is in it more than once, the last one counts
	size    int     // that of the body of the record
	cost    int     // what the items may take of the file
	publish []func()
	members atomic.Int64
	done    chan struct{}
	err     error
}

func newGroup() *group { return &group{done: make(chan struct{})} }

// add takes the writes of one more writer.
func (g *group) add(in *arena, places []place, publish func()) {
	g.arena, g.places = in, append(g.places, places...)
	for _, p := range places {
		_, _, encoded := in.parts(p)
		g.size += len(encoded)
		g.cost += 2*len(encoded) + costPerItem
	}
	g.members.Add(1)
	if publish != nil {
		g.publish = append(g.publish, publish)
	}
}

// items yields the items, each in its encoded form.
func (g *group) items(yield func([]byte) bool) {
	for _, p := range g.places {
		if _, _, encoded := g.arena.parts(p); !yield(encoded) {
			return
		}
	}
}

// rows returns the items as a map.
func (g *group) rows() *hotRows {
	rows := &hotRows{newForest(g.arena.key), g.arena}
	for _, p := range g.places {
		rows.places.Set(p)
	}
	return rows
}

// moveTo puts the items into rows; g may be nil.
func (g *group) moveTo(rows *hotRows) {
	if g == nil {
		return
	}
	for i, p := range g.places {
		key, value, _ := g.arena.parts(p)
		g.places[i] = rows.arena.add(key, value)
		rows.places.Set(g.places[i])
	}
	g.arena = rows.arena
}

// commit makes the writes of g durable and visible, or fails g. It is called by
// the leader of g alone, and returns with g done and its rows published.
func (b *Bolt) commit(g *group) {
	err := b.keep(g)
	b.settle(g, err)
}

// keep makes the writes of g durable. It returns with state held, and their rows in it unless it fails: the next record
// can be written while what belongs to these is published.
func (b *Bolt) keep(g *group) error {
	others := !b.committing.TryLock()
	if others {
		b.committing.Lock()
	}
	defer b.committing.Unlock()
	if others || b.members > 1 {
		b.gather(g)
	}
	hot, err := b.seal(g)
	if hot == nil {
		return err
	}
	if len(g.places) > 0 {
		if err = b.journal.append(g.items, g.size); err != nil {
			b.failure.set(err)
			err = errUnknown(err)
		}
		b.hotCost += g.cost
	}
	b.state.Lock()
	if err == nil {
		b.now.hot = hot
	}
	return err
}

// gather yields to those that can run, as long as they join g: the members of the
// group before have just been let go, and what they write next had better not wait
// for another sync. It wakes other threads, which is wasted on one writer alone.
func (b *Bolt) gather(g *group) {
	members := int64(0)
	for range maxYields {
		runtime.Gosched()
		now := g.members.Load()
		if now == members || now >= enough {
			return
		}
		members = now
	}
}

// seal closes g to writers and returns what the hot rows will be with those of g, for whose record there is room. It
// returns nil, and state is held, if g has failed, or the journal cannot take it and its rows were put into the file.
func (b *Bolt) seal(g *group) (hot *hotRows, err error) {
	if g.members.Load() >= enough {
		if hot := b.ask(); hot != nil {
			return hot, nil
		}
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	err = b.failure.err()
	if err == nil && !b.journal.fits(g.size) {
		err = b.turn(g)
	}
	if err == nil {
		if hot := b.cut(); hot != nil {
			return hot, nil
		}
	}
	b.open, b.members = nil, g.members.Load()
	if err == nil {
		err = b.drain()
	}
	var cold *snapshot
	if err == nil {
		cold, err = b.direct(g)
	}
	b.state.Lock()
	if err == nil {
		b.now.cold, cold = cold, b.now.cold
		cold.release()
	}
	return nil, err
}

// settle lets the members of g go and publishes, unless err is set. It is called with state held, and gives it up: who
// was let go, and looks, waits until all is published. Once a publish has panicked, none follows on it.
func (b *Bolt) settle(g *group, err error) {
	defer b.state.Unlock()
	publish := g.publish
	g.arena, g.places, g.publish = nil, nil, nil // newest may keep g for long
	g.err = err
	close(g.done)
	if err != nil || b.unpublished {
		return
	}
	published := false
	defer func() {
		if !published {
			b.unpublished = true
			b.failure.set(errPublish)
		}
	}()
	for _, each := range publish {
		each()
	}
	published = true
}

// cut closes the open group to writers and returns what the hot rows will be with its own. It returns nil, and the
// group is open, if there is no room for its record. It is called with writing held, and committing held by its leader.
func (b *Bolt) cut() (hot *hotRows) {
	g := b.open
	if b.failure.err() != nil || !b.journal.fits(g.size) || !b.room(g) {
		return nil
	}
	b.open, b.members = nil, g.members.Load()
	return b.tip.Clone()
}

// ask has the open group cut by who holds writing, if anybody does, on giving it up, and returns what cut does. To take
// writing, a leader would have to wait until it is woken and nobody else has come before it, for ten fns and more.
func (b *Bolt) ask() (hot *hotRows) {
	b.asks.Store(true)
	if !b.held.Load() { // and who takes writing from here on, will see asks
		b.writing.Lock()
		b.leave()
	}
	return <-b.cuts
}

// leave gives writing up, and does what a leader asks for.
func (b *Bolt) leave() {
	for {
		if b.asks.CompareAndSwap(true, false) {
			b.cuts <- b.cut()
		}
		b.held.Store(false)
		b.writing.Unlock()
		if !b.asks.Load() {
			return
		}
		b.writing.Lock() // it has asked in between
	}
}
