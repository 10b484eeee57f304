package call_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/avanter/voki/call"
)

// TestHistories applies random changes at random times, as the service does: a limit that has passed goes first.
// Whatever comes, the invariants below hold after every step.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second, time.Minute, time.Hour})
		c := unborn()
		c.Limits = call.Limits{
			Queue: limit.Draw(t, "queue"), Answer: limit.Draw(t, "answer"),
			Grace: limit.Draw(t, "grace"), Longest: limit.Draw(t, "longest"),
		}
		h := history{t: t, call: c, replay: call.Call{
			Tenant: c.Tenant, ID: c.ID, Department: c.Department, Customer: c.Customer, Reason: c.Reason, Limits: c.Limits,
		}}
		now := joined
		h.apply(call.Change{Trigger: call.Enqueue, At: now})
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { h.check() },
			"change": func(t *rapid.T) {
				now = now.Add(rapid.SampledFrom([]time.Duration{
					0, time.Microsecond, time.Second, 19999999 * time.Microsecond, 20 * time.Second, time.Minute, time.Hour,
				}).Draw(t, "passing"))
				h.expire(now)
				h.apply(call.Change{
					Trigger: rapid.SampledFrom(call.Triggers()[:7]).Draw(t, "trigger"),
					At:      now,
					User:    rapid.SampledFrom([]call.Ref{ana, bob}).Draw(t, "user"),
					Side:    rapid.SampledFrom(both).Draw(t, "side"),
					Epoch:   rapid.Uint64Range(0, 3).Draw(t, "epoch"),
				})
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "seconds")) * time.Second)
				h.expire(now)
			},
		})
	})
}

// history is a call with the log that it has left, and what the log alone tells of it.
type history struct {
	t      *rapid.T
	call   call.Call
	replay call.Call
	log    []call.Event
}

func (h *history) apply(ch call.Change) {
	before := h.call
	next, events, err := call.Apply(before, ch)
	switch {
	case before != h.call:
		h.t.Fatalf("%s changed its input", ch.Trigger)
	case err != nil && (next != before || len(events) > 0):
		h.t.Fatalf("%s was refused and changed something", ch.Trigger)
	case len(events) == 0 && next != before:
		h.t.Fatalf("%s changed something without an event", ch.Trigger)
	}
	h.keep(next, events)
}

func (h *history) expire(now time.Time) {
	due, running := h.call.Due()
	next, events, ok := call.Expire(h.call, now)
	if want := running && !due.At.After(now); ok != want {
		h.t.Fatalf("expired: %v, want %v for %+v at %s", ok, want, due, now)
	}
	if !ok {
		return
	}
	if !next.Status.Ended() || next.EndedAt != due.At {
		h.t.Fatalf("the limit %+v led to %s at %s", due, next.Status, next.EndedAt)
	}
	h.keep(next, events)
}

func (h *history) keep(next call.Call, events []call.Event) {
	for _, e := range events {
		if len(h.log) > 0 {
			last := h.log[len(h.log)-1]
			if e.Time.Before(last.Time) {
				h.t.Fatalf("%s at %s comes after %s at %s", e.Kind, e.Time, last.Kind, last.Time)
			}
			if last.Data.To.Ended() && e.Kind != call.KindNoted {
				h.t.Fatalf("%s after the end", e.Kind)
			}
			if e.Data.From != last.Data.To {
				h.t.Fatalf("%s starts from %s, the call was %s", e.Kind, e.Data.From, last.Data.To)
			}
		}
		h.log = append(h.log, e)
		replayed(&h.replay, e)
	}
	h.call = next
}

// replayed does to a call what an event says, which knows of the user only the id.
func replayed(c *call.Call, e call.Event) {
	conn := &c.CustomerConn
	if e.Data.Side == call.SideAgent {
		conn = &c.AgentConn
	}
	c.ChangedAt = e.Time
	switch c.Status = e.Data.To; e.Kind {
	case call.KindCreated:
		c.InsertedAt = e.Time
	case call.KindAssigned:
		c.User.ID, c.AssignedAt = e.Data.UserID, e.Time
	case call.KindStarted:
		c.StartedAt = e.Time
	case call.KindJoined:
		*conn = call.Participant{Epoch: e.Data.Epoch, Present: true}
	case call.KindReconnected:
		*conn = call.Participant{Epoch: e.Data.Epoch, Present: true}
	case call.KindLeft:
		*conn = call.Participant{Epoch: e.Data.Epoch, LostAt: e.Time}
	case call.KindDisconnected:
		*conn = call.Participant{Epoch: e.Data.Epoch, LostAt: e.Time, Deadline: e.Data.Deadline}
		c.DisconnectedAt = e.Time
	case call.KindCompleted, call.KindMissed, call.KindCancelled, call.KindAbandoned:
		c.EndedAt, c.EndReason = e.Time, e.Data.EndReason
	}
}

func (h *history) check() {
	ends := 0
	for _, e := range h.log {
		if e.Data.To.Ended() && !e.Data.From.Ended() {
			ends++
		}
	}
	if h.call.Status.Ended() != (ends == 1) || ends > 1 {
		h.t.Fatalf("%d ends in the log of a call that is %s", ends, h.call.Status)
	}

	known := h.call
	known.User.Name, known.ReconnectedAt = "", time.Time{} // names are not in the log; the pair has a test of its own
	if h.replay != known {
		h.t.Fatalf("the log replays to\n%+v, the call is\n%+v", h.replay, known)
	}

	for _, side := range both {
		p := h.call.Participant(side)
		if p.Present && (p.Epoch == 0 || !p.LostAt.IsZero() || !p.Deadline.IsZero()) {
			h.t.Fatalf("%s is present and lost: %+v", side, p)
		}
		if !p.Deadline.IsZero() && p.Deadline != p.LostAt.Add(h.call.Limits.Grace) {
			h.t.Fatalf("%s has the wrong deadline: %+v", side, p)
		}
		if h.call.Status == call.Active && p.Away() && h.call.Limits.Grace > 0 && p.Deadline.IsZero() {
			h.t.Fatalf("%s is away in an active call without a deadline", side)
		}
	}

	due, running := h.call.Due()
	if running && h.call.Status.Ended() {
		h.t.Fatalf("a call that is %s waits for %s", h.call.Status, due.Trigger)
	}
	if running && due.At.Before(h.log[len(h.log)-1].Time) && !h.call.Status.Ended() {
		h.t.Fatalf("%s was due at %s, before the last change", due.Trigger, due.At)
	}
}
