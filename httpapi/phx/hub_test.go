package phx_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// Whatever the number of broadcasters, all subscribers see one order, and each broadcaster's own is kept in it.
func TestBroadcastsHaveOneOrder(t *testing.T) {
	const broadcasters, each = 8, 200
	bubble(t, phx.Options{}, func(w *world) {
		var clients []*client
		for range 5 {
			c := w.dial("2.0.0")
			c.send(join1)
			c.take()
			clients = append(clients, c)
		}
		var all sync.WaitGroup
		for b := range broadcasters {
			all.Go(func() {
				for i := range each {
					w.hub.Broadcast("room:1", "n", map[string]int{"b": b, "i": i})
				}
			})
		}
		all.Wait()
		first := clients[0].take()
		require.Len(w.t, first, broadcasters*each)
		for _, c := range clients[1:] {
			require.Equal(w.t, first, c.take())
		}
		next := [broadcasters]int{}
		for _, frame := range first {
			n := payloadOf(w.t, frame)
			require.Equal(w.t, next[n["b"]], n["i"])
			next[n["b"]]++
		}
	})
}

func payloadOf(t require.TestingT, frame string) map[string]int {
	var message [5]json.RawMessage
	var payload struct {
		Response map[string]int
	}
	require.NoError(t, json.Unmarshal([]byte(frame), &message))
	require.NoError(t, json.Unmarshal(message[4], &payload))
	if payload.Response != nil {
		return payload.Response
	}
	var plain map[string]int
	require.NoError(t, json.Unmarshal(message[4], &plain))
	return plain
}

// counter is a handler whose state is a number that is broadcast as it rises.
type counter struct{ n atomic.Int64 }

func (h *counter) Join(context.Context, *phx.Channel, json.RawMessage) (any, error) {
	return map[string]int64{"n": h.n.Load()}, nil
}

func (h *counter) Push(context.Context, *phx.Channel, string, json.RawMessage) (any, error) {
	return phx.NoReply, nil
}

func (h *counter) Left(context.Context, *phx.Channel, phx.Reason) {}

// Whoever joins gets a state and every change after it.
func TestJoinLeavesNoGap(t *testing.T) {
	h := &counter{}
	bubble(t, phx.Options{Router: func(*phx.Socket, string) phx.Handler { return h }}, func(w *world) {
		var clients []*client
		for range 20 {
			clients = append(clients, w.dial("2.0.0"))
		}
		var all sync.WaitGroup
		all.Go(func() {
			for range 2000 {
				w.hub.Broadcast("t", "n", map[string]int64{"n": h.n.Add(1)})
			}
		})
		for _, c := range clients {
			all.Go(func() { c.send(`["1","1","t","phx_join",{}]`) })
		}
		all.Wait()
		for _, c := range clients {
			got := c.take()
			require.NotEmpty(w.t, got)
			require.Contains(w.t, got[0], "phx_reply")
			state, last := payloadOf(w.t, got[0])["n"], -1
			for _, frame := range got[1:] {
				n := payloadOf(w.t, frame)["n"]
				if last < 0 {
					require.LessOrEqual(w.t, n, state+1)
				} else {
					require.Equal(w.t, last+1, n)
				}
				last = n
			}
			require.Equal(w.t, 2000, max(state, last))
		}
	})
}

func TestBroadcastReachesWhomItShould(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		a, b, old, other := w.dial("2.0.0"), w.dial("2.0.0"), w.dial("1.0.0"), w.dial("2.0.0")
		a.send(join1)
		b.send(join1)
		old.send(`{"topic":"room:1","event":"phx_join","payload":{},"ref":"1"}`)
		other.send(`["1","1","room:2","phx_join",{}]`)
		for _, c := range []*client{a, b, old, other} {
			require.Len(w.t, c.take(), 1)
		}
		a.send(`["1","2","room:1","relay",{"a":1}]`)
		require.Empty(w.t, a.take())
		require.Equal(w.t, []string{`[null,null,"room:1","relayed",{"a":1}]`}, b.take())
		require.Equal(w.t, []string{`{"topic":"room:1","event":"relayed","payload":{"a":1},"ref":null}`}, old.take())
		require.Empty(w.t, other.take())

		first := w.hub.Channels("room:1")[0]
		first.SetValue("chosen")
		require.NoError(w.t, w.hub.BroadcastTo("room:1", "n", nil, func(c *phx.Channel) bool { return c.Value() == "chosen" }))
		require.Len(w.t, append(append(a.take(), b.take()...), old.take()...), 1)

		require.Error(w.t, w.hub.Broadcast("room:1", "n", func() {}))
		require.Error(w.t, first.Push("n", func() {}))
		require.NoError(w.t, w.hub.Broadcast("room:404", "n", nil))

		require.NoError(w.t, w.hub.CloseTopic("room:1", json.RawMessage(`{"reason":"over"}`)))
		require.NoError(w.t, w.hub.Broadcast("room:1", "late", nil))
		require.NoError(w.t, first.Push("late", nil))
		require.Equal(w.t, []string{`["1","1","room:1","phx_close",{"reason":"over"}]`}, a.take())
		require.Equal(w.t, []string{`["1","1","room:1","phx_close",{"reason":"over"}]`}, b.take())
		require.Equal(w.t, []string{`{"topic":"room:1","event":"phx_close","payload":{"reason":"over"},"ref":"1"}`}, old.take())
		require.Empty(w.t, other.take())
		require.Empty(w.t, w.hub.Channels("room:1"))
		require.Equal(w.t, 4, w.hub.Sockets())
	})
}

// busy is a client in room:1 with whose push the handler is busy for 5 s.
func (w *world) busy() *client {
	c := w.dial("2.0.0")
	c.send(join1)
	c.take()
	c.send(`["1","2","room:1","block",{}]`)
	synctest.Wait()
	return c
}

// A channel that is closed while its handler is busy answers what it was asked before, and says nothing else. One that
// the client is leaving hears what there is to hear until then.
func TestCloseFollowsTheReplies(t *testing.T) {
	reply := func(ref string) string {
		return `["1","` + ref + `","room:1","phx_reply",{"status":"ok","response":{}}]`
	}
	const (
		over  = `["1","1","room:1","phx_close",{"reason":"over"}]`
		again = `["9","9","room:1","phx_reply",{"status":"ok","response":{}}]`
		late  = `[null,"4","room:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]`
	)
	for second, want := range map[string][]string{
		"echo":      {late, reply("2"), reply("3"), over, again},
		"panic":     {late, reply("2"), over, again},
		"close":     {late, reply("2"), reply("3"), over, again},
		"final":     {late, reply("2"), `["1","3","room:1","phx_reply",{"status":"error","response":{}}]`, over, again},
		"phx_leave": {`[null,null,"room:1","late",{}]`, reply("2"), reply("3"), `["1","1","room:1","phx_close",{}]`, again},
	} {
		t.Run(second, func(t *testing.T) {
			bubble(t, phx.Options{}, func(w *world) {
				c := w.busy()
				c.send(`["1","3","room:1","` + second + `",{}]`)
				synctest.Wait()
				require.NoError(w.t, w.hub.CloseTopic("room:1", json.RawMessage(`{"reason":"over"}`)))
				require.NoError(w.t, w.hub.Broadcast("room:1", "late", nil))
				if second != "phx_leave" {
					c.send(`["1","4","room:1","echo",{}]`)
				}
				c.send(`["9","9","room:1","phx_join",{}]`)
				time.Sleep(6 * time.Second)
				require.Equal(w.t, want, c.take())
				require.Len(w.t, w.hub.Channels("room:1"), 1)
			})
		})
	}
}

// What becomes of a channel that waits for its handler to be closed, when something else happens meanwhile.
func TestParting(t *testing.T) {
	const (
		over  = `["1","1","room:1","phx_close",{"reason":"over"}]`
		reply = `["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`
		left  = `["1","3","room:1","phx_reply",{"status":"ok","response":{}}]`
		gone  = `["1","4","room:1","phx_reply",{"status":"ok","response":{}}]`
		again = `["9","9","room:1","phx_reply",{"status":"ok","response":{}}]`
	)
	for name, test := range map[string]struct {
		meanwhile func(w *world, c *client, ch *phx.Channel)
		want      []string
		code      int
	}{
		"the socket ends": {func(_ *world, _ *client, ch *phx.Channel) { ch.Socket().Close(4001) }, []string{over}, 4001},
		"the hub drains": {func(w *world, _ *client, _ *phx.Channel) {
			require.NoError(w.t, w.hub.Drain(context.Background()))
		}, []string{over}, 1012},
		"the client leaves": {func(_ *world, c *client, _ *phx.Channel) {
			c.send(`["1","3","room:1","phx_leave",{}]`)
		}, []string{reply, over, left}, 0},
		"the client leaves twice and joins": {func(_ *world, c *client, _ *phx.Channel) {
			c.send(`["1","3","room:1","phx_leave",{}]`)
			c.send(`["1","4","room:1","phx_leave",{}]`)
			c.send(`["9","9","room:1","phx_join",{}]`)
		}, []string{gone, reply, over, left, again}, 0},
		"the client joins and leaves the old one": {func(_ *world, c *client, _ *phx.Channel) {
			c.send(`["9","9","room:1","phx_join",{}]`)
			c.send(`["1","3","room:1","phx_leave",{}]`)
		}, []string{reply, over, again}, 0},
		"it is closed again": {func(w *world, _ *client, ch *phx.Channel) {
			require.NoError(w.t, ch.Close(nil))
			require.NoError(w.t, ch.Push("late", nil))
		}, []string{reply, over}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, phx.Options{}, func(w *world) {
				c := w.busy()
				ch := w.hub.Channels("room:1")[0]
				require.NoError(w.t, ch.Close(json.RawMessage(`{"reason":"over"}`)))
				test.meanwhile(w, c, ch)
				time.Sleep(6 * time.Second)
				require.Equal(w.t, test.want, c.take())
				if test.code != 0 {
					require.Equal(w.t, test.code, c.closed())
				}
				require.Contains(w.t, w.room.take(), "closed room:1")
			})
		})
	}
}

// A socket that ends with no room for the phx_close of such a channel ends as that of a slow reader, once.
func TestPartingWithoutRoom(t *testing.T) {
	var codes []phx.Code
	o := phx.Options{QueueMessages: 3, OnClose: func(_ *phx.Socket, code phx.Code) { codes = append(codes, code) }}
	bubble(t, o, func(w *world) {
		c := w.dial("2.0.0", true)
		c.send(join1)
		synctest.Wait()
		c.send(`["1","2","room:1","block",{}]`)
		synctest.Wait()
		ch := w.hub.Channels("room:1")[0]
		require.NoError(w.t, ch.Push("one", nil)) // behind the reply to the join, which nobody takes
		require.NoError(w.t, ch.Push("two", nil))
		require.NoError(w.t, ch.Close(nil))
		ch.Socket().Close(4001)
		time.Sleep(time.Minute)
		require.Equal(w.t, []string{"join room:1", "block room:1", "closed room:1"}, w.room.take())
	})
	require.Equal(t, []phx.Code{phx.SlowReader}, codes)
}

func TestCloseTopicWhileJoining(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(`["1","1","room:1","phx_join",{"block":1}]`)
		synctest.Wait()
		require.NoError(w.t, w.hub.Broadcast("room:1", "before", nil))
		require.NoError(w.t, w.hub.CloseTopic("room:1", nil))
		require.NoError(w.t, w.hub.Broadcast("room:1", "late", nil))
		time.Sleep(2 * time.Second)
		require.Equal(w.t, []string{
			`["1","1","room:1","phx_reply",{"status":"ok","response":{}}]`,
			`[null,null,"room:1","before",{}]`,
			`["1","1","room:1","phx_close",{}]`,
		}, c.take())
	})
}

// A refused join hears nothing of what was broadcast while the handler made up its mind.
func TestRefusedJoinHearsNothing(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		c := w.dial("2.0.0")
		c.send(`["1","1","room:1","phx_join",{"refuse":"no","block":1}]`)
		synctest.Wait()
		for i := range 10 {
			require.NoError(w.t, w.hub.Broadcast("room:1", strconv.Itoa(i), nil))
		}
		require.Empty(w.t, c.take())
		w.hub.Drain(context.Background())
		require.False(w.t, strings.Contains(strings.Join(c.take(), ""), "[null"))
	})
}

func TestChannelKnowsWhereItIs(t *testing.T) {
	bubble(t, phx.Options{}, func(w *world) {
		w.dial("2.0.0&user=ana").send(join1)
		synctest.Wait()
		c := w.hub.Channels("room:1")[0]
		require.Equal(w.t, "room:1", c.Topic())
		require.Equal(w.t, "ana", c.Socket().User())
		require.NotZero(w.t, c.ID())
		require.NotZero(w.t, c.Socket().ID())
		require.Nil(w.t, c.Value())
	})
}
