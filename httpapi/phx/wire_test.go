package phx_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

func TestWire(t *testing.T) {
	for _, test := range scripts {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, phx.Options{InboxMessages: 100}, func(w *world) {
				c := w.dial(test.vsn)
				var want, calls []string
				check := func() {
					got := c.take()
					require.Equal(w.t, want, got)
					want = nil
				}
				said := false
				for line := range strings.Lines(test.script) {
					mark, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
					switch mark {
					case ">":
						if len(want) > 0 {
							check()
						}
						c.send(rest)
						said = true
					case "<":
						want = append(want, rest)
					case "!":
						calls = append(calls, rest)
					case "wait":
						check()
						pause, err := time.ParseDuration(rest)
						require.NoError(w.t, err)
						time.Sleep(pause)
					case "code":
						check()
						require.Equal(w.t, rest, codeText(c.closed()))
					}
				}
				require.True(w.t, said)
				check()
				if calls != nil {
					require.Equal(w.t, calls, w.room.take())
				}
			})
		})
	}
}

func TestChannelsHaveALimit(t *testing.T) {
	bubble(t, phx.Options{MaxChannels: 2, JoinRate: -1}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(`["1","1","room:1","phx_join",{}]`)
		c.send(`["2","2","room:2","phx_join",{}]`)
		c.send(`["3","3","room:3","phx_join",{}]`)
		require.Contains(t, c.take(), `["3","3","room:3","phx_reply",{"status":"error","response":{"reason":"too many channels joined"}}]`)

		c.send(`["4","4","room:2","phx_join",{}]`) // takes the place of the old one
		require.Contains(t, c.take(), `["4","4","room:2","phx_reply",{"status":"ok","response":{}}]`)

		c.send(`["1","5","room:1","phx_leave",{}]`)
		c.send(`["6","6","room:3","phx_join",{}]`)
		require.Contains(t, c.take(), `["6","6","room:3","phx_reply",{"status":"ok","response":{}}]`)

		c.send(`["7","7","room:4","phx_join",{}]`)
		require.Contains(t, c.take(), `["7","7","room:4","phx_reply",{"status":"error","response":{"reason":"too many channels joined"}}]`)
	})
}

func TestBinary(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c, old := w.dial("2.0.0"), w.dial("1.0.0")
		c.send(`["1","1","room:1","phx_join",{}]`)
		old.send(`{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}`)
		c.take()
		old.take()
		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("\x00\x01\x02\x06\x03"+"1"+"23"+"room:1"+"raw"+"\x00\xff")))
		require.Equal(t, []string{
			"\x02\x06\x03" + "room:1" + "raw" + "\x00\xff",
			"\x01\x01\x02\x06\x02" + "1" + "23" + "room:1" + "ok" + "\x00\xff",
		}, c.take())
		require.Empty(t, old.take(), "serializer 1.0.0 has no binary form")

		c.send(`["1","4","room:1","bytes",{}]`)
		require.Equal(t, []string{
			"\x00\x01\x06\x05" + "1" + "room:1" + "bytes" + "\xff",
			"\x01\x01\x01\x06\x02" + "1" + "4" + "room:1" + "ok" + "\x00\x01",
		}, c.take())

		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("\x00\x01\x01\x06\x08"+"2"+"2"+"room:2"+"phx_join"+"\xff")))
		require.Equal(t, []string{`["2","2","room:2","phx_reply",{"status":"error","response":{"reason":"payload must be an object"}}]`}, c.take())

		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("\x00\xff\xff\xff\xff")))
		require.NoError(t, old.WriteMessage(websocket.BinaryMessage, []byte("\x00\x00\x00\x00\x00")))
		require.Equal(t, 4400, c.closed())
		require.Equal(t, 4400, old.closed())
	})
}

func TestParseVersion(t *testing.T) {
	for vsn, want := range map[string]phx.Version{"": phx.V1, "1.0.0": phx.V1, "2.0.0": phx.V2} {
		got, err := phx.ParseVersion(vsn)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, vsn := range []string{"3.0.0", "2", "abc"} {
		_, err := phx.ParseVersion(vsn)
		require.ErrorIs(t, err, phx.ErrVersion)
	}
}
