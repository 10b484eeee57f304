package apitest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// atOnce runs f n times, all started together.
func atOnce(n int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// Two agents take the same calls at once: each call has one winner, and the loser gets 409.
func TestTwoAgentsOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const calls = 40
	visits := make([]visit, calls)
	for i := range visits {
		visits[i] = w.enqueue(avanter)
	}
	agents := []call.Actor{joao, bia}
	clients := []client{w.as(joao), w.as(bia)}
	replies := make([]reply, 2*calls)
	atOnce(2*calls, func(i int) { replies[i] = clients[i%2].post(path(visits[i/2], "/assign"), nil) })

	winners := map[string]string{}
	for i, r := range replies {
		switch r.status {
		case http.StatusOK:
			require.NotContains(t, winners, visits[i/2].id, "two winners")
			winners[visits[i/2].id] = agents[i%2].ID
			assert.Equal(t, agents[i%2].ID, r.text("data.user_id"))
		default:
			assert.Equal(t, http.StatusConflict, r.status, r)
		}
	}
	require.Len(t, winners, calls)
	events := map[string]int{}
	for _, e := range w.log(avanter) {
		if e.Kind == call.KindAssigned {
			events[e.CallID]++
			assert.Equal(t, winners[e.CallID], e.Data.UserID)
		}
	}
	for _, v := range visits {
		assert.Equal(t, 1, events[v.id], "events of one assignment")
		assert.Equal(t, winners[v.id], w.as(ana).get(path(v, "")).text("data.user_id"))
	}
}

// Many repeat the same thing at once: it happens once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const many = 16
	for name, race := range map[string]struct {
		state call.Status
		do    func(w *world, v visit, i int) reply
		won   int // status of the one
		lost  int // status of the others
		kind  call.Kind
	}{
		"start": {
			call.Assigned, func(w *world, v visit, _ int) reply { return w.as(joao).post(path(v, "/start"), nil) },
			200, 200, call.KindStarted,
		},
		"complete": {
			call.Active, func(w *world, v visit, _ int) reply { return w.as(joao).post(path(v, "/complete"), nil) },
			200, 200, call.KindCompleted,
		},
		"cancel": {
			call.Queued, func(w *world, v visit, _ int) reply { return w.customer(v).post("/api/v1/call/cancel/"+v.id, nil) },
			200, 409, call.KindCancelled,
		},
		"evaluate": {
			call.Completed, func(w *world, v visit, i int) reply {
				return w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(fmt.Sprintf(`{"rating":%d}`, 1+i%5)))
			}, 200, 409, call.KindEvaluated,
		},
		"tag": {
			call.Queued, func(w *world, v visit, _ int) reply {
				return w.as(joao).post(path(v, "/tags"), raw(`{"tag_id":"vip"}`))
			},
			201, 200, call.KindTagAdded,
		},
		"recording": {
			call.Completed, func(w *world, v visit, _ int) reply { return w.as(joao).send("PUT", path(v, "/recording"), webm) },
			201, 409, call.KindRecordingReady,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.callIn(avanter, race.state)
			statuses := make([]int, many)
			atOnce(many, func(i int) { statuses[i] = race.do(w, v, i).status })
			count := map[int]int{}
			for _, s := range statuses {
				count[s]++
			}
			if race.won == race.lost {
				assert.Equal(t, map[int]int{race.won: many}, count)
			} else {
				assert.Equal(t, map[int]int{race.won: 1, race.lost: many - 1}, count)
			}
			events := 0
			for _, e := range w.log(avanter) {
				if e.Kind == race.kind {
					events++
				}
			}
			assert.Equal(t, 1, events, "events")
			if name == "recording" {
				assert.Equal(t, 1, w.blobs.count(), "what the losers sent is gone")
			}
		})
	}
}

// Files and notes that come at once are all kept.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	const many = 16
	w := newWorld(t)
	v := w.callIn(avanter, call.Completed)
	atOnce(2*many, func(i int) {
		if i%2 == 0 {
			assert.Equal(t, 201, w.as(joao).post(path(v, "/upload"), file("same.txt", strconv.Itoa(i))).status)
			return
		}
		note := raw(fmt.Sprintf(`{"notes":"note %d."}`, i))
		assert.Equal(t, 200, w.as(ana).post(path(v, "/manager-notes"), note).status)
	})
	files, err := w.voki.Media.Files(t.Context(), joao, v.id)
	require.NoError(t, err)
	assert.Len(t, files, many)
	assert.Equal(t, many, w.blobs.count())
	all := w.as(ana).get(path(v, "")).text("data.manager_notes")
	for i := 1; i < 2*many; i += 2 {
		assert.Contains(t, all, fmt.Sprintf("note %d.", i))
	}
	seqs := map[uint64]bool{}
	for _, e := range w.log(avanter) {
		assert.False(t, seqs[e.Seq], "a number of the log stands twice")
		seqs[e.Seq] = true
	}
}
