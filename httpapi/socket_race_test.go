package httpapi_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// TestManyConnectionsOfOneParticipant: whoever of them comes last has the seat, and all others are told.
func TestManyConnectionsOfOneParticipant(t *testing.T) {
	onLine(t, func(l *line) {
		id, agent, customer := l.talk()
		token := customer.response["resume_token"].(string)
		phones := make([]*phone, 12)
		for i := range phones {
			phones[i] = l.phone(token)
		}
		for range 16 { // 192 joins in a minute, which may have 200
			for _, p := range phones {
				go p.send("", "call:"+id, "phx_join", map[string]any{})
			}
			synctest.Wait()
		}
		seated := 0
		for i, p := range phones {
			frames := p.take()
			assert.Zero(t, p.closed(), "phone %d", i)
			open := map[string]bool{}
			for _, f := range frames {
				switch f.event {
				case "phx_reply":
					require.Equal(t, "ok", f.payload["status"], "%v", f)
					open[f.ref] = true
				case "phx_close":
					delete(open, f.joinRef)
				}
			}
			seated += len(open)
		}
		assert.Equal(t, 1, seated)
		agent.take()
		c, err := l.v.Calls.Get(t.Context(), ana, id)
		require.NoError(t, err)
		assert.True(t, c.CustomerConn.Present)
		assert.Equal(t, call.Active, c.Status)
	})
}

// TestNothingIsMissed: a client that drops and comes back with the number it saw last ends with all that was done
// meanwhile, in rising numbers, whatever falls together.
func TestNothingIsMissed(t *testing.T) {
	onLine(t, func(l *line) {
		const tags = 60
		id, agent, _ := l.talk()
		seen, got := agent.response["seq"].(float64), 0
		look := func(frames []frame) {
			for _, f := range frames {
				if f.event != "call_updated" {
					continue
				}
				seq := f.payload["seq"].(float64)
				require.Greater(t, seq, seen)
				seen, got = seq, len(f.payload["call"].(map[string]any)["tags"].([]any))
			}
		}
		var ids []string
		for i := range tags {
			ids = append(ids, l.tag(fmt.Sprint("tag ", i)).ID)
		}
		var adding sync.WaitGroup
		adding.Go(func() {
			for _, tag := range ids {
				l.v.Tags.Add(t.Context(), ana, id, tag)
				time.Sleep(time.Millisecond)
			}
		})
		s := agent
		for got < tags {
			time.Sleep(2500 * time.Microsecond)
			look(s.take())
			s.cut()
			s.take()
			var ok bool
			s, ok = l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": seen})
			require.True(t, ok)
			look(s.after)
		}
		adding.Wait()
		assert.Equal(t, tags, got)
	})
}

// TestManyCallsDropAtOnce: each other side is told of its own call, and only of that.
func TestManyCallsDropAtOnce(t *testing.T) {
	onLine(t, func(l *line) {
		type pair struct {
			id              string
			agent, customer seat
		}
		pairs := make([]pair, 100)
		for i := range pairs {
			pairs[i].id, pairs[i].agent, pairs[i].customer = l.talk()
		}
		for _, p := range pairs {
			p.agent.take()
			p.customer.cut()
		}
		synctest.Wait()
		for _, p := range pairs {
			got := p.agent.take()
			require.Len(t, got, 2)
			assert.Equal(t, "peer_disconnected", got[0].event)
			assert.Equal(t, p.id, got[0].payload["call_id"])
		}
		time.Sleep(time.Minute)
		for _, p := range pairs {
			assert.Equal(t, []string{"call_updated", "call_ended", "phx_close"}, p.agent.heard())
		}
	}, withOptions(func(o *httpapi.Options) { o.SocketsPerUser = 100 }))
}
