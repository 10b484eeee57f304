package memory_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open: func(*testing.T, string) storage.Store { return memory.New() },
	})
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	var s storage.Store = memory.New()
	_, ok := s.(storage.Backuper)
	require.False(t, ok, "there is no file")
	require.Implements(t, (*storage.Checker)(nil), s)
	require.Implements(t, (*storage.Exclusive)(nil), s)
	h, ok := s.(storage.Healther)
	require.True(t, ok)
	require.NoError(t, h.Health())
}

// A store serves two bubbles at once, as long as nobody asks for channels.
func TestInTwoBubbles(t *testing.T) {
	t.Parallel()
	s := memory.New()
	inside := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var bubbles sync.WaitGroup
	for i := range inside {
		bubbles.Go(func() {
			synctest.Test(t, func(t *testing.T) {
				if err := s.View(t.Context(), func(storage.Tx) error {
					close(inside[i])
					<-inside[1-i]
					return nil
				}); err != nil {
					t.Error(err)
				}
				if err := s.Update(t.Context(), func(tx storage.Tx) error {
					_, err := tx.AppendEvent(call.Event{Tenant: "acme", Time: call.Now()})
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		})
	}
	bubbles.Wait()
	require.NoError(t, s.Close())
}

// Nothing is needed in a bubble but the store: it has no goroutine that would keep the bubble from ending, and no
// timer that would keep its clock from moving.
func TestInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		woken := make(chan uint64)
		go func() {
			grown := s.Appended("acme")
			<-grown
			var events []call.Event
			_ = s.View(t.Context(), func(tx storage.Tx) (err error) {
				events, err = tx.Events("acme", 0, 10)
				return err
			})
			woken <- events[0].Seq
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.NoError(t, s.Update(t.Context(), func(tx storage.Tx) error {
			_, err := tx.AppendEvent(call.Event{Tenant: "acme", Time: call.Now()})
			return err
		}))
		require.Equal(t, uint64(1), <-woken)
	})
}
