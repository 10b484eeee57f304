package presence_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
)

// TestMany: whatever happens at once, the log makes sense.
func TestMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for round := range 20 {
			inOneRound(t, round)
		}
	})
}

// inOneRound lets many connections of one call come and go at once, with an HTTP completion in their midst.
func inOneRound(t *testing.T, round int) {
	w := newWorld(t, newStore(t))
	id, _, _ := w.talking(t)
	done := make(chan struct{})
	const connections = 16
	for i := range connections {
		go func() {
			defer func() { done <- struct{}{} }()
			time.Sleep(time.Duration(i*round) * time.Microsecond)
			p, err := w.v.Presence.Join(t.Context(), "acme", id, sides[i%2])
			if err != nil {
				assert.ErrorIs(t, err, call.ErrRefused)
				return
			}
			told := make(chan error)
			for range 2 {
				go func() { told <- p.Lost(t.Context()) }()
			}
			if i == connections/2 && round%3 == 0 {
				go func() { told <- p.Leave(t.Context()) }()
				assert.NoError(t, <-told)
			}
			if i == connections/3 && round%3 == 1 {
				_, err := w.v.Calls.Complete(t.Context(), ana, id, "")
				assert.NoError(t, err)
			}
			assert.NoError(t, <-told)
			assert.NoError(t, <-told)
		}()
	}
	for range connections {
		<-done
	}
	w.audit(t, id)
	pass(2 * grace)
	assert.Equal(t, call.Completed, w.get(t, id).Status, "all were lost")
	w.audit(t, id)
	w.stop()
}
