package presence_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// TestHistories lets a few calls live at random for a while, with crashes, and requires after each that their logs make
// sense and that whoever was lost came to an end. On bolt a crash is a reopened file.
func TestHistories(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		runHistories(t, func(*rapid.T) (storage.Store, func()) {
			store := newBareStore()
			return store, func() { _ = store.Close() }
		})
	})
	t.Run("bolt", func(t *testing.T) {
		dir, n := t.TempDir(), 0
		runHistories(t, func(t *rapid.T) (storage.Store, func()) {
			n++
			store := &reopened{name: filepath.Join(dir, strconv.Itoa(n))}
			store.reopen(t)
			return store, func() { _ = store.Close() }
		})
	})
}

// reopened is a store that a crash of the process opens again.
type reopened struct {
	storage.Store
	name string
}

func (*reopened) Exclusive() {}

func (r *reopened) reopen(t tester) {
	if r.Store != nil {
		require.NoError(t, r.Close())
	}
	store, err := bolt.Open(r.name, bolt.Options{})
	require.NoError(t, err)
	r.Store = store
}

// bubbled keeps package rapid from asking for the test's deadline, which a bubble cannot tell.
type bubbled struct{ testing.TB }

func runHistories(t *testing.T, open func(*rapid.T) (storage.Store, func())) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubbled{t}, func(t *rapid.T) {
			store, end := open(t)
			defer end()
			h := &history{world: newWorld(t, store), peers: map[string][]*presence.Peer{}}
			defer func() { h.stop() }()
			for range 3 {
				h.ids = append(h.ids, h.enqueue(t))
			}
			for range rapid.IntRange(1, 30).Draw(t, "steps") {
				h.step(t)
			}
			h.finish(t)
		})
	})
}

type history struct {
	*world
	ids   []string
	peers map[string][]*presence.Peer // of each call, the dead ones too
}

func (h *history) step(t *rapid.T) {
	ctx := context.Background()
	id := rapid.SampledFrom(h.ids).Draw(t, "call")
	side := rapid.SampledFrom(sides).Draw(t, "side")
	var err error
	switch rapid.SampledFrom([]string{
		"assign", "assign", "start", "start", "complete", "join", "join", "join", "lost", "lost", "lost", "leave", "time", "time",
		"crash",
	}).Draw(t, "step") {
	case "assign":
		_, err = h.v.Calls.Assign(ctx, ana, id, "")
	case "start":
		_, err = h.v.Calls.Start(ctx, ana, id)
	case "complete":
		_, err = h.v.Calls.Complete(ctx, ana, id, "")
	case "join":
		var p *presence.Joined
		if p, err = h.v.Presence.Join(ctx, "acme", id, side); err == nil {
			h.peers[id] = append(h.peers[id], p.Peer)
		}
	case "lost":
		if p := h.peer(t, id); p != nil {
			require.NoError(t, p.Lost(ctx))
		}
	case "leave":
		if p := h.peer(t, id); p != nil {
			err = p.Leave(ctx)
		}
	case "time":
		pass(rapid.SampledFrom([]time.Duration{
			0, time.Microsecond, time.Second, 29999 * time.Millisecond, 30 * time.Second, grace - time.Microsecond, grace,
		}).Draw(t, "passing"))
	case "crash":
		h.stop()
		if store, ok := h.store.(*reopened); ok {
			store.reopen(t)
		}
		h.boot(t)
	}
	if err != nil {
		require.ErrorIs(t, err, call.ErrRefused)
	}
	for _, id := range h.ids {
		h.audit(t, id)
	}
}

func (h *history) peer(t *rapid.T, id string) *presence.Peer {
	if len(h.peers[id]) == 0 {
		return nil
	}
	return rapid.SampledFrom(h.peers[id]).Draw(t, "peer")
}

// finish requires that time ends those calls that somebody has left, and no other.
func (h *history) finish(t *rapid.T) {
	for _, id := range h.ids {
		before := h.get(t, id)
		away := before.AgentConn.Away() || before.CustomerConn.Away()
		pass(grace)
		after := h.get(t, id)
		if before.Status == call.Active && away {
			require.Equal(t, call.EndDisconnect, after.EndReason)
		} else {
			require.Equal(t, before, after)
		}
		h.audit(t, id)
	}
}
