package phx_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

func TestDrain(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c, busy, frozen := w.dial("2.0.0"), w.dial("2.0.0"), w.dial("2.0.0", true)
		c.send(join1)
		busy.send(`["1","1","room:2","phx_join",{"block":60}]`)
		frozen.send(`["1","1","room:3","phx_join",{}]`)
		synctest.Wait()
		w.room.take()
		start := time.Now()
		drained := make(chan error)
		go func() { drained <- w.hub.Drain(context.Background()) }()
		time.Sleep(time.Second)
		require.Equal(w.t, 1012, w.dial("2.0.0").closed(), "nobody gets in any more")
		require.NoError(w.t, <-drained)
		require.Equal(w.t, 60*time.Second, time.Since(start), "waits for the handler")
		c.take()
		require.Equal(w.t, 1012, c.closed())
		require.Equal(w.t, start, c.gone)
		require.Equal(w.t, 1012, busy.closed())
		require.ElementsMatch(w.t, []string{"drained room:1", "drained room:2", "drained room:3"}, w.room.take())
		require.Zero(w.t, w.hub.Sockets())
	})
}

func TestDrainLosesPatience(t *testing.T) {
	handler := &waiting{}
	bubble(t, phx.Options{Router: func(*phx.Socket, string) phx.Handler { return handler }}, func(w *world) {
		w.dial("2.0.0").send(join1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(w.t, w.hub.Drain(ctx), context.DeadlineExceeded)
		require.Equal(w.t, time.Second, time.Since(start))
	})
}

// waiting is a handler that returns when its context ends.
type waiting struct{ room }

func (*waiting) Join(ctx context.Context, _ *phx.Channel, _ json.RawMessage) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
