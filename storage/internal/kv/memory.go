package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/avanter/voki/storage/internal/btree"
)

// Memory is an Engine that lives as long as the process: a state is durable as
// soon as it is committed. Close waits for no View, which goes on with the state
// that it has.
//
// It has nothing that belongs to a bubble of testing/synctest, as a WaitGroup does,
// so that several may share one.
type Memory struct {
	writing sync.Mutex // held while a fn of Update runs
	failure failure

	state  sync.RWMutex      // the publish lock; guards what follows
	root   *btree.Map[*item] // never written once it is here
	closed bool
}

var _ Engine = (*Memory)(nil)

// NewMemory returns an empty engine.
func NewMemory() *Memory {
	return &Memory{root: btree.New(func(i *item) []byte { return i.key })}
}

// View implements Engine.
func (m *Memory) View(ctx context.Context, pin func(), fn func(Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := m.enter(pin)
	if err != nil {
		return err
	}
	return fn(memoryReader{root})
}

// Update implements Engine.
func (m *Memory) Update(ctx context.Context, fn func(Writer) (func(), error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	if err := ctx.Err(); err != nil {
		return err // it has ended while others wrote
	}
	root, err := m.enter(nil)
	if err != nil {
		return err
	}
	if err := m.failure.err(); err != nil {
		return err
	}
	w := &memoryWriter{state: root.Clone()}
	publish, err := fn(w)
	if err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	m.commit(w.state, publish)
	return nil
}

// Err implements Engine.
func (m *Memory) Err() error { return m.failure.err() }

// Backup implements Engine: there is no file.
func (m *Memory) Backup(context.Context, io.Writer) error {
	return fmt.Errorf("kv: backup of an engine in memory: %w", errors.ErrUnsupported)
}

// Close implements Engine.
func (m *Memory) Close() error {
	m.state.Lock()
	m.closed = true
	m.state.Unlock()
	m.writing.Lock() // an Update that runs has ended
	defer m.writing.Unlock()
	return nil
}

// enter returns the newest state, with pin run.
func (m *Memory) enter(pin func()) (*btree.Map[*item], error) {
	m.state.RLock()
	defer m.state.RUnlock()
	if m.closed {
		return nil, ErrClosed
	}
	if pin != nil {
		pin()
	}
	return m.root, nil
}

// commit makes state the newest one.
func (m *Memory) commit(state *btree.Map[*item], publish func()) {
	m.state.Lock()
	defer m.state.Unlock()
	m.root = state
	if publish == nil {
		return
	}
	published := false
	defer func() {
		if !published {
			m.failure.set(errPublish)
		}
	}()
	publish()
	published = true
}

// memoryReader reads a state, which nothing can damage.
type memoryReader struct{ state *btree.Map[*item] }

func (memoryReader) Err() error { return nil }

func (r memoryReader) Get(key []byte) ([]byte, bool) {
	if i, found := r.state.Get(key); found {
		return i.value, true
	}
	return nil, false
}

func (r memoryReader) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for i := range r.state.Ascend(from, to) {
			if !yield(i.key, i.value) {
				return
			}
		}
	}
}

// memoryWriter writes a clone of the newest state.
type memoryWriter struct {
	state *btree.Map[*item]
	err   error // of the first entry that cannot be stored
}

func (w *memoryWriter) Err() error { return nil }

func (w *memoryWriter) Get(key []byte) ([]byte, bool) { return memoryReader{w.state}.Get(key) }

func (w *memoryWriter) Ascend(from, to []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		memoryReader{w.state.Clone()}.Ascend(from, to)(yield)
	}
}

func (w *memoryWriter) Put(key, value []byte) {
	if w.err == nil {
		w.err = checkEntry(key, value)
	}
	w.state.Set(&item{bytes.Clone(key), append([]byte{}, value...)}) // which is not nil, as Bolt hands it out
}

func (w *memoryWriter) Insert(key []byte) { w.Put(key, nil) }

func (w *memoryWriter) Delete(key []byte) { w.state.Delete(key) }
