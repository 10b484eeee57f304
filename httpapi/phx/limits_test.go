package phx_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

func TestRate(t *testing.T) {
	const beat = `[null,"2","phoenix","heartbeat",{}]`
	bubble(t, phx.Options{Rate: 10, Burst: 20}, func(w *world) {
		c, pinger := w.dial("2.0.0"), w.dial("2.0.0")
		for range 20 {
			c.send(beat)
		}
		for range 50 {
			time.Sleep(time.Second / 10)
			c.send(beat)
		}
		require.Len(w.t, c.take(), 70)
		require.Zero(w.t, c.closed())
		c.send(beat)
		require.Empty(w.t, c.take())
		require.Equal(w.t, 4429, c.closed())

		for range 21 {
			pinger.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Second))
		}
		require.Equal(w.t, 4429, pinger.closed())
	})
}

func TestRateCanBeTurnedOff(t *testing.T) {
	bubble(t, phx.Options{Rate: -1}, func(w *world) {
		c := w.dial("2.0.0")
		for range 1000 {
			c.send(`[null,"2","phoenix","heartbeat",{}]`)
		}
		require.Len(w.t, c.take(), 1000)
	})
}

// A client that reads nothing is cut off, and nobody else waits for it.
func TestSlowReader(t *testing.T) {
	bubble(t, phx.Options{QueueMessages: 100, QueueBytes: 10_000}, func(w *world) {
		slow, well := w.dial("2.0.0", true), w.dial("2.0.0")
		slow.send(join1)
		well.send(join1)
		well.take()
		start := time.Now()
		for range 200 {
			require.NoError(w.t, w.hub.Broadcast("room:1", "news", nil))
			synctest.Wait() // a writer of its own takes what it can
		}
		require.Zero(w.t, time.Since(start))
		require.Len(w.t, well.take(), 200)
		require.ElementsMatch(w.t, []string{"join room:1", "join room:1", "disconnected room:1"}, w.room.take())

		go slow.read() // in time for the close frame, and for nothing else
		require.Equal(w.t, 4507, slow.closed())
		require.Len(w.t, slow.take(), 1)
		require.Equal(w.t, 1, w.hub.Sockets())
	})
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	bubble(t, phx.Options{QueueBytes: 10_000}, func(w *world) {
		c := w.dial("2.0.0", true)
		c.send(join1)
		c.send(`["1","2","room:1","block",{}]`)
		synctest.Wait()
		big := map[string]string{"a": strings.Repeat("a", 9_000)}
		require.NoError(w.t, w.hub.Broadcast("room:1", "news", big))
		require.Equal(w.t, []string{"join room:1", "block room:1"}, w.room.take())
		require.NoError(w.t, w.hub.Broadcast("room:1", "news", big))
		go c.read()
		require.Equal(w.t, 4507, c.closed())
	})
}

func TestBigMessagePassesThroughAnEmptyQueue(t *testing.T) {
	bubble(t, phx.Options{QueueBytes: 10_000}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(join1)
		c.take()
		require.NoError(w.t, w.hub.Broadcast("room:1", "news", map[string]string{"a": strings.Repeat("a", 50_000)}))
		require.Len(w.t, c.take(), 1)
		require.Zero(w.t, c.closed())
	})
}
