package httpapi_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki"
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
