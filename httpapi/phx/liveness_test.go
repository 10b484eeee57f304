package phx_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

const join1 = `["1","1","room:1","phx_join",{}]`

func TestSilence(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		start := time.Now()
		c := w.dial("2.0.0")
		c.mute.Store(true)
		c.send(join1)
		time.Sleep(15*time.Second - time.Millisecond)
		require.Len(w.t, c.take(), 1)
		require.Equal(w.t, []time.Time{start.Add(10 * time.Second)}, c.pinged)
		require.Equal(w.t, []string{"join room:1"}, w.room.take())

		time.Sleep(time.Millisecond)
		require.Equal(w.t, 4408, c.closed())
		require.Equal(w.t, []string{"disconnected room:1"}, w.room.take())
		require.Zero(w.t, w.hub.Sockets())
	})
}

// A peer that is frozen takes nothing either: its channels end at 15 s all the same, and its connection once the close
// frame could not be written.
func TestFrozenPeer(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0", true)
		c.send(join1)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		require.Equal(w.t, []string{"join room:1", "disconnected room:1"}, w.room.take())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(w.t, w.hub.Sockets())
	})
}

func TestAnythingReceivedIsLife(t *testing.T) {
	for name, sign := range map[string]func(c *client){
		"pong":      func(c *client) { c.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second)) },
		"ping":      func(c *client) { c.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) },
		"heartbeat": func(c *client) { c.send(`[null,"2","phoenix","heartbeat",{}]`) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, phx.Options{}, func(w *world) {
				c := w.dial("2.0.0")
				c.mute.Store(true)
				for range 10 {
					time.Sleep(14 * time.Second)
					sign(c)
				}
				require.Zero(w.t, c.closed())
				time.Sleep(15 * time.Second)
				require.Equal(w.t, 4408, c.closed())
			})
		})
	}
}

func TestIdleSocketLivesByPongs(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		time.Sleep(24 * time.Hour)
		require.Zero(w.t, c.closed())
		require.Len(w.t, c.pinged, 24*360)
	})
}

// A message that takes a minute to come in is not silence.
func TestSlowSender(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		c.mute.Store(true)
		c.send(join1)
		c.take()
		const frame = `["1","2","room:1","echo",{}]`
		_, err := c.pipe.Write([]byte{0x81, 0x80 | byte(len(frame)), 0, 0, 0, 0}) // a mask of zeros
		require.NoError(w.t, err)
		for i := range len(frame) {
			time.Sleep(3 * time.Second)
			_, err := c.pipe.Write([]byte{frame[i]})
			require.NoError(w.t, err)
		}
		require.Equal(w.t, []string{`["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`}, c.take())
	})
}

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

// A client that never takes the close frame is cut after CloseTimeout.
func TestCloseTimeout(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0", true)
		c.send("no json")
		time.Sleep(2*time.Second - time.Millisecond)
		synctest.Wait()
		require.Equal(w.t, 1, w.hub.Sockets())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Zero(w.t, w.hub.Sockets())
	})
}

// What a client sent last is handled before it is gone, though it did not wait for the reply.
func TestLastWordsAreHeard(t *testing.T) {
	for name, end := range map[string]func(c *client){
		"closed": func(c *client) {
			c.WriteControl(websocket.CloseMessage, []byte{0x03, 0xe8}, time.Now().Add(time.Second))
		},
		"cut off": func(c *client) { c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, phx.Options{}, func(w *world) {
				c := w.dial("2.0.0")
				c.send(join1)
				c.send(`["1","2","room:1","block",{}]`)
				c.send(`["1","3","room:1","echo",{}]`)
				end(c)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				require.Equal(w.t, []string{"join room:1", "block room:1", "echo room:1", "disconnected room:1"}, w.room.take())
			})
		})
	}
}

func TestOnClose(t *testing.T) {
	var codes []phx.Code
	bubble(t, phx.Options{OnClose: func(_ *phx.Socket, code phx.Code) { codes = append(codes, code) }}, func(w *world) {
		c := w.dial("2.0.0")
		c.Close()
		synctest.Wait()
		require.Equal(w.t, []phx.Code{phx.Lost}, codes)
		w.dial("2.0.0").send("no json")
		synctest.Wait()
		require.Equal(w.t, []phx.Code{phx.Lost, phx.BadFrame}, codes)
	})
}

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
