package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/webhook"
)

func TestACallIsTold(t *testing.T) {
	r := newReceiver(t, nil)
	var observed sync.Map
	w := newWorld(t, func(o *webhook.Options) {
		o.Observe = func(of string, event call.Kind, try webhook.Try) { observed.Store(of+" "+string(event), try.Status) }
	}, r.sub("a"))
	w.run()
	id := w.call(true)
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 4 }, "four deliveries")
	got := r.deliveries()
	require.Len(t, got, 4)
	assert.Equal(t, wholeLife(), events(got, id))

	_, err := w.voki.Notes.Add(t.Context(), sue, id, "not for the world")
	require.NoError(t, err)
	detail, err := w.voki.Detail(t.Context(), ana, id)
	require.NoError(t, err)
	var message struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(got[3].body, &message))
	assert.Equal(t, string(httpapi.DetailJSON(detail)), string(message.Data), "as GET gives them")
	assert.Contains(t, string(message.Data), `"customer_name":"Maria <&>"`)

	log, err := w.voki.Calls.Timeline(t.Context(), ana, id)
	require.NoError(t, err)
	for i, d := range got {
		assert.Equal(t, string(log[i].Kind), d.Event)
		assert.Equal(t, log[i].Time.Format(time.RFC3339), d.Timestamp)
		assert.Equal(t, tenant, d.Tenant)
		assert.Equal(t, d.ID, d.header.Get("webhook-id"))
		status, ok := observed.Load(tenant + " " + d.Event)
		assert.True(t, ok)
		assert.Equal(t, 204, status)
	}
	for i, j := range w.jobs("a") {
		assert.Equal(t, got[i].ID, j.ID, "deliveries are listed as the log goes")
		assert.Equal(t, "204", j.Result)
		assert.Len(t, j.Tries, 1)
	}

	require.NoError(t, w.hooks.Redeliver(t.Context(), sue, got[0].ID))
	eventually(t, func() bool { return len(r.deliveries()) == 5 }, "a redelivery")
	again := r.deliveries()[4]
	assert.Equal(t, got[0].ID, again.ID)
	assert.Equal(t, "call.created", again.Event)
	assert.Equal(t, "completed", again.Data["status"], "the call as it is")
	assert.Nil(t, again.Data["manager_notes"])

	assert.ErrorIs(t, w.hooks.Redeliver(t.Context(), sue, "evt_none"), webhook.ErrNotFound)
	assert.ErrorIs(t, w.hooks.Redeliver(t.Context(), ana, got[0].ID), call.ErrForbidden)
	_, err = w.hooks.Deliveries(t.Context(), ana, follow.Filter{}, "", 0)
	assert.ErrorIs(t, err, call.ErrForbidden)
}

func TestWhoIsTold(t *testing.T) {
	r := newReceiver(t, nil)
	some, none, all := r.sub("some"), r.sub("none"), r.sub("all")
	some.Events = []call.Kind{call.KindCompleted, call.KindMissed}
	none.Disabled = true
	w := newWorld(t, nil, some, none, all)
	w.host.set(func() { w.host.err = errors.New("the host's database is down") })
	w.run()
	id := w.call(true)
	_, err := w.voki.Calls.Enqueue(t.Context(), call.Intake{Tenant: "rival", Department: "d", Customer: call.Customer{Name: "Eve"}})
	require.NoError(t, err)
	w.host.set(func() { w.host.err = nil })
	eventually(t, func() bool { return len(w.jobs("", follow.StateDone)) == 5 }, "five deliveries, of events that waited for the host")
	got := map[string][]delivery{}
	for _, d := range r.deliveries() {
		got[d.path] = append(got[d.path], d)
	}
	assert.Equal(t, wholeLife(), events(got["/all"], id))
	assert.Equal(t, []string{"call.completed"}, events(got["/some"], id))
	assert.Empty(t, got["/none"])
	assert.NotEqual(t, got["/all"][3].ID, got["/some"][0].ID, "an id is that of one delivery")
}

// TestFailures: every event gets through, in the order of its call and under one id, whatever the receiver does first.
func TestFailures(t *testing.T) {
	var mu sync.Mutex
	tries := map[string]int{}
	r := newReceiver(t, func(w http.ResponseWriter, rq *http.Request) {
		id := rq.Header.Get("webhook-id")
		mu.Lock()
		n := tries[id]
		tries[id]++
		mu.Unlock()
		switch n {
		case 0:
			w.WriteHeader(http.StatusInternalServerError)
		case 1:
			cutOff(w)
		case 2:
			<-rq.Context().Done() // until the time limit
		case 3:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		default:
			w.WriteHeader(http.StatusOK)
		}
	})
	w := newWorld(t, func(o *webhook.Options) { o.Timeout = 100 * time.Millisecond }, r.sub("a"))
	w.run()
	var ids []string
	for range 3 {
		ids = append(ids, w.call(true))
	}
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 12 }, "all deliveries")
	got := r.deliveries()
	for _, id := range ids {
		assert.Equal(t, wholeLife(), events(got, id))
	}
	ended := map[string]time.Time{} // by call: when the event before was through
	for _, j := range w.jobs("a") {
		var outcomes []string
		for _, try := range j.Tries {
			outcomes = append(outcomes, try.Outcome)
			assert.False(t, try.At.Before(ended[j.CallID]), "%s is sent before its predecessor is through", j.ID)
		}
		ended[j.CallID] = j.EndedAt
		assert.GreaterOrEqual(t, len(outcomes), 5, "%s: %v", j.ID, outcomes)
		assert.Equal(t, "200", outcomes[len(outcomes)-1], "%s: %v", j.ID, outcomes)
		assert.Contains(t, outcomes, "timeout", j.ID)
		// Where the machine is busy, any answer may come too late, and the try is a timeout.
		left := []string{"500", "connect", "302", "200"}
		for _, outcome := range outcomes {
			if outcome != "timeout" {
				at := slices.Index(left, outcome)
				require.GreaterOrEqual(t, at, 0, "%s: %v", j.ID, outcomes)
				left = left[at+1:]
			}
		}
	}
	for _, d := range got {
		assert.NotEqual(t, "/elsewhere", d.path)
	}
}

// cutOff closes the connection in the middle of the answer.
func cutOff(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 2")
	_ = conn.Close()
}

// inOrder: no event is sent before all tries of those before it in its call have been made.
func inOrder(t testing.TB, got []delivery) {
	t.Helper()
	last := map[any]string{}
	for _, d := range got {
		key := [2]any{d.path, d.Data["id"]}
		assert.GreaterOrEqual(t, d.ID, last[key], "%s after its successor", d.Event)
		last[key] = d.ID
	}
}

func TestGone(t *testing.T) {
	var mu sync.Mutex
	code, gone := http.StatusInternalServerError, 0
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(code)
	})
	answer := func(c int) { mu.Lock(); code = c; mu.Unlock() }
	w := newWorld(t, func(o *webhook.Options) {
		o.Gone = func(_ context.Context, of, sub string) {
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, []string{tenant, "a"}, []string{of, sub})
			gone++
		}
	}, r.sub("a"))
	w.run()
	w.call(true)
	eventually(t, func() bool { return len(w.jobs("a")) == 4 && len(r.deliveries()) > 2 }, "what waits, and some tries")
	answer(http.StatusGone)
	eventually(t, func() bool { return len(w.jobs("a", follow.StateFailed, follow.StateCancelled)) == 4 }, "the end of all that waited")
	require.Len(t, w.jobs("a", follow.StateFailed), 1)
	failed := w.jobs("a", follow.StateFailed)[0]
	assert.Equal(t, "410", failed.Tries[len(failed.Tries)-1].Outcome)
	mu.Lock()
	assert.Equal(t, 1, gone)
	mu.Unlock()
	list, err := w.hooks.List(t.Context(), sue)
	require.NoError(t, err)
	assert.True(t, list[0].Gone)

	answer(http.StatusOK)
	before := len(r.deliveries())
	w.call(false) // is told to nobody
	other := newReceiver(t, nil)
	w.host.set(func() { w.host.subs = append(w.host.subs, other.sub("b")) })
	id := w.call(false)
	eventually(t, func() bool { return len(events(other.deliveries(), id)) == 1 }, "an event behind it")
	assert.Len(t, r.deliveries(), before)

	require.NoError(t, w.hooks.Redeliver(t.Context(), sue, failed.ID))
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 1 }, "the redelivery")
	assert.Equal(t, failed.ID, r.deliveries()[before].ID)
	id = w.call(false)
	eventually(t, func() bool { return len(events(r.deliveries(), id)) == 1 }, "it is told again")
}

func TestGivenUp(t *testing.T) {
	var mu sync.Mutex
	refused := true
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if refused {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	w := newWorld(t, func(o *webhook.Options) { o.GiveUp = 50 * time.Millisecond }, r.sub("a"))
	w.run()
	id := w.call(false)
	eventually(t, func() bool { return len(w.jobs("a", follow.StateFailed)) == 1 }, "the end of patience")
	parked := w.jobs("a")[0]
	assert.Equal(t, id, parked.CallID)
	assert.Equal(t, "the receiver answered 502 Bad Gateway", parked.LastError)

	mu.Lock()
	refused = false
	mu.Unlock()
	require.NoError(t, w.hooks.Redeliver(t.Context(), sue, parked.ID))
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 1 }, "the redelivery")
	for _, d := range r.deliveries() {
		assert.Equal(t, parked.ID, d.ID)
	}
}

// TestTwenty: of twenty receivers, those that sleep hold up nobody.
func TestTwenty(t *testing.T) {
	awake := make(chan struct{})
	asleep := newReceiver(t, func(_ http.ResponseWriter, rq *http.Request) {
		select {
		case <-awake:
		case <-rq.Context().Done():
		}
	})
	well := newReceiver(t, nil)
	subs := []webhook.Subscription{asleep.sub("z1"), asleep.sub("z2")}
	for i := range 18 {
		subs = append(subs, well.sub(string(rune('a'+i))))
	}
	w := newWorld(t, nil, subs...)
	w.run()
	var ids []string
	for range 10 {
		ids = append(ids, w.call(true))
	}
	eventually(t, func() bool { return len(w.jobs("", follow.StateDone)) == 18*40 }, "what goes to those who are awake")
	assert.Empty(t, w.jobs("z1", follow.StateDone))
	close(awake)
	eventually(t, func() bool { return len(w.jobs("", follow.StateDone)) == 20*40 }, "the rest")
	for _, r := range []*receiver{asleep, well} {
		inOrder(t, r.deliveries())
	}
	byPath := map[string][]delivery{}
	for _, d := range append(well.deliveries(), asleep.deliveries()...) {
		byPath[d.path] = append(byPath[d.path], d)
	}
	require.Len(t, byPath, 20)
	for path, got := range byPath {
		for _, id := range ids {
			assert.Equal(t, wholeLife(), events(got, id), path)
		}
	}
}

// TestChangedMeanwhile: what waits goes to where the subscription leads when its turn comes, or nowhere.
func TestChangedMeanwhile(t *testing.T) {
	before, after := newReceiver(t, status(http.StatusServiceUnavailable)), newReceiver(t, nil)
	w := newWorld(t, nil, before.sub("a"), before.sub("b"), before.sub("c"))
	w.run()
	id := w.call(true)
	// What happens after the change is planned for who is subscribed then: all is to wait already.
	eventually(t, func() bool { return len(w.jobs("")) == 12 }, "all is planned")
	eventually(t, func() bool { return len(before.deliveries()) > 5 }, "some tries")
	w.host.set(func() {
		moved, disabled := after.sub("a"), before.sub("b")
		disabled.Disabled = true
		w.host.subs = []webhook.Subscription{moved, disabled}
	})
	eventually(t, func() bool { return len(w.jobs("", follow.StateDone, follow.StateCancelled)) == 12 }, "the end of all")
	assert.Equal(t, wholeLife(), events(after.deliveries(), id))
	assert.Len(t, w.jobs("a", follow.StateDone), 4)
	assert.Len(t, w.jobs("b", follow.StateCancelled), 4)
	assert.Len(t, w.jobs("c", follow.StateCancelled), 4)
}

// TestRestart: what a process leaves behind is sent by the next, in order and under the same ids.
func TestRestart(t *testing.T) {
	var mu sync.Mutex
	hang := true
	r := newReceiver(t, func(_ http.ResponseWriter, rq *http.Request) {
		mu.Lock()
		hang := hang
		mu.Unlock()
		if hang {
			<-rq.Context().Done()
		}
	})
	w := newWorld(t, func(o *webhook.Options) { o.Timeout = time.Hour }, r.sub("a"))
	w.run()
	ids := []string{w.call(true), w.call(true)}
	eventually(t, func() bool { return len(r.deliveries()) == 2 }, "the first of each call")
	w.restart()
	eventually(t, func() bool { return len(r.deliveries()) == 4 }, "the same again")
	w.stop()
	ids = append(ids, w.call(true)) // while nobody runs
	mu.Lock()
	hang = false
	mu.Unlock()
	w.restart()
	eventually(t, func() bool { return len(w.jobs("a", follow.StateDone)) == 12 }, "all")
	got := r.deliveries()
	inOrder(t, got)
	for _, id := range ids {
		assert.Equal(t, wholeLife(), events(got, id))
	}
	for _, j := range w.jobs("a") {
		assert.Len(t, j.Tries, 1, "what was cut off is no try")
	}
}
