package call_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// TestEventsResume: a reader goes on behind the number it has come to, and misses nothing.
func TestEventsResume(t *testing.T) {
	s := newService(t, call.Options{})
	for range 10 {
		enqueue(t, s, maria)
	}
	elsewhere := maria
	elsewhere.Tenant = "other"
	enqueue(t, s, elsewhere)

	var last uint64
	for round := range 5 { // two events at a time, each time by a new reader
		n := 0
		for e, err := range s.Events(t.Context(), "acme", last) {
			require.NoError(t, err)
			require.Greater(t, e.Seq, last)
			require.Equal(t, "acme", e.Tenant)
			last = e.Seq
			if n++; n == 2 {
				break
			}
		}
		require.Equal(t, 2, n, "round %d", round)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for _, err := range s.Events(ctx, "acme", last) {
		require.ErrorIs(t, err, context.DeadlineExceeded, "there is nothing more")
	}
}

// TestEventsLive: what is appended while the reader waits arrives without delay.
func TestEventsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		var got []call.Event
		var end error
		done := make(chan struct{})
		go func() {
			defer close(done)
			for e, err := range s.Events(ctx, "acme", 0) {
				if end = err; err == nil {
					got = append(got, e)
				}
			}
		}()
		synctest.Wait()
		require.Empty(t, got)
		for i := range 5 {
			c := enqueue(t, s, maria)
			synctest.Wait() // no time passes
			require.Len(t, got, i+1)
			assert.Equal(t, c.ID, got[i].CallID)
		}
		cancel()
		<-done
		assert.ErrorIs(t, end, context.Canceled, "the last pair bears the context's error")
		assert.Len(t, got, 5)
	})
}

// TestEventsSlowReader: nobody waits for a reader, and it misses nothing.
func TestEventsSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 1200 // more than are read at a time
		s := newService(t, call.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			for e, err := range s.Events(ctx, "acme", 0) {
				if !assert.NoError(t, err) {
					return
				}
				time.Sleep(time.Second)
				if got = append(got, e.CallID); len(got) == calls {
					return
				}
			}
		}()
		var want []string
		begin := time.Now()
		for range calls {
			want = append(want, enqueue(t, s, maria).ID)
		}
		require.Zero(t, time.Since(begin), "a writer waited for the reader")
		<-done
		assert.Equal(t, want, got)
	})
}

func TestEventsOnClosedStore(t *testing.T) {
	store := newStore(t)
	s := call.NewService(storageOf(store), call.Options{})
	require.NoError(t, store.Close())
	n := 0
	for _, err := range s.Events(t.Context(), "acme", 0) {
		require.Error(t, err)
		n++
	}
	assert.Equal(t, 1, n, "the error ends the iteration")
}

func TestTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		other := enqueue(t, s, maria)
		c := enqueue(t, s, maria)
		want := []call.Kind{call.KindCreated}
		for epoch := uint64(1); epoch <= 300; epoch++ { // more events than are read at a time
			_, err := s.Join(t.Context(), "acme", c.ID, call.SideCustomer)
			require.NoError(t, err)
			time.Sleep(time.Millisecond)
			_, err = s.Lose(t.Context(), "acme", c.ID, call.SideCustomer, epoch)
			require.NoError(t, err)
			want = append(want, call.KindJoined, call.KindLeft)
		}
		events := requireHistory(t, s, c.ID, want...)
		for i, e := range events {
			require.Equal(t, c.ID, e.CallID)
			if i > 0 {
				require.Greater(t, e.Seq, events[i-1].Seq)
				require.False(t, e.Time.Before(events[i-1].Time))
			}
		}
		requireHistory(t, s, other.ID, call.KindCreated)
	})
}
