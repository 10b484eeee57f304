package httpapi_test

import (
	"context"
	"errors"
	"math/rand/v2"
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

// writes is a store whose writes can be slow, or fail.
type writes struct {
	storage.Store
	slow, broken atomic.Bool
}

func (s *writes) Exclusive() {}

func (s *writes) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if s.slow.Load() {
		time.Sleep(time.Second)
	}
	if s.broken.Load() {
		return errors.New("no space left")
	}
	return s.Store.Update(ctx, fn)
}

func (s *writes) under(_ *company, v *voki.Options, _ *httpapi.Options) {
	s.Store, v.Store = v.Store, s
}

// since returns the kinds of a call's events behind its start.
func (l *line) since(id string) (kinds []call.Kind) {
	l.t.Helper()
	events, err := l.v.Calls.Timeline(context.Background(), ana, id)
	require.NoError(l.t, err)
	started := false
	for _, e := range events {
		if started {
			kinds = append(kinds, e.Kind)
		}
		started = started || e.Kind == call.KindStarted
	}
	return kinds
}

// TestJoinAgainOnTheSameSocket is a takeover, as by another socket: nobody is lost.
func TestJoinAgainOnTheSameSocket(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		ref := customer.send("", customer.topic, "phx_join", map[string]any{})
		got := customer.take()
		require.Len(t, got, 2)
		assert.Equal(t, []string{"phx_close", customer.joinRef}, []string{got[0].event, got[0].joinRef})
		assert.Equal(t, []string{"phx_reply", ref}, []string{got[1].event, got[1].joinRef})
		assert.Equal(t, "ok", got[1].payload["status"])
		again := texts(agent.take())

		l.phone(customer.response["resume_token"].(string)).joined(customer.topic)
		assert.Equal(t, texts(agent.take()), again, "another socket shows the same")
		assert.Equal(t, []string{`participant_joined {"call_id":"` + id + `","participant":"customer"}`}, again)
		assert.Equal(t, []call.Kind{call.KindJoined, call.KindJoined}, l.since(id))
		assert.Equal(t, []string{`phx_close {"reason":"taken_over"}`}, texts(customer.take()))
	})
}

// TestRefusedToJoinAgain: who gives up his channel for one that he does not get is lost.
func TestRefusedToJoinAgain(t *testing.T) {
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		customer.send("", customer.topic, "phx_join", map[string]any{"seq": "x"})
		got := customer.take()
		require.Len(t, got, 2)
		assert.Equal(t, "phx_close", got[0].event)
		assert.Equal(t, "error", got[1].payload["status"])
		assert.Equal(t, []string{"peer_disconnected", "call_updated"}, agent.heard())
		customer.joined("call:" + id)
		assert.Equal(t, []string{"peer_reconnected", "call_updated"}, agent.heard())
		assert.Equal(t, []call.Kind{call.KindDisconnected, call.KindReconnected}, l.since(id))
	})
}

// TestSocketDiesWhileItJoinsAgain: the loss is that of the newer join, whichever of the two the store has seen.
func TestSocketDiesWhileItJoinsAgain(t *testing.T) {
	store := &writes{}
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		store.slow.Store(true)
		customer.send("", customer.topic, "phx_join", map[string]any{})
		synctest.Wait() // the store has it in hand
		customer.cut()
		time.Sleep(5 * time.Second)
		store.slow.Store(false)
		assert.Equal(t, []string{"participant_joined", "peer_disconnected", "call_updated"}, agent.heard())
		assert.Equal(t, []call.Kind{call.KindJoined, call.KindDisconnected}, l.since(id))
		time.Sleep(time.Minute)
		assert.Contains(t, agent.heard(), "call_ended")
	}, store.under)
}

// TestStoreFailsWhileSomebodyJoinsAgain: his loss is recorded when the store takes it.
func TestStoreFailsWhileSomebodyJoinsAgain(t *testing.T) {
	store := &writes{}
	onEachStore(t, func(l *line) {
		id, agent, customer := l.talk()
		store.broken.Store(true)
		customer.send("", customer.topic, "phx_join", map[string]any{})
		got := customer.take()
		require.Len(t, got, 2)
		assert.Equal(t, "internal error", got[1].payload["response"].(map[string]any)["reason"])
		assert.Empty(t, agent.take())
		store.broken.Store(false)
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"peer_disconnected", "call_updated"}, agent.heard())
		assert.Equal(t, []call.Kind{call.KindDisconnected}, l.since(id))
	}, store.under)
}

// TestAnyOrderOfJoinsAndEnds: whatever a participant's sockets do, and however slow the store is, in the end he is
// present if a channel of his is open, and otherwise lost, so that the call ends.
func TestAnyOrderOfJoinsAndEnds(t *testing.T) {
	for seed := range uint64(60) {
		store := &writes{}
		onLine(t, func(l *line) {
			id, agent, customer := l.talk()
			random := rand.New(rand.NewPCG(seed, 0))
			token := customer.response["resume_token"].(string)
			phones := []*phone{customer.phone, l.phone(token)}
			refs := map[*phone]string{customer.phone: customer.joinRef}
			open := map[*phone]string{customer.phone: customer.joinRef}
			look := func() {
				for _, p := range phones {
					for _, f := range p.take() {
						switch {
						case f.event == "phx_reply" && f.ref == f.joinRef && f.payload["status"] == "ok":
							open[p] = f.joinRef
						case f.event == "phx_close" && open[p] == f.joinRef:
							delete(open, p)
						}
					}
				}
			}
			for range 15 {
				i := random.IntN(len(phones))
				p := phones[i]
				switch random.IntN(8) {
				case 0, 1, 2:
					refs[p] = p.send("", "call:"+id, "phx_join", map[string]any{})
				case 3:
					p.send("", "call:"+id, "phx_join", map[string]any{"seq": "x"})
				case 4:
					p.raw(`["` + refs[p] + `","leave","call:` + id + `","phx_leave",{}]`)
				case 5:
					p.cut()
					look()
					delete(open, p)
					phones[i] = l.phone(token)
				case 6:
					store.slow.Store(!store.slow.Load())
				case 7:
					time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
				}
			}
			time.Sleep(20 * time.Second)
			store.slow.Store(false)
			look()
			agent.take()
			c, err := l.v.Calls.Get(t.Context(), ana, id)
			require.NoError(t, err)
			require.LessOrEqual(t, len(open), 1, "seed %d", seed)
			require.Equal(t, len(open) == 1, c.CustomerConn.Present, "seed %d", seed)
			time.Sleep(time.Minute)
			if len(open) == 1 {
				require.Empty(t, agent.take(), "seed %d", seed)
			} else {
				require.Contains(t, agent.heard(), "call_ended", "seed %d", seed)
			}
		}, store.under)
	}
}
