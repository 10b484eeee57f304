package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

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
			f.tell(ctx, &e)
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
func (f *feed) tell(ctx context.Context, e *call.Event) {
	f.s.voki.Presence.Observe(*e)
	if e.CallID == "" || e.Kind == call.KindImported {
		return
	}
	f.tellCall(ctx, e)
	f.tellQueue(ctx, e)
	f.notify(ctx, e)
}

func (f *feed) tellCall(ctx context.Context, e *call.Event) {
	members := f.s.members(f.tenant, topicCall, e.CallID)
	if len(members) == 0 {
		return
	}
	n := &notice{event: e, messages: callMessages(e)}
	if to := shownTo(members, e); changesDetails(e) && to != (shown{}) {
		u, err := f.s.callUpdated(ctx, f.tenant, e.CallID, e.Seq, to)
		switch {
		case err != nil:
			f.failed(ctx, "a call's details could not be read", err)
		case endsCall(e): // call_ended is the last
			n.messages = append([]outgoing{u}, n.messages...)
		default:
			n.messages = append(n.messages, u)
		}
	}
	for _, m := range members {
		m.give(n)
	}
}

// callMessages are the events that a call's topic gets for an event of the log, but for call_updated.
func callMessages(e *call.Event) []outgoing {
	if endsCall(e) {
		ended := endedWire{CallID: e.CallID, Status: e.Data.To, EndReason: text(string(e.Data.EndReason))}
		if e.Data.To == call.Completed {
			ended.CompletedAt = stamp(e.Time)
		}
		return []outgoing{toAll("call_ended", ended)}
	}
	switch e.Kind {
	case call.KindJoined:
		return ofParticipant("participant_joined", e, nil)
	case call.KindLeft:
		return ofParticipant("participant_left", e, nil)
	case call.KindDisconnected:
		return ofParticipant("peer_disconnected", e, appendLoss)
	case call.KindReconnected:
		return ofParticipant("peer_reconnected", e, func(b []byte, e *call.Event) []byte {
			return appendStamp(append(b, `,"reconnected_at":`...), e.Time)
		})
	}
	return nil
}

type endedWire struct {
	CallID      string      `json:"call_id"`
	Status      call.Status `json:"status"`
	EndReason   *string     `json:"end_reason"`
	CompletedAt *string     `json:"completed_at"`
}

// ofParticipant is an event that all but the participant are told: of whom it is, and what more appends.
func ofParticipant(event string, e *call.Event, more func([]byte, *call.Event) []byte) []outgoing {
	b := appendString(append(make([]byte, 0, 320), `{"call_id":`...), e.CallID)
	b = appendString(append(b, `,"participant":`...), string(e.Data.Side))
	if more != nil {
		b = more(b, e)
	}
	o := outgoing{event: event, body: append(b, '}'), notFor: e.Data.Side}
	return append(make([]outgoing, 0, 2), o) // call_updated may follow
}

func appendLoss(b []byte, e *call.Event) []byte {
	deadline := e.Data.Deadline
	b = appendStamp(append(b, `,"disconnected_at":`...), e.Time)
	b = appendStamp(append(b, `,"deadline":`...), deadline)
	b = appendSeconds(append(b, `,"grace_seconds":`...), deadline.Sub(e.Time), !deadline.IsZero())
	return appendNumber(append(b, `,"remaining_ms":`...), remaining(deadline, time.Now()))
}

// remaining is how long it is to a deadline, in milliseconds; null without one.
func remaining(deadline, now time.Time) *int64 {
	if deadline.IsZero() {
		return nil
	}
	ms := max(deadline.Sub(now).Milliseconds(), 0)
	return &ms
}

// changesDetails reports whether the details of a call look different after an event.
func changesDetails(e *call.Event) bool {
	switch e.Kind {
	case call.KindAssigned, call.KindStarted, call.KindDisconnected, call.KindReconnected, call.KindNoted,
		call.KindEvaluated, call.KindTagAdded, call.KindTagRemoved, call.KindNoteAdded, call.KindNoteErased,
		call.KindRecordingReady, call.KindRecordingDeleted, call.KindErased:
		return true
	}
	return endsCall(e)
}
