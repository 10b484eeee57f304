package apitest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// action is something that is done to a call, and what comes of it in each state.
type action struct {
	name string
	do   func(w *world, v visit) reply

	status map[call.Status]int       // anything else is 409
	kind   map[call.Status]call.Kind // the one event of an accepted one; none: nothing changes
}

// always is the same outcome in every state.
func always[T any](v T) map[call.Status]T {
	m := map[call.Status]T{}
	for _, s := range call.Statuses() {
		m[s] = v
	}
	return m
}

func path(v visit, rest string) string { return "/api/v1/calls/" + v.id + rest }

// actions are tried in every state, on a call that is or was given to João.
var actions = []action{
	{
		name: "assign to the same user",
		do:   func(w *world, v visit) reply { return w.as(joao).post(path(v, "/assign"), nil) },
		status: map[call.Status]int{
			call.Queued: 200, call.Assigned: 200,
		},
		kind: map[call.Status]call.Kind{call.Queued: call.KindAssigned},
	},
	{
		name:   "assign to another user",
		do:     func(w *world, v visit) reply { return w.as(joao).post(path(v, "/assign"), raw(`{"user_id":"bia"}`)) },
		status: map[call.Status]int{call.Queued: 200},
		kind:   map[call.Status]call.Kind{call.Queued: call.KindAssigned},
	},
	{
		name:   "start",
		do:     func(w *world, v visit) reply { return w.as(joao).post(path(v, "/start"), nil) },
		status: map[call.Status]int{call.Assigned: 200, call.Active: 200},
		kind:   map[call.Status]call.Kind{call.Assigned: call.KindStarted},
	},
	{
		name:   "complete",
		do:     func(w *world, v visit) reply { return w.as(joao).post(path(v, "/complete"), nil) },
		status: map[call.Status]int{call.Active: 200, call.Completed: 200},
		kind:   map[call.Status]call.Kind{call.Active: call.KindCompleted},
	},
	{
		name: "complete with notes",
		do: func(w *world, v visit) reply {
			return w.as(joao).post(path(v, "/complete"), raw(`{"notes":"Feito."}`))
		},
		status: map[call.Status]int{call.Active: 200, call.Completed: 200},
		kind:   map[call.Status]call.Kind{call.Active: call.KindCompleted, call.Completed: call.KindNoted},
	},
	{
		name:   "upload",
		do:     func(w *world, v visit) reply { return w.as(joao).post(path(v, "/upload"), file("a.txt", "a")) },
		status: always(201),
		kind:   always(call.KindFileAdded),
	},
	{
		name:   "add a tag",
		do:     func(w *world, v visit) reply { return w.as(joao).post(path(v, "/tags"), raw(`{"tag_id":"vip"}`)) },
		status: always(201),
		kind:   always(call.KindTagAdded),
	},
	{
		name: "remove a tag",
		do: func(w *world, v visit) reply {
			require.Equal(w.t, 201, w.as(joao).post(path(v, "/tags"), raw(`{"tag_id":"vip"}`)).status)
			return w.as(joao).delete(path(v, "/tags/vip"))
		},
		status: always(204),
		kind:   always(call.KindTagRemoved),
	},
	{
		name: "add a note",
		do: func(w *world, v visit) reply {
			return w.as(ana).post(path(v, "/manager-notes"), raw(`{"notes":"Bom."}`))
		},
		status: map[call.Status]int{call.Completed: 200},
		kind:   map[call.Status]call.Kind{call.Completed: call.KindNoteAdded},
	},
	{
		name:   "put the recording",
		do:     func(w *world, v visit) reply { return w.as(ana).send("PUT", path(v, "/recording"), webm) },
		status: map[call.Status]int{call.Active: 201, call.Completed: 201},
		kind: map[call.Status]call.Kind{
			call.Active: call.KindRecordingReady, call.Completed: call.KindRecordingReady,
		},
	},
	{
		name: "put a part of the recording, and finish it",
		do: func(w *world, v visit) reply {
			w.as(ana).send("PUT", path(v, "/recording/customer/0"), webm)
			return w.as(ana).post(path(v, "/recording/finish"), nil)
		},
		status: map[call.Status]int{call.Active: 201, call.Completed: 201},
		kind: map[call.Status]call.Kind{
			call.Active: call.KindRecordingReady, call.Completed: call.KindRecordingReady,
		},
	},
	{
		name: "remove the recording",
		do: func(w *world, v visit) reply {
			w.as(ana).send("PUT", path(v, "/recording"), webm)
			return w.as(mario).delete(path(v, "/recording"))
		},
		status: map[call.Status]int{
			call.Queued: 404, call.Assigned: 404, call.Active: 204, call.Completed: 204, call.Missed: 404,
			call.Cancelled: 404, call.Abandoned: 404,
		},
		kind: map[call.Status]call.Kind{
			call.Active: call.KindRecordingDeleted, call.Completed: call.KindRecordingDeleted,
		},
	},
	{
		name:   "cancel",
		do:     func(w *world, v visit) reply { return w.customer(v).post("/api/v1/call/cancel/"+v.id, nil) },
		status: map[call.Status]int{call.Queued: 200, call.Assigned: 200, call.Active: 200},
		kind: map[call.Status]call.Kind{
			call.Queued: call.KindCancelled, call.Assigned: call.KindCancelled, call.Active: call.KindCompleted,
		},
	},
	{
		name: "evaluate",
		do: func(w *world, v visit) reply {
			return w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":4}`))
		},
		status: map[call.Status]int{call.Completed: 200},
		kind:   map[call.Status]call.Kind{call.Completed: call.KindEvaluated},
	},
}

// Every action in every state: the status, the one event, and that a refused action changes nothing at all.
func TestEveryActionInEveryState(t *testing.T) {
	t.Parallel()
	for _, a := range actions {
		for _, from := range call.Statuses() {
			t.Run(fmt.Sprintf("%s, %s", from, a.name), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				v := w.callIn(avanter, from)
				require.Equal(t, string(from), w.as(joao).get(path(v, "")).text("data.status"))
				before := w.state(avanter)

				r := a.do(w, v)

				want, ok := a.status[from]
				if !ok {
					want = http.StatusConflict
				}
				require.Equal(t, want, r.status, r)
				after := w.state(avanter)
				if !ok {
					assert.NotEmpty(t, r.detail())
					assert.Equal(t, before, after, "a refused action has changed something")
					return
				}
				kind, changes := a.kind[from]
				if !changes {
					assert.Equal(t, before, after, "a repeated action has changed something")
					return
				}
				require.Greater(t, len(after.Events), len(before.Events))
				last := after.Events[len(after.Events)-1]
				assert.Equal(t, kind, last.Kind)
				assert.Equal(t, v.id, last.CallID)
			})
		}
	}
}

// What may be repeated is answered as the first time, with the first times.
func TestRepetition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Queued)
	for _, step := range []string{"/assign", "/start", "/complete"} {
		first := w.as(joao).post(path(v, step), nil)
		require.Equal(t, http.StatusOK, first.status, first)
		w.unchanged(func() {
			again := w.as(joao).post(path(v, step), nil)
			assert.Equal(t, http.StatusOK, again.status)
			assert.Equal(t, string(first.body), string(again.body))
		})
	}
	assert.Equal(t, http.StatusConflict, w.as(joao).post(path(v, "/assign"), nil).status)
	assert.Equal(t, http.StatusConflict, w.as(joao).post(path(v, "/start"), nil).status)

	// The notes of a completed call are set once, and stay.
	r := w.as(joao).post(path(v, "/complete"), raw(`{"notes":"Primeiras."}`))
	require.Equal(t, http.StatusOK, r.status)
	w.unchanged(func() {
		r = w.as(joao).post(path(v, "/complete"), raw(`{"notes":"Segundas."}`))
		assert.Equal(t, http.StatusOK, r.status)
	})
	assert.Equal(t, "Primeiras.", w.as(joao).get(path(v, "")).text("data.notes"))
}

// A second rating and a second recording are conflicts, and the first ones stay.
func TestOnlyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Completed)
	require.Equal(t, 200, w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":4,"comment":"Bom"}`)).status)
	require.Equal(t, 201, w.as(joao).send("PUT", path(v, "/recording"), webm).status)
	w.unchanged(func() {
		assert.Equal(t, 409, w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":1}`)).status)
		assert.Equal(t, 409, w.as(joao).send("PUT", path(v, "/recording"), webm).status)
		assert.Equal(t, 409, w.as(olga).send("PUT", path(v, "/recording"), []byte("other")).status)
		assert.Equal(t, 409, w.as(joao).send("PUT", path(v, "/recording/mixed/0"), webm).status)
	})
	assert.InDelta(t, 4, w.as(joao).get(path(v, "")).value("data.rating"), 0)
}
