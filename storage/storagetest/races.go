package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// contenders is how many goroutines want the same.
const contenders = 64

func testRaces(t *testing.T, s suite) {
	t.Run("one call, one winner", func(t *testing.T) { oneWinner(t, s.fresh(t)) })
	t.Run("one log, every event once and in order", func(t *testing.T) { oneLog(t, s.fresh(t)) })
}

func oneWinner(t *testing.T, store storage.Store) {
	service := call.NewService(storage.NarrowCalls(store), call.Options{})
	c, err := service.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	var ready sync.WaitGroup
	ready.Add(contenders)
	var winners, losers atomic.Int32
	require.NoError(t, together(contenders, func(i int) error {
		agent := call.Actor{Tenant: "acme", ID: fmt.Sprint("agent-", i), Role: call.RoleAttendant}
		ready.Done()
		ready.Wait()
		got, err := service.Assign(context.Background(), agent, c.ID, "")
		var refused *call.TransitionError
		switch {
		case errors.As(err, &refused):
			losers.Add(1)
			if refused.From != call.Assigned {
				return fmt.Errorf("refused in the state %s", refused.From)
			}
			return nil
		case err == nil && got.User.ID != agent.ID:
			return fmt.Errorf("%s won, and the call went to %s", agent.ID, got.User.ID)
		case err == nil:
			winners.Add(1)
		}
		return err
	}))
	require.EqualValues(t, 1, winners.Load(), "winners")
	require.EqualValues(t, contenders-1, losers.Load(), "losers")

	events := readEvents(t, store, "acme", 0, everyRow)
	require.Len(t, events, 2)
	require.Equal(t, call.KindAssigned, events[1].Kind)
	require.Equal(t, events[1].Actor, getCall(t, store, "acme", c.ID).User.ID)
	require.Equal(t, 1, list(t, store, call.Query{Tenant: "acme", Users: []string{events[1].Actor}}).Total)
	require.Empty(t, read(t, store, func(tx storage.Tx) ([]string, error) { return tx.Queue("acme", "support") }))
}

// oneLog has many append to one log, two events at a time, and somebody read along.
func oneLog(t *testing.T, store storage.Store) {
	const rounds, perCommit = 4, 2
	const total = contenders * rounds * perCommit
	readAlong := map[string]int{}
	require.NoError(t, together(contenders+2, func(i int) error {
		switch i {
		case contenders:
			return followLog(store, "acme", total, func(e call.Event) { readAlong[e.Actor]++ })
		case contenders + 1:
			return wholeCommits(store, total, perCommit)
		}
		var last uint64
		for round := range rounds {
			var numbers [perCommit]uint64
			err := store.Update(context.Background(), func(tx storage.Tx) error {
				for n := range numbers {
					e := newEvent("acme", fmt.Sprint("c", i))
					e.Actor = fmt.Sprint(i, "/", round, "/", n)
					written, err := tx.AppendEvent(e)
					if err != nil {
						return err
					}
					numbers[n] = written.Seq
				}
				return nil
			})
			if err != nil {
				return err
			}
			for _, number := range numbers {
				if number <= last {
					return fmt.Errorf("event %d was written after event %d", number, last)
				}
				last = number
			}
		}
		return nil
	}))

	require.Len(t, readAlong, total, "events that were read")
	for actor, times := range readAlong {
		require.Equal(t, 1, times, "times that %s was read", actor)
	}
	events := readEvents(t, store, "acme", 0, everyRow)
	require.Len(t, events, total)
	for i := 1; i < len(events); i++ {
		require.Greater(t, events[i].Seq, events[i-1].Seq)
	}
}

// wholeCommits looks at the log until all is there, and never sees a part of a commit.
func wholeCommits(store storage.Store, total, perCommit int) error {
	for {
		appended := store.Appended("acme")
		seen := 0
		err := store.View(context.Background(), func(tx storage.Tx) error {
			events, err := tx.Events("acme", 0, everyRow)
			seen = len(events)
			return err
		})
		switch {
		case err != nil:
			return err
		case seen%perCommit != 0:
			return fmt.Errorf("a reader sees %d events, written %d at a time", seen, perCommit)
		case seen == total:
			return nil
		}
		select {
		case <-appended:
		case <-time.After(patience):
			return fmt.Errorf("nobody woke the reader, who sees %d of %d events", seen, total)
		}
	}
}
