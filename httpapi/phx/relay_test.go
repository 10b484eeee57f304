package phx_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// relayRoom is a room that relays the events whose names begin with fast.
type relayRoom struct{ *room }

func (r relayRoom) route(*phx.Socket, string) phx.Handler { return r }

func (r relayRoom) Relay(c *phx.Channel, event string, payload json.RawMessage) (reply any, taken bool, err error) {
	if !strings.HasPrefix(event, "fast") {
		return nil, false, nil
	}
	r.note(event + " at once")
	switch event {
	case "fast panic":
		panic("relay")
	case "fast refused":
		return nil, true, phx.Refuse("no")
	case "fast final":
		return nil, true, &phx.Refusal{Response: map[string]string{"reason": "never"}, Final: true}
	case "fast close":
		return phx.NoReply, true, c.Close(nil)
	}
	return phx.Delayed, true, c.Socket().Hub().BroadcastFrom(c, "relayed", payload)
}

// relaying runs a test with a hub whose handler relays, and two clients who have joined.
func relaying(t *testing.T, o phx.Options, test func(w *world, a, b *client)) {
	t.Helper()
	r := relayRoom{&room{}}
	o.Router = r.route
	bubble(t, o, func(w *world) {
		w.room = r.room
		a, b := w.dial("2.0.0"), w.dial("2.0.0")
		for _, c := range []*client{a, b} {
			c.send(`["1","1","room:1","phx_join",{}]`)
			c.take()
		}
		w.room.take()
		test(w, a, b)
	})
}

const delayedReply = `["1","2","room:1","phx_reply",{"status":"ok","response":{}}]`

func TestDelayedReply(t *testing.T) {
	t.Parallel()
	relaying(t, phx.Options{}, func(_ *world, a, b *client) {
		for range 3 { // the wheel has stopped in between, or has not
			a.send(`["1","2","room:1","fast",{"n":"x"}]`)
			require.Empty(t, a.take())
			require.Equal(t, []string{`[null,null,"room:1","relayed",{"n":"x"}]`}, b.take())
			time.Sleep(199 * time.Millisecond)
			require.Empty(t, a.take())
			time.Sleep(26 * time.Millisecond)
			require.Equal(t, []string{delayedReply}, a.take())
		}
	})
}

func TestDelayedReplyTravelsWithTheNextFrame(t *testing.T) {
	t.Parallel()
	relaying(t, phx.Options{}, func(_ *world, a, b *client) {
		a.send(`["1","2","room:1","fast",{}]`)
		require.Empty(t, a.take())
		time.Sleep(150 * time.Millisecond)
		b.send(`["1","2","room:1","fast",{}]`)
		require.Equal(t, []string{delayedReply, `[null,null,"room:1","relayed",{}]`}, a.take())
		time.Sleep(100 * time.Millisecond) // the wheel comes by and finds that it has gone
		a.send(`["1","3","room:1","fast",{}]`)
		require.Empty(t, a.take())
		time.Sleep(199 * time.Millisecond)
		require.Empty(t, a.take())
		time.Sleep(26 * time.Millisecond)
		require.Len(t, a.take(), 1)
	})
}

func TestNoReplyDelay(t *testing.T) {
	t.Parallel()
	relaying(t, phx.Options{ReplyDelay: -1}, func(_ *world, a, _ *client) {
		a.send(`["1","2","room:1","fast",{}]`)
		require.Equal(t, []string{delayedReply}, a.take())
		a.send(`["1",null,"room:1","fast",{}]`)
		require.Empty(t, a.take(), "there is nothing to refer to")
	})
}

// What the lane is busy with comes first, and what it may not take at once it takes in its turn.
func TestRelayKeepsTheOrder(t *testing.T) {
	t.Parallel()
	relaying(t, phx.Options{}, func(w *world, a, _ *client) {
		a.send(`["1","2","room:1","fast 1",{}]`)
		a.send(`["1","3","room:1","block",{}]`)
		a.send(`["1","4","room:1","fast 2",{}]`)
		a.send(`["1","5","room:1","echo",{"a":1}]`)
		a.send(`["1","6","room:1","phx_leave",{}]`)
		time.Sleep(6 * time.Second)
		require.Equal(t, []string{
			"fast 1 at once", "block room:1", "fast 2 room:1", "echo room:1", "left room:1",
		}, w.room.take())
	})
}

func TestRelayEndsTheChannel(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]struct{ frames, log []string }{
		"fast refused": {
			[]string{`["1","2","room:1","phx_reply",{"status":"error","response":{"reason":"no"}}]`}, nil,
		},
		"fast final": {[]string{
			`["1","2","room:1","phx_reply",{"status":"error","response":{"reason":"never"}}]`,
			`["1","1","room:1","phx_close",{}]`,
		}, []string{"closed room:1"}},
		"fast close": {[]string{`["1","1","room:1","phx_close",{}]`}, []string{"closed room:1"}},
		"fast panic": {
			[]string{`["1","1","room:1","phx_error",{"reason":"channel_crash"}]`}, []string{"crashed room:1"},
		},
	} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			relaying(t, phx.Options{}, func(w *world, a, _ *client) {
				a.send(`["1","2","room:1","` + event + `",{}]`)
				require.Equal(t, want.frames, a.take())
				require.Equal(t, append([]string{event + " at once"}, want.log...), w.room.take())
				a.send(`["9","9","room:1","phx_join",{}]`)
				require.Contains(t, strings.Join(a.take(), ""), `"ok"`)
			})
		})
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	read := func(object string) (members []string) {
		for name, value := range phx.Members(json.RawMessage(object)) {
			members = append(members, string(name)+"="+string(value))
		}
		return members
	}
	require.Empty(t, read(`{}`))
	require.Empty(t, read(` { } `))
	require.Equal(t, []string{`a=1`, `b="x"`, `b={"c":[]}`}, read(` { "a" : 1, "b":"x" ,"b":{"c":[]}}`))
	require.Equal(t, []string{`é"=null`}, read(`{"\u00e9\"":null}`))
	for range phx.Members(json.RawMessage(`{"a":1,"b":2}`)) {
		break
	}
	for _, bad := range []string{``, `[]`, `null`, `{"a"}`, `{"a":}`, `{1:2}`, `{"a":1`} { // which no handler is given
		require.LessOrEqual(t, len(read(bad)), 1)
	}
}
