package phx_test

import (
	"encoding/hex"
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

// A message that takes nearly a minute to come in is not silence.
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
			time.Sleep(2 * time.Second)
			_, err := c.pipe.Write([]byte{frame[i]})
			require.NoError(w.t, err)
		}
		require.Equal(w.t, []string{`["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`}, c.take())
	})
}

// A message that never ends is silence in the end, whatever it is made of.
func TestEndlessMessages(t *testing.T) {
	for name, test := range map[string]struct {
		head, more string // in hexadecimal
		after      time.Duration
	}{
		"a byte a second":                {"81fe f000 00000000", "20", 74 * time.Second},
		"fragments of a byte":            {"0180 00000000", "0081 00000000 20", 74 * time.Second},
		"fragments of nothing":           {"0180 00000000", "0080 00000000", 15 * time.Second},
		"bytes of the header of a frame": {"81", "", 15 * time.Second},
		"a ping that does not come":      {"89fd 00000000", "20", 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, phx.Options{}, func(w *world) {
				c := w.dial("2.0.0")
				c.mute.Store(true)
				start := time.Now()
				for piece := test.head; c.closed() == 0; piece = test.more {
					b, err := hex.DecodeString(strings.ReplaceAll(piece, " ", ""))
					require.NoError(w.t, err)
					_, _ = c.pipe.Write(b) // fails when it is closed
					time.Sleep(time.Second)
				}
				require.Equal(w.t, 4408, c.closed())
				require.Equal(w.t, test.after, c.gone.Sub(start))
			})
		})
	}
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
