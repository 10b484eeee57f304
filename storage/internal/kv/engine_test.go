package kv_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/storage/internal/kv"
)

// each runs a test of the contract on every engine.
func each(t *testing.T, test func(*testing.T, kv.Engine)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		e := kv.NewMemory()
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		test(t, e)
	})
	t.Run("bolt", func(t *testing.T) {
		t.Parallel()
		test(t, openBolt(t, filepath.Join(t.TempDir(), "db"), kv.BoltOptions{}))
	})
}

// openBolt opens the file and, at the end of the test, checks and closes it.
func openBolt(t testing.TB, path string, o kv.BoltOptions) *kv.Bolt {
	t.Helper()
	b, err := kv.OpenBolt(path, o)
	require.NoError(t, err)
	t.Cleanup(func() {
		err := b.Check(context.Background())
		if !errors.Is(err, kv.ErrClosed) && !errors.Is(err, kv.ErrFailed) {
			require.NoError(t, err)
		}
		require.NoError(t, b.Close())
	})
	return b
}

func put(t testing.TB, e kv.Engine, key, value string) {
	t.Helper()
	require.NoError(t, e.Update(t.Context(), func(w kv.Writer) (func(), error) {
		w.Put([]byte(key), []byte(value))
		return nil, nil
	}))
}

// dump returns the state that a View sees.
func dump(t testing.TB, e kv.Engine) map[string]string {
	t.Helper()
	state := map[string]string{}
	require.NoError(t, e.View(t.Context(), nil, func(r kv.Reader) error {
		for k, v := range r.Ascend(nil, nil) {
			state[string(k)] = string(v)
		}
		return nil
	}))
	return state
}

// counter reads the number under key, which is zero if it is not there.
func counter(r kv.Reader, key string) uint64 {
	v, ok := r.Get([]byte(key))
	if !ok {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func increment(w kv.Writer, key string) {
	w.Put([]byte(key), binary.BigEndian.AppendUint64(nil, counter(w, key)+1))
}

func TestUpdatesAreSerial(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		const writers, rounds = 64, 10
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range rounds {
					if err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
						increment(w, "n")
						return nil, nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.NoError(t, e.View(t.Context(), nil, func(r kv.Reader) error {
			require.EqualValues(t, writers*rounds, counter(r, "n"))
			return nil
		}))
	})
}

func TestViewSeesAnUpdateThatHasReturned(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				key := fmt.Sprint("n", i)
				for n := range uint64(10) {
					if err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
						increment(w, key)
						return nil, nil
					}); err != nil {
						t.Error(err)
					}
					if err := e.View(t.Context(), nil, func(r kv.Reader) error {
						if got := counter(r, key); got != n+1 {
							t.Errorf("%s is %d after %d updates", key, got, n+1)
						}
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestViewWaitsForNoWriter(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		put(t, e, "k", "old")
		inside, leave, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			done <- e.Update(t.Context(), func(w kv.Writer) (func(), error) {
				w.Put([]byte("k"), []byte("new"))
				close(inside)
				<-leave
				return nil, nil
			})
		}()
		<-inside
		require.Equal(t, map[string]string{"k": "old"}, dump(t, e))
		close(leave)
		require.NoError(t, <-done)
		require.Equal(t, map[string]string{"k": "new"}, dump(t, e))
	})
}

func TestViewKeepsItsState(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		big := bytes.Repeat([]byte("x"), 2000)
		for i := range 50 {
			put(t, e, fmt.Sprintf("%03d", i), "old"+string(big))
		}
		require.NoError(t, e.View(t.Context(), nil, func(r kv.Reader) error {
			n := 0
			for _, v := range r.Ascend(nil, nil) {
				// Every step frees pages, which must not be used again.
				put(t, e, fmt.Sprintf("%03d", 49-n), "new"+string(big))
				require.Equal(t, "old", string(v[:3]))
				n++
			}
			require.Equal(t, 50, n)
			return nil
		}))
	})
}

// A number that publish counts is always the one in the state.
func TestPinAndPublish(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		var published uint64 // under the publish lock
		var writers, readers sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					var pinned uint64
					err := e.View(t.Context(), func() { pinned = published }, func(r kv.Reader) error {
						if n := counter(r, "n"); n != pinned {
							t.Errorf("state has %d, pin has %d", n, pinned)
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					runtime.Gosched()
				}
			})
		}
		for range 8 {
			writers.Go(func() {
				for range 20 {
					if err := e.Update(t.Context(), func(w kv.Writer) (func(), error) {
						increment(w, "n")
						n := counter(w, "n")
						return func() {
							if n != published+1 {
								t.Errorf("%d is published after %d", n, published)
							}
							published = n
						}, nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		close(stop)
		readers.Wait()
		require.EqualValues(t, 160, published)
	})
}

func TestPublishWithoutWrites(t *testing.T) {
	each(t, func(t *testing.T, e kv.Engine) {
		published := false
		require.NoError(t, e.Update(t.Context(), func(kv.Writer) (func(), error) {
			return func() { published = true }, nil
		}))
		require.True(t, published)
	})
}
