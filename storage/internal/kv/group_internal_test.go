package kv

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate is a Bolt whose commits wait until they are let through.
type gate struct {
	*Bolt
	t       *testing.T
	reached chan struct{} // a commit waits
	pass    chan error    // lets it through, or fails it
	commits atomic.Int64
}

func openGate(t *testing.T) *gate {
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	g := &gate{Bolt: b, t: t, reached: make(chan struct{}), pass: make(chan error)}
	b.journal.sync = func(f *os.File) error {
		g.commits.Add(1)
		g.reached <- struct{}{}
		if err := <-g.pass; err != nil {
			return err
		}
		return syncFile(f)
	}
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return g
}

// start runs fn in an Update and returns when fn has, while the Update waits for
// its commit.
func (g *gate) start(fn func(Writer) error) <-chan error {
	ran, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- p.(error)
			}
		}()
		done <- g.Update(context.Background(), func(w Writer) (func(), error) {
			defer close(ran)
			return nil, fn(w)
		})
	}()
	<-ran
	return done
}

func (g *gate) put(key string) <-chan error {
	return g.start(func(w Writer) error {
		w.Put([]byte(key), []byte("v"))
		return nil
	})
}

// keys returns what a View sees.
func (g *gate) keys() string {
	var keys []byte // of one letter each
	require.NoError(g.t, g.View(context.Background(), nil, func(r Reader) error {
		for k := range r.Ascend(nil, nil) {
			keys = append(keys, k...)
		}
		return nil
	}))
	return string(keys)
}

func waits(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Errorf("has returned %v", err)
	default:
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	require.Empty(t, g.keys(), "a is not durable")

	// All of these see a, which is being committed.
	reads := g.start(func(w Writer) error {
		if _, ok := w.Get([]byte("a")); !ok {
			return errors.New("a is not there")
		}
		return nil
	})
	fails := g.start(func(Writer) error { return boom })
	b := g.put("b")
	dropped := g.start(func(w Writer) error {
		w.Put([]byte("x"), nil)
		w.Delete([]byte("b"))
		return boom
	})
	panics := g.start(func(w Writer) error {
		w.Put([]byte("y"), nil)
		panic(boom)
	})
	c := g.start(func(w Writer) error {
		w.Delete([]byte("a"))
		w.Put([]byte("c"), nil)
		return nil
	})
	require.Equal(t, boom, <-panics) // returns nothing that could be wrong
	for _, done := range []<-chan error{a, reads, fails, b, dropped, c} {
		waits(t, done)
	}

	g.pass <- nil
	require.NoError(t, <-a)
	require.NoError(t, <-reads)
	require.Equal(t, boom, <-fails)
	<-g.reached
	require.Equal(t, "a", g.keys())
	waits(t, dropped) // it saw b
	g.pass <- nil
	require.NoError(t, <-b)
	require.NoError(t, <-c)
	require.Equal(t, boom, <-dropped)
	require.Equal(t, "bc", g.keys())
	require.EqualValues(t, 2, g.commits.Load())
}

func TestCloseWaitsForCommits(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	b := g.put("b")
	closed := make(chan error, 1)
	go func() { closed <- g.Close() }()
	for g.View(context.Background(), nil, func(Reader) error { return nil }) == nil {
		runtime.Gosched() // until Close has begun
	}
	waits(t, closed)
	g.pass <- nil
	require.NoError(t, <-a)
	<-g.reached
	waits(t, closed)
	g.pass <- nil
	require.NoError(t, <-b)
	require.NoError(t, <-closed)
}

// Who has closed a store may let go of what is published to. There are no rows here, for which Close would wait anyway.
func TestCloseWaitsForWhatIsPublished(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	g.committing.Lock()
	ran, publishing, publish, done := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- g.Update(context.Background(), func(Writer) (func(), error) {
			defer close(ran)
			return func() {
				close(publishing)
				<-publish
			}, nil
		})
	}()
	<-ran
	closed := make(chan error, 1)
	go func() { closed <- g.Close() }()
	for g.View(context.Background(), nil, func(Reader) error { return nil }) == nil {
		runtime.Gosched() // until Close has begun
	}
	g.committing.Unlock()
	<-publishing
	for journals := 1; journals > 0; { // until there is nothing more to do for it
		names, err := filepath.Glob(g.db.Path() + "?*")
		require.NoError(t, err)
		journals = len(names)
	}
	time.Sleep(20 * time.Millisecond)
	if len(closed) > 0 {
		t.Error("has returned")
	}
	close(publish)
	require.NoError(t, <-done)
	require.NoError(t, <-closed)
}

// asking has a record with a on its way to the disk, enough members behind it with values of so many bytes, and a fn that
// runs until end is closed. It returns when the leader of the group asks for it to be cut.
func (g *gate) asking(value int, fn func(Writer) error) (members []<-chan error, end chan<- struct{}, ended <-chan error) {
	put := func(key byte) <-chan error {
		return g.start(func(w Writer) error {
			w.Put([]byte{key}, make([]byte, value))
			return nil
		})
	}
	members = append(members, put('a'))
	<-g.reached
	for i := range enough {
		members = append(members, put('b'+byte(i)))
	}
	runs, hold, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- p.(error)
			}
		}()
		done <- g.Update(context.Background(), func(w Writer) (func(), error) {
			close(runs)
			<-hold
			return nil, fn(w)
		})
	}()
	<-runs
	g.pass <- nil
	for !g.asks.Load() {
		runtime.Gosched()
	}
	return members, hold, done
}

// A large group is cut when the fn has ended that runs while its leader asks, whatever becomes of it, and before the next
// one begins.
func TestLargeGroupIsCutByWhoWrites(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		fn   func(Writer) error
		err  error
		keys string
	}{
		"it writes": {func(w Writer) error { w.Put([]byte("x"), nil); return nil }, nil, "abcdefghijklmx"},
		"it fails":  {func(Writer) error { return boom }, boom, "abcdefghijklm"},
		"it panics": {func(Writer) error { panic(boom) }, boom, "abcdefghijklm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := openGate(t)
			members, end, ended := g.asking(1, c.fn)
			next := make(chan error, 1)
			go func() {
				next <- g.Update(context.Background(), func(w Writer) (func(), error) {
					w.Put([]byte("y"), nil)
					return nil, nil
				})
			}()
			close(end)
			<-g.reached
			g.pass <- nil
			for _, m := range members {
				require.NoError(t, <-m)
			}
			require.Equal(t, c.err, <-ended)
			<-g.reached
			require.Equal(t, c.keys, g.keys())
			g.pass <- nil
			require.NoError(t, <-next)
		})
	}
}

// A large group for which there is no room in the file of the journal that is in use goes to the other one, or past both.
func TestLargeGroupWithoutRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, commits int }{{20 << 10, 2}, {24 << 10, 1}} {
		g := openGate(t)
		members, end, ended := g.asking(c.value, func(Writer) error { return nil })
		close(end)
		if c.commits == 2 {
			<-g.reached
			g.pass <- nil
		}
		for _, m := range append(members, ended) {
			require.NoError(t, <-m)
		}
		require.Equal(t, "abcdefghijklm", g.keys())
		require.EqualValues(t, c.commits, g.commits.Load())
	}
}

// Close waits for a leader that asks, and answers it.
func TestCloseWhileALeaderAsks(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	members, end, ended := g.asking(1, func(Writer) error { return nil })
	closed := make(chan error, 1)
	go func() { closed <- g.Close() }()
	close(end)
	<-g.reached
	waits(t, closed)
	g.pass <- nil
	for _, m := range append(members, ended) {
		require.NoError(t, <-m)
	}
	require.NoError(t, <-closed)
}

// No record is on the disk before all have written, and two are enough.
func TestWritersShareCommits(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	const writers = 64
	var commits atomic.Int64
	var wrote, all sync.WaitGroup
	wrote.Add(writers)
	b.journal.sync = func(f *os.File) error {
		commits.Add(1)
		wrote.Wait()
		return syncFile(f)
	}
	for range writers {
		all.Go(func() {
			if err := b.Update(t.Context(), func(w Writer) (func(), error) {
				defer wrote.Done()
				w.Put([]byte("k"), nil)
				return nil, nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, commits.Load(), int64(2))
	require.NoError(t, b.Close())
}

// Members are let go when what they wrote is durable, in the journal or past it, and the next record is written while
// their rows are published. Who looks waits until they are.
func TestPublishingHoldsUpNoWriter(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]int{"in the journal": 1, "past it": 2 * smallestJournal} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := openGate(t)
			a := g.put("a")
			<-g.reached
			publishing, publish := make(chan struct{}), make(chan struct{})
			var order []string // under the publish lock
			update := func(key string, value int, published func()) <-chan error {
				ran, done := make(chan struct{}), make(chan error, 1)
				go func() {
					done <- g.Update(context.Background(), func(w Writer) (func(), error) {
						defer close(ran)
						w.Put([]byte(key), make([]byte, value))
						return published, nil
					})
				}()
				<-ran
				return done
			}
			leader := update("b", value, func() {
				close(publishing)
				<-publish
				order = append(order, "b")
			})
			member := update("c", 1, func() { order = append(order, "c") })
			g.pass <- nil
			require.NoError(t, <-a)
			if value == 1 {
				<-g.reached
				g.pass <- nil
			}
			<-publishing
			require.NoError(t, <-member)
			waits(t, leader)

			looks := make(chan string, 1)
			go func() { looks <- g.keys() }()
			next := update("d", 1, func() { order = append(order, "d") })
			<-g.reached
			if len(looks) > 0 {
				t.Error("somebody has seen what is not published")
			}
			close(publish)
			g.pass <- nil
			require.NoError(t, <-leader)
			require.NoError(t, <-next)
			require.Contains(t, []string{"abc", "abcd"}, <-looks)
			require.NoError(t, g.View(context.Background(), func() {
				require.Equal(t, []string{"b", "c", "d"}, order)
			}, func(Reader) error { return nil }))
		})
	}
}

// A panic of what is published leaves no lock behind, also if the rows have gone past the journal.
func TestPanicInPublishOfALargeWrite(t *testing.T) {
	t.Parallel()
	b, err := OpenBolt(filepath.Join(t.TempDir(), "db"), BoltOptions{})
	require.NoError(t, err)
	require.PanicsWithValue(t, "boom", func() {
		_ = b.Update(t.Context(), func(w Writer) (func(), error) {
			w.Put([]byte("a"), make([]byte, 2*smallestJournal))
			return func() { panic("boom") }, nil
		})
	})
	require.ErrorIs(t, b.Err(), ErrFailed)
	require.ErrorIs(t, b.Update(t.Context(), func(Writer) (func(), error) { return nil, nil }), ErrFailed)
	require.Equal(t, "a", (&gate{Bolt: b, t: t}).keys())
	require.NoError(t, b.Close())
}

// What was on its way to the disk while a publish panicked is durable, but nothing is published that would follow on it.
func TestNothingIsPublishedBehindAPanic(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	publishing, publish := make(chan struct{}), make(chan struct{})
	panicked, done := make(chan any), make(chan error)
	go func() {
		defer func() { panicked <- recover() }()
		_ = g.Update(context.Background(), func(w Writer) (func(), error) {
			w.Put([]byte("a"), nil)
			return func() {
				close(publishing)
				<-publish
				panic("boom")
			}, nil
		})
	}()
	<-g.reached
	g.pass <- nil
	<-publishing
	go func() {
		done <- g.Update(context.Background(), func(w Writer) (func(), error) {
			w.Put([]byte("b"), nil)
			return func() { t.Error("published") }, nil
		})
	}()
	<-g.reached
	close(publish)
	require.Equal(t, "boom", <-panicked)
	g.pass <- nil
	require.NoError(t, <-done, "it is durable")
	require.ErrorIs(t, g.Err(), ErrFailed)
	require.Equal(t, "ab", g.keys())
}

// Who is let go sees what he has written: not before the publish lock is taken does anybody go.
func TestNobodyIsLetGoBeforeThePublishLockIsTaken(t *testing.T) {
	t.Parallel()
	g := openGate(t)
	a := g.put("a")
	<-g.reached
	leader, member := g.put("b"), g.put("c")
	g.writing.Lock()
	group := g.newest
	g.writing.Unlock()
	g.pass <- nil
	require.NoError(t, <-a)
	<-g.reached

	pinned, unpin, looked := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		looked <- g.View(context.Background(), func() {
			close(pinned)
			<-unpin
		}, func(Reader) error { return nil })
	}()
	<-pinned
	g.pass <- nil
	for g.state.TryRLock() { // until the leader waits for it
		g.state.RUnlock()
		runtime.Gosched()
	}
	select {
	case <-group.done:
		t.Error("its members were let go")
	default:
	}
	close(unpin)
	require.NoError(t, <-looked)
	require.NoError(t, <-leader)
	require.NoError(t, <-member)
	require.Equal(t, "abc", g.keys())
}
