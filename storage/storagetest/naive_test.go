package storagetest

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// The suite is tested with the plainest store there is: the model itself, copied for every Update. It shows that the
// suite can be passed; that it can be failed is shown in mutants_test.go.
func TestNaive(t *testing.T) { Run(t, newDisks().backend(nil)) }

// disks keeps the naive stores by their directories.
type disks struct {
	mu      sync.Mutex
	kept    map[string]*model
	backups int
}

func newDisks() *disks { return &disks{kept: map[string]*model{}} }

// backend is that of the naive stores, each of which may be broken by mutate.
func (d *disks) backend(mutate func(*naive)) Backend {
	return Backend{
		Open: func(_ *testing.T, dir string) storage.Store {
			s := &naive{disks: d, dir: dir, waiting: map[string]chan struct{}{}, list: (*model).list}
			s.begin = func(m *model) storage.Tx { return m }
			if mutate != nil {
				mutate(s)
			}
			s.state.Store(d.load(dir))
			return s
		},
		Persistent: true,
		Restore: func(t *testing.T, dir string, backup io.Reader) {
			name, err := io.ReadAll(backup)
			require.NoError(t, err)
			d.save(dir, d.load(string(name)))
		},
	}
}

func (d *disks) load(dir string) *model {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := d.kept[dir]; m != nil {
		return m.clone()
	}
	return newModel()
}

func (d *disks) save(dir string, m *model) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[dir] = m
}

// naive is a store whose state is one model, replaced by every commit.
type naive struct {
	disks  *disks
	dir    string
	closed atomic.Bool

	state, previous atomic.Pointer[model]

	writing   sync.Mutex
	waitingMu sync.Mutex
	waiting   map[string]chan struct{}

	// What a mutant changes.
	begin     func(m *model) storage.Tx              // the transaction on a copy that an Update gets
	list      func(m *model, q call.Query) call.Page // the answer to a query
	leaky     bool                                   // a failed Update is kept
	unordered bool                                   // updates wait for no other
	tireless  bool                                   // a context counts for nothing
	undead    bool                                   // a closed store answers
	lossy     bool                                   // nothing is there after Close
	deaf      bool                                   // some wake-ups are dropped
	early     bool                                   // channels are closed before the commit
	silent    bool                                   // Close wakes nobody
	stale     bool                                   // lists lag one commit behind
}

func (s *naive) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return fn(readOnly{s.begin(s.state.Load())})
}

func (s *naive) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if !s.unordered {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	before := s.state.Load()
	next := before.clone()
	if err := fn(s.begin(next)); err != nil {
		if s.leaky {
			s.state.Store(next)
		}
		return err
	}
	news := next.events[len(before.events):]
	if s.early {
		s.wake(news)
		runtime.Gosched()
	}
	s.previous.Store(before)
	s.state.Store(next)
	s.wake(news)
	return nil
}

func (s *naive) ready(ctx context.Context) error {
	if s.closed.Load() && !s.undead {
		return storage.ErrClosed
	}
	if s.tireless {
		return nil
	}
	return ctx.Err()
}

func (s *naive) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	if err := s.ready(ctx); err != nil {
		return call.Page{}, err
	}
	state := s.state.Load()
	if before := s.previous.Load(); s.stale && before != nil {
		state = before
	}
	return s.list(state, q), nil
}

func (s *naive) Appended(tenant string) <-chan struct{} {
	s.waitingMu.Lock()
	defer s.waitingMu.Unlock()
	if s.waiting[tenant] == nil {
		s.waiting[tenant] = make(chan struct{})
	}
	return s.waiting[tenant]
}

// wake closes the channels of those who wait for the events.
func (s *naive) wake(events []call.Event) {
	s.waitingMu.Lock()
	defer s.waitingMu.Unlock()
	for _, e := range events {
		for _, tenant := range []string{e.Tenant, ""} {
			if ch := s.waiting[tenant]; ch != nil && (!s.deaf || e.Seq%16 != 15) {
				close(ch)
			}
			delete(s.waiting, tenant)
		}
	}
}

func (s *naive) Close() error {
	if s.closed.Swap(true) {
		return storage.ErrClosed
	}
	if !s.lossy {
		s.disks.save(s.dir, s.state.Load())
	}
	if s.silent {
		return nil
	}
	s.waitingMu.Lock()
	defer s.waitingMu.Unlock()
	for tenant, ch := range s.waiting {
		close(ch)
		delete(s.waiting, tenant)
	}
	return nil
}

// Backup gives the name under which the copy is kept.
func (s *naive) Backup(_ context.Context, w io.Writer) error {
	s.disks.mu.Lock()
	s.disks.backups++
	name := filepath.Join(s.dir, fmt.Sprint("backup-", s.disks.backups))
	s.disks.mu.Unlock()
	s.disks.save(name, s.state.Load())
	_, err := io.Copy(w, strings.NewReader(name))
	return err
}
