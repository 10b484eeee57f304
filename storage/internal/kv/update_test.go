package kv_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage/internal/kv"
)

func TestFailedUpdateLeavesNothing(t *testing.T) {
	boom := errors.New("boom")
	each(t, func(t *testing.T, e kv.Engine) {
		put(t, e, "k", "v")
		never := func() { t.Error("published") }
		change := func(w kv.Writer) {
			w.Put([]byte("k"), []byte("other"))
			w.Put([]byte("l"), []byte("new"))
		}
		err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
			change(w)
			return never, boom
		})
		require.ErrorIs(t, err, boom)
		require.PanicsWithValue(t, boom, func() {
			_ = e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				change(w)
				panic(boom)
			})
		})
		require.PanicsWithValue(t, boom, func() {
			_ = e.View(t.Context(), func() { panic(boom) }, func(kv.Reader) error { return nil })
		})
		require.PanicsWithValue(t, boom, func() {
			_ = e.View(t.Context(), nil, func(kv.Reader) error { panic(boom) })
		})
		for _, key := range [][]byte{nil, {}, make([]byte, kv.MaxKey+1)} {
			err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				change(w)
				w.Put(key, nil)
				return never, nil
			})
			require.ErrorIs(t, err, kv.ErrEntry)
		}
		require.NoError(t, e.Err())
		require.Equal(t, map[string]string{"k": "v"}, dump(t, e))
		put(t, e, "k", "w") // the locks are free
	})
}

func TestPanicInPublishFailsTheEngine(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		require.PanicsWithValue(t, "boom", func() {
			_ = e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				w.Put([]byte("k"), []byte("v"))
				return func() { panic("boom") }, nil
			})
		})
		require.ErrorIs(t, e.Err(), kv.ErrFailed)
		err := e.Update(t.Context(), func(kv.Writer) (func(), error) { return nil, nil })
		require.ErrorIs(t, err, kv.ErrFailed)
		require.Equal(t, map[string]string{"k": "v"}, dump(t, e))
		require.NoError(t, e.Close())
	})
}

func TestScanWhileWriting(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		for i := range 9 {
			put(t, e, strconv.Itoa(i), "")
		}
		require.NoError(t, e.Update(t.Context(), func(w kv.Writer) (func(), error) {
			w.Put([]byte("5"), []byte("own"))
			var seen []string
			for k := range w.Ascend([]byte("2"), []byte("8")) {
				seen = append(seen, string(k))
				w.Delete([]byte("3"))
				w.Delete(k)
				w.Put(append([]byte("6"), k...), nil)
			}
			require.Equal(t, []string{"2", "3", "4", "5", "6", "7"}, seen)
			seen = nil
			for k := range w.Ascend([]byte("2"), nil) {
				seen = append(seen, string(k))
				w.Delete(k)
			}
			require.Equal(t, []string{"62", "63", "64", "65", "66", "67", "8"}, seen)
			return nil, nil
		}))
		require.Equal(t, map[string]string{"0": "", "1": ""}, dump(t, e))
	})
}

func TestContextIsLookedAtBeforeFn(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, e.Update(ctx, func(w kv.Writer) (func(), error) {
			cancel()
			w.Put([]byte("k"), []byte("v"))
			return nil, nil
		}))
		err := e.Update(ctx, func(kv.Writer) (func(), error) { panic("called") })
		require.ErrorIs(t, err, context.Canceled)
		err = e.View(ctx, nil, func(kv.Reader) error { panic("called") })
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, map[string]string{"k": "v"}, dump(t, e))
	})
}

// The second writer gives up while the first one writes.
func TestContextIsLookedAtAgainBehindAnotherWriter(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		ctx := &lookedAt{looked: make(chan struct{})}
		inside, second := make(chan struct{}), make(chan error, 1)
		go func() {
			<-inside
			second <- e.Update(ctx, func(kv.Writer) (func(), error) { panic("called") })
		}()
		require.NoError(t, e.Update(t.Context(), func(kv.Writer) (func(), error) {
			close(inside)
			<-ctx.looked
			return nil, nil
		}))
		require.ErrorIs(t, <-second, context.Canceled)
	})
}

// lookedAt is a context that ends when it was looked at for the first time.
type lookedAt struct {
	context.Context
	looked chan struct{}
	ended  bool
}

func (c *lookedAt) Err() error {
	if c.ended {
		return context.Canceled
	}
	c.ended = true
	close(c.looked)
	return nil
}

func TestClose(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		put(t, e, "k", "v")
		_, waitsForViews := e.(*kv.Bolt)
		inside, leave := make(chan struct{}), make(chan struct{})
		var transactions sync.WaitGroup
		transactions.Go(func() {
			if err := e.View(t.Context(), nil, func(r kv.Reader) error {
				close(inside)
				<-leave
				if _, ok := r.Get([]byte("k")); !ok {
					t.Error("state has gone while it is read")
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
		<-inside
		closed := make(chan error, 1)
		go func() { closed <- e.Close() }()
		if waitsForViews {
			requireClosing(t, e, closed)
		} else {
			require.NoError(t, <-closed)
		}
		close(leave)
		transactions.Wait()
		if waitsForViews {
			require.NoError(t, <-closed)
		}

		err := e.Update(t.Context(), func(kv.Writer) (func(), error) { return nil, nil })
		require.ErrorIs(t, err, kv.ErrClosed)
		err = e.View(t.Context(), nil, func(kv.Reader) error { return nil })
		require.ErrorIs(t, err, kv.ErrClosed)
		require.NoError(t, e.Close())
	})
}

func TestCloseWaitsForAnUpdate(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		inside, leave := make(chan struct{}), make(chan struct{})
		done, closed := make(chan error, 1), make(chan error, 1)
		go func() {
			done <- e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				close(inside)
				<-leave
				w.Put([]byte("k"), nil)
				return nil, nil
			})
		}()
		<-inside
		go func() { closed <- e.Close() }()
		select {
		case <-closed:
			t.Error("closed while an Update runs")
		case <-time.After(10 * time.Millisecond):
		}
		close(leave)
		require.NoError(t, <-done)
		require.NoError(t, <-closed)
	})
}

// requireClosing waits until Close has begun, and fails if it has ended.
func requireClosing(t *testing.T, e kv.Engine, closed <-chan error) {
	t.Helper()
	for e.View(t.Context(), nil, func(kv.Reader) error { return nil }) == nil {
		runtime.Gosched()
	}
	select {
	case <-closed:
		t.Error("closed while a View runs")
	default:
	}
}

func TestMemoryHasNoBackup(t *testing.T) {
	t.Parallel()
	err := kv.NewMemory().Backup(t.Context(), new(bytes.Buffer))
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
