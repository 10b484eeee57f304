// Package storagetest is the definition of a storage backend: what passes [Run] keeps the contract of package storage.
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, storagetest.Backend{
//			Open: func(t *testing.T, dir string) storage.Store {
//				s, err := mydb.Open(filepath.Join(dir, "calls.db"))
//				require.NoError(t, err)
//				return s
//			},
//			Persistent: true,
//		})
//	}
//
// What the suite compares a store with is a model of it: maps without any index, which are filtered and sorted for
// every answer. Each aggregate has a file; what concerns all of them has others, named after the promise they test.
package storagetest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage"
)

// Backend is a kind of store, to be tested.
type Backend struct {
	// Open opens the store kept in dir, an existing directory of the test's own: a new store if dir is empty. The
	// suite closes what it has opened. It may be called inside a bubble of testing/synctest.
	Open func(t *testing.T, dir string) storage.Store

	// Persistent says that a store opened again in the same dir, after Close, has everything.
	Persistent bool

	// Restore writes what Backup gave into dir, which is empty, such that Open opens it there. It is required if the
	// store is a [storage.Backuper].
	Restore func(t *testing.T, dir string, backup io.Reader)
}

// Run tests the backend: as it is, and once more behind [Twice]. If its stores are a [storage.Checker], each is
// checked before it is closed.
func Run(t *testing.T, b Backend) {
	for _, s := range []suite{{Backend: b, name: "Once"}, {Backend: b, name: "Twice", twice: true}} {
		t.Run(s.name, func(t *testing.T) {
			for _, test := range tests() {
				if test.persistent && !b.Persistent {
					continue
				}
				t.Run(test.name, func(t *testing.T) { test.run(t, s) })
			}
		})
	}
}

// suite is a backend in one of the two ways in which it is tested.
type suite struct {
	Backend
	name  string
	twice bool
}

type test struct {
	name       string
	persistent bool // only for a backend that is
	run        func(t *testing.T, s suite)
}

func tests() []test {
	return []test{
		{name: "Calls", run: testCalls},
		{name: "Queue", run: testQueue},
		{name: "OpenCalls", run: testOpenCalls},
		{name: "DueCalls", run: testDueCalls},
		{name: "Waits", run: testWaits},
		{name: "Events", run: testEvents},
		{name: "Tags", run: testTags},
		{name: "Notes", run: testNotes},
		{name: "Media", run: testMedia},
		{name: "Pending", run: testPending},
		{name: "Artifacts", run: testArtifacts},
		{name: "Jobs", run: testJobs},
		{name: "Settings", run: testSettings},
		{name: "Copies", run: testCopies},
		{name: "Isolation", run: testIsolation},
		{name: "Transactions", run: testTransactions},
		{name: "Concurrency", run: testConcurrency},
		{name: "Appended", run: testAppended},
		{name: "List", run: testList},
		{name: "ListSearch", run: testListSearch},
		{name: "ListPaging", run: testListPaging},
		{name: "ListConcurrency", run: testListConcurrency},
		{name: "ListFresh", run: testListFresh},
		{name: "Races", run: testRaces},
		{name: "Limits", run: testLimits},
		{name: "Model", run: testModel},
		{name: "Close", run: testClose},
		{name: "Reopen", run: testReopen, persistent: true},
		{name: "ReopenLimits", run: testReopenLimits, persistent: true},
		{name: "Backup", run: testBackup},
	}
}

// fresh opens a new store, which is checked and closed when the test ends.
func (s suite) fresh(t *testing.T) storage.Store { return s.open(t, t.TempDir()) }

// open opens the store in dir, which is checked and closed when the test ends, unless that was done before.
func (s suite) open(t *testing.T, dir string) storage.Store {
	t.Helper()
	store := s.Open(t, dir)
	require.NotNil(t, store, "Open returned no store")
	t.Cleanup(func() { closeStore(t, store) })
	if h, ok := store.(storage.Healther); ok {
		require.NoError(t, h.Health(), "Health of a store that was just opened")
	}
	if s.twice {
		return Twice(store)
	}
	return store
}

// closeStore checks and closes a store, if it is open.
func closeStore(t tester, store storage.Store) {
	t.Helper()
	check(t, store)
	if err := store.Close(); !errors.Is(err, storage.ErrClosed) {
		require.NoError(t, err, "Close")
	}
}

// check lets a store that can verify itself do so.
func check(t tester, store storage.Store) {
	t.Helper()
	checker, ok := base(store).(storage.Checker)
	if !ok {
		return
	}
	if err := checker.Check(context.Background()); !errors.Is(err, storage.ErrClosed) {
		require.NoError(t, err, "Check")
	}
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	require.TestingT
	Helper()
}

// update runs fn in an Update that must succeed.
func update(t tester, store storage.Store, fn func(storage.Tx) error) {
	t.Helper()
	require.NoError(t, store.Update(context.Background(), fn), "Update")
}

// view runs fn in a View that must succeed.
func view(t tester, store storage.Store, fn func(storage.Tx) error) {
	t.Helper()
	require.NoError(t, store.View(context.Background(), fn), "View")
}

// read returns what fn reads in a View, which must succeed.
func read[T any](t tester, store storage.Store, fn func(storage.Tx) (T, error)) (got T) {
	t.Helper()
	view(t, store, func(tx storage.Tx) (err error) {
		got, err = fn(tx)
		return err
	})
	return got
}

// patience is how long the suite waits for what must happen soon, before it gives up.
const patience = 10 * time.Second

// await returns what ch gives, or fails.
func await[T any](t tester, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		require.FailNow(t, "waited in vain for "+what)
	}
	return v
}
