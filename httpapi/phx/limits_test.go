package phx_test

import (
	"context"
	"fmt"
	"net/http/httptest"
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

func TestByteRate(t *testing.T) {
	big := `["1","2","room:1","echo",{"a":"` + strings.Repeat("a", 128<<10) + `"}]`
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(join1)
		for range 15 {
			c.send(big)
			c.take()
		}
		for range 60 { // 1 MiB a second, nearly
			time.Sleep(130 * time.Millisecond)
			c.send(big)
			require.Len(w.t, c.take(), 1)
		}
		for range 5 {
			c.send(big)
			c.take()
		}
		require.Equal(w.t, 4429, c.closed())
	})
	bubble(t, phx.Options{ByteRate: -1}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(join1)
		for range 100 {
			c.send(big)
			c.take()
		}
		require.Zero(w.t, c.closed())
	})
}

// A client that comes back joins as many topics as it may have. One that joins on and on is refused, and stays.
func TestJoinRate(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		for i := range 100 {
			c.send(fmt.Sprintf(`["%d","%d","room:%d","phx_join",{}]`, i, i, i))
		}
		require.NotContains(w.t, strings.Join(c.take(), ""), "error")
		c.send(`["101","101","room:1","phx_join",{}]`)
		require.Equal(w.t, []string{`["101","101","room:1","phx_reply",{"status":"error","response":{"reason":"too many joins"}}]`}, c.take())
		c.send(`["1","102","room:1","echo",{}]`)
		require.Equal(w.t, []string{`["1","102","room:1","phx_reply",{"status":"ok","response":{}}]`}, c.take(), "the channel before is as it was")
		for range 10 {
			time.Sleep(time.Second / 2)
			c.send(`["103","103","room:1","phx_join",{}]`)
			require.Contains(w.t, c.take(), `["103","103","room:1","phx_reply",{"status":"ok","response":{}}]`)
		}
		for range 150 {
			c.send(`["104","104","room:1","phx_join",{}]`)
		}
		require.Len(w.t, w.room.take(), 100+1+2*10)
		require.Zero(w.t, c.closed())
	})
}

// What a frame announces is enough, and so is what a small one inflates to.
func TestTooBig(t *testing.T) {
	var codes []phx.Code
	bubble(t, phx.Options{OnClose: func(_ *phx.Socket, code phx.Code) { codes = append(codes, code) }}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(join1)
		require.Len(w.t, c.take(), 1)
		_, err := c.pipe.Write([]byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0})
		require.NoError(w.t, err)
		time.Sleep(time.Second) // in which the client tries to answer
		require.Equal(w.t, 1009, c.closed(), "before any of it has come")
		require.Equal(w.t, []string{"join room:1", "disconnected room:1"}, w.room.take())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Zero(w.t, w.hub.Sockets())
		require.Equal(w.t, []phx.Code{phx.TooBig}, codes)

		fragments := w.dial("2.0.0")
		_, err = fragments.pipe.Write([]byte{0x01, 0x80, 0, 0, 0, 0, 0x00, 0x80 | 127, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0})
		require.NoError(w.t, err)
		time.Sleep(time.Second)
		require.Equal(w.t, 1009, fragments.closed())

		inflating := w.dial("2.0.0")
		inflating.EnableWriteCompression(true)
		inflating.send(`["1","2","room:1","echo",{"a":"` + strings.Repeat("a", 10<<20) + `"}]`)
		require.Equal(w.t, 1009, inflating.closed())
	})
}

// Over TCP the connection is reset over what the server has not read, but not before the client could see why.
func TestTooBigOverTCP(t *testing.T) {
	hub := phx.New(phx.Options{
		Router: (&room{}).route, ReadLimitError: websocket.ErrReadLimit, CloseTimeout: 300 * time.Millisecond,
	})
	server := httptest.NewServer(upgrade(hub))
	defer server.Close()
	defer func() { require.NoError(t, hub.Drain(context.Background())) }()
	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/?vsn=2.0.0", nil)
	require.NoError(t, err)
	defer c.Close()
	_ = c.WriteMessage(websocket.TextMessage, make([]byte, 1<<20))
	_, _, err = c.ReadMessage()
	require.True(t, websocket.IsCloseError(err, 1009), "%v", err)
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
