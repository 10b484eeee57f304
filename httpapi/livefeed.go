package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
)

// feed reads one tenant's log and tells the topics, while any channel of the tenant is there. It is the only source of
// what the server says of calls, so that sockets see what was done over HTTP, in the order in which it was done.
type feed struct {
	s      *Server
	tenant string
	after  uint64 // of what is told; of run alone once that runs

	mu    sync.Mutex
	moved map[string]bool // departments whose queue has moved
	wake  chan struct{}
}

// feedNap is the pause after the log could not be read.
const feedNap = time.Second

// newFeed makes a feed of what is appended from now on.
func (s *Server) newFeed(ctx context.Context, tenant string) (*feed, error) {
	head, err := s.voki.Calls.Head(ctx, tenant)
	return &feed{s: s, tenant: tenant, after: head, moved: map[string]bool{}, wake: make(chan struct{}, 1)}, err
}

// run tells what happens, until ctx ends.
func (f *feed) run(ctx context.Context) {
	var places sync.WaitGroup
	places.Go(func() { f.tellPlaces(ctx) })
	defer places.Wait()
	for ctx.Err() == nil {
		for e, err := range f.s.voki.Events(ctx, f.tenant, f.after) {
			if err != nil {
				f.failed(ctx, "the log could not be read", err)
				break
			}
			f.after = e.Seq
			f.tell(ctx, e)
		}
		select {
		case <-ctx.Done():
		case <-time.After(feedNap):
		}
	}
}

func (f *feed) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil && !errors.Is(err, call.ErrNotFound) {
		f.s.o.Logger.ErrorContext(ctx, what, "tenant", f.tenant, "error", err)
	}
}

// tell says to each topic what an event of the log means there.
func (f *feed) tell(ctx context.Context, e call.Event) {
	f.s.voki.Presence.Observe(e)
	if e.CallID == "" || e.Kind == call.KindImported {
		return
	}
	f.tellCall(ctx, e)
	f.tellQueue(ctx, e)
	f.notify(ctx, e)
}

func (f *feed) tellCall(ctx context.Context, e call.Event) {
	members := f.s.members(f.tenant, topicCall, e.CallID)
	if len(members) == 0 {
		return
	}
	n := notice{event: e, messages: callMessages(e)}
	if changesDetails(e) {
		d, err := f.s.wholeDetail(ctx, f.tenant, e.CallID)
		switch {
		case err != nil:
			f.failed(ctx, "a call's details could not be read", err)
		case endsCall(e): // call_ended is the last
			n.messages = append([]outgoing{callUpdated(e.Seq, d)}, n.messages...)
		default:
			n.messages = append(n.messages, callUpdated(e.Seq, d))
		}
	}
	for _, m := range members {
		m.give(n)
	}
}

// callMessages are the events that a call's topic gets for an event of the log, but for call_updated.
func callMessages(e call.Event) []outgoing {
	one := func(event string, payload any) []outgoing {
		o := toAll(event, payload)
		o.notFor = e.Data.Side
		return []outgoing{o}
	}
	switch {
	case endsCall(e):
		ended := endedWire{CallID: e.CallID, Status: e.Data.To, EndReason: text(string(e.Data.EndReason))}
		if e.Data.To == call.Completed {
			ended.CompletedAt = stamp(e.Time)
		}
		return []outgoing{toAll("call_ended", ended)}
	case e.Kind == call.KindJoined:
		return one("participant_joined", participantEvent{e.CallID, e.Data.Side})
	case e.Kind == call.KindLeft:
		return one("participant_left", participantEvent{e.CallID, e.Data.Side})
	case e.Kind == call.KindDisconnected:
		deadline := e.Data.Deadline
		return one("peer_disconnected", disconnectedWire{
			CallID: e.CallID, Participant: e.Data.Side, DisconnectedAt: stamp(e.Time), Deadline: stamp(deadline),
			GraceSeconds: known(deadline.Sub(e.Time), !deadline.IsZero()), RemainingMS: remaining(deadline, time.Now()),
		})
	case e.Kind == call.KindReconnected:
		return one("peer_reconnected", reconnectedWire{e.CallID, e.Data.Side, stamp(e.Time)})
	}
	return nil
}

type (
	participantEvent struct {
		CallID      string    `json:"call_id"`
		Participant call.Side `json:"participant"`
	}
	disconnectedWire struct {
		CallID         string    `json:"call_id"`
		Participant    call.Side `json:"participant"`
		DisconnectedAt *string   `json:"disconnected_at"`
		Deadline       *string   `json:"deadline"`
		GraceSeconds   *int64    `json:"grace_seconds"`
		RemainingMS    *int64    `json:"remaining_ms"`
	}
	reconnectedWire struct {
		CallID        string    `json:"call_id"`
		Participant   call.Side `json:"participant"`
		ReconnectedAt *string   `json:"reconnected_at"`
	}
	endedWire struct {
		CallID      string      `json:"call_id"`
		Status      call.Status `json:"status"`
		EndReason   *string     `json:"end_reason"`
		CompletedAt *string     `json:"completed_at"`
	}
	updatedWire struct {
		Seq  uint64  `json:"seq"`
		Call details `json:"call"`
	}
)

// remaining is how long it is to a deadline, in milliseconds; null without one.
func remaining(deadline, now time.Time) *int64 {
	if deadline.IsZero() {
		return nil
	}
	ms := max(deadline.Sub(now).Milliseconds(), 0)
	return &ms
}

// changesDetails reports whether the details of a call look different after an event.
func changesDetails(e call.Event) bool {
	switch e.Kind {
	case call.KindAssigned, call.KindStarted, call.KindDisconnected, call.KindReconnected, call.KindNoted,
		call.KindEvaluated, call.KindTagAdded, call.KindTagRemoved, call.KindNoteAdded, call.KindNoteErased,
		call.KindRecordingReady, call.KindRecordingDeleted, call.KindErased:
		return true
	}
	return endsCall(e)
}

// wholeDetail is what a supervisor sees of a call.
func (s *Server) wholeDetail(ctx context.Context, tenant, id string) (voki.Detail, error) {
	return s.voki.Detail(ctx, call.Actor{Tenant: tenant, Role: call.RoleSupervisor}, id)
}
