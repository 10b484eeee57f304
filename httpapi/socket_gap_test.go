package httpapi_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage"
)

// slowReads is a store whose reads take a second, from some moment on.
type slowReads struct {
	storage.Store
	slow atomic.Bool
}

func (s *slowReads) View(ctx context.Context, fn func(storage.Tx) error) error {
	if s.slow.Load() {
		time.Sleep(time.Second)
	}
	return s.Store.View(ctx, fn)
}

// TestTakenOverBetweenJoinAndSnapshot: the older connection reads its snapshot when the newer one has joined already,
// and so is told of it by no event.
func TestTakenOverBetweenJoinAndSnapshot(t *testing.T) {
	store := &slowReads{}
	onLine(t, func(l *line) {
		id, agent, customer := l.talk()
		token := customer.response["resume_token"].(string)
		older, newer := l.phone(token), l.phone(token)
		store.slow.Store(true)
		first := older.send("", "call:"+id, "phx_join", map[string]any{})
		synctest.Wait() // it has joined, and reads
		second := newer.send("", "call:"+id, "phx_join", map[string]any{})
		time.Sleep(20 * time.Second)
		store.slow.Store(false)
		time.Sleep(20 * time.Second)

		got := older.take()
		assert.Equal(t, first, got[0].ref)
		assert.Equal(t, "taken_over", last(got, "phx_close").payload["reason"])
		got = newer.take()
		assert.Equal(t, second, got[0].ref)
		assert.Empty(t, last(got, "phx_close").event)
		agent.take()
	}, func(_ *company, v *voki.Options, _ *httpapi.Options) {
		store.Store = v.Store
		v.Store = store
	})
}

// TestTooMuchMissed: whoever comes and goes without end cannot keep the other side out, which would be told more than the
// queue of a socket holds.
func TestTooMuchMissed(t *testing.T) {
	onLine(t, func(l *line) {
		id, agent, customer := l.talk()
		seq := agent.response["seq"].(float64)
		agent.cut()
		const times = 5000
		for range times {
			_, err := l.v.Presence.Join(l.t.Context(), ana.Tenant, id, call.SideCustomer)
			require.NoError(l.t, err)
		}
		customer.take()

		back, ok := l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": seq})
		require.True(l.t, ok, "%v", back.response)
		assert.Zero(l.t, back.closed())
		skipped := back.response["skipped"].(float64)
		assert.GreaterOrEqual(l.t, skipped, float64(times-call.MaxMissed))
		assert.LessOrEqual(l.t, len(back.after), call.MaxMissed+1)
		updated := back.after[len(back.after)-1]
		assert.Equal(l.t, "call_updated", updated.event)
		assert.Equal(l.t, back.response["seq"], updated.payload["seq"])

		back.cut()
		again, ok := l.phone(l.token(ana)).join("call:"+id, map[string]any{"seq": back.response["seq"]})
		require.True(l.t, ok, "%v", again.response)
		assert.NotContains(l.t, again.response, "skipped")
	})
}

// TestJoinsOfAParticipant: a new socket is no way around the rate of joins.
func TestJoinsOfAParticipant(t *testing.T) {
	onLine(t, func(l *line) {
		id, token := l.enter()
		good, reason := 0, any(nil)
		for range 5 {
			p := l.phone(token)
			for range 60 {
				p.send("", "call:"+id, "phx_join", map[string]any{})
				for _, f := range p.take() {
					response, _ := f.payload["response"].(map[string]any)
					switch {
					case f.event != "phx_reply":
					case f.payload["status"] == "ok":
						good++
					default:
						reason = response["reason"]
					}
				}
			}
			p.cut()
		}
		assert.Equal(l.t, 200, good)
		assert.Equal(l.t, "too many joins", reason)
		l.phone(l.token(ana)).joined("call:" + id)
		time.Sleep(time.Minute)
		l.phone(token).joined("call:" + id)
	})
}
