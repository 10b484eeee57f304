package phx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// witness is a room that checks the contract of [phx.Handler]: for every channel Join, then Push, then one Left if it
// was let in, and never two calls at once.
type witness struct {
	room
	mu     sync.Mutex
	life   map[uint64]string // "joining", "in", "refused", "left"
	inside map[uint64]bool
	wrong  []string
}

func (h *witness) enter(c *phx.Channel, call string, from ...string) func(to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	state, legal := h.life[c.ID()], false
	for _, s := range from {
		legal = legal || s == state
	}
	if !legal || h.inside[c.ID()] {
		h.wrong = append(h.wrong, fmt.Sprintf("%s of %d in state %q, inside: %v", call, c.ID(), state, h.inside[c.ID()]))
	}
	h.inside[c.ID()] = true
	return func(to string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.life[c.ID()], h.inside[c.ID()] = to, false
	}
}

func (h *witness) Join(ctx context.Context, c *phx.Channel, payload json.RawMessage) (reply any, err error) {
	done, to := h.enter(c, "join", ""), "refused"
	defer func() { done(to) }()
	if reply, err = h.room.Join(ctx, c, payload); err == nil {
		to = "in"
	}
	return reply, err
}

func (h *witness) Push(ctx context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	defer h.enter(c, "push "+event, "in")("in")
	return h.room.Push(ctx, c, event, payload)
}

func (h *witness) Left(ctx context.Context, c *phx.Channel, reason phx.Reason) {
	defer h.enter(c, "left "+reason.String(), "in")("left")
	h.room.Left(ctx, c, reason)
}

// Random lives of sockets: joins, pushes, leaves, ends of every kind and blocking handlers, in any order. Nothing breaks
// the handler's contract, no channel stays behind, and nothing is sent with a join_ref after its end.
func TestLives(t *testing.T) {
	joins := []string{`{}`, `{}`, `{"refuse":"no"}`, `{"final":"over"}`, `{"block":3}`, `{"do":"close"}`, `{"do":"close","block":2}`, `{"do":"panic"}`, `{"do":"push"}`, `{"do":"unmarshallable"}`}
	events := []string{"echo", "shout", "relay", "tell", "block", "close", "close_topic", "hang_up", "refuse", "final", "fail", "panic"}
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for seed := range rounds {
		h := &witness{life: map[uint64]string{}, inside: map[uint64]bool{}}
		bubble(t, phx.Options{Rate: -1, Router: func(*phx.Socket, string) phx.Handler { return h }}, func(w *world) {
			random := rand.New(rand.NewSource(int64(seed)))
			pick := func(from []string) string { return from[random.Intn(len(from))] }
			clients := []*client{w.dial("2.0.0"), w.dial("2.0.0"), w.dial("2.0.0")}
			refs, leaves, ref := map[string]string{}, map[string]bool{}, 0
			for range 60 {
				i := random.Intn(len(clients))
				c, topic := clients[i], fmt.Sprint("room:", random.Intn(2))
				at := fmt.Sprint(i, topic)
				ref++
				switch n := random.Intn(20); {
				case n < 5:
					refs[at] = strconv.Itoa(ref)
					c.send(fmt.Sprintf(`["%d","%d",%q,"phx_join",%s]`, ref, ref, topic, pick(joins)))
				case n < 14:
					c.send(fmt.Sprintf(`["%s","%d",%q,%q,{}]`, refs[at], ref, topic, pick(events)))
				case n < 16:
					leaves[strconv.Itoa(ref)] = true
					c.send(fmt.Sprintf(`["%s","%d",%q,"phx_leave",{}]`, refs[at], ref, topic))
				case n < 18:
					time.Sleep(time.Duration(random.Intn(4000)) * time.Millisecond)
				case n == 18:
					w.hub.Broadcast(topic, "n", nil)
				case random.Intn(4) == 0:
					c.Close()
				}
			}
			require.NoError(w.t, w.hub.Drain(context.Background()))
			require.Empty(w.t, h.wrong, "seed %d", seed)
			for id, state := range h.life {
				require.Contains(w.t, []string{"left", "refused"}, state, "channel %d, seed %d", id, seed)
			}
			require.Empty(w.t, w.hub.Channels("room:0"))
			require.Empty(w.t, w.hub.Channels("room:1"))
			for _, c := range clients {
				over := map[string]bool{}
				for _, frame := range c.take() {
					var m [5]any
					require.NoError(w.t, json.Unmarshal([]byte(frame), &m))
					joinRef, _ := m[0].(string)
					messageRef, _ := m[1].(string)
					require.False(w.t, over[joinRef] && !leaves[messageRef], "seed %d: %s", seed, frame)
					if m[3] == "phx_close" || m[3] == "phx_error" {
						over[joinRef] = true
					}
				}
			}
		})
	}
}
