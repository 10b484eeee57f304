package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/phx"
)

// queueTopic serves queue:{department_id}: who waits there, for the tenant's agents.
type queueTopic struct{ s *Server }

type (
	queueWire struct {
		Queue     []queuedWire `json:"queue"`
		QueueSize int          `json:"queue_size"`
	}
	queuedWire struct {
		Call              row   `json:"call"`
		Position          int   `json:"position"`
		EstimatedWaitTime int64 `json:"estimated_wait_time"`
		CustomerPresent   *bool `json:"customer_present"`
	}
	queueEvent struct {
		Call      row `json:"call"`
		Position  int `json:"position"`
		QueueSize int `json:"queue_size"`
	}
	customerPresence struct {
		CallID  string `json:"call_id"`
		Present bool   `json:"present"`
	}
)

// Join answers with the queue.
func (t queueTopic) Join(ctx context.Context, c *phx.Channel, _ json.RawMessage) (any, error) {
	s, v, department := t.s, visitorOf(c), topicID(c)
	if err := s.mayFollow(ctx, v, department); err != nil {
		return nil, refusalOf(err)
	}
	if _, err := s.feeds.use(ctx, v.tenant); err != nil {
		return nil, err
	}
	m := newMember(c, "")
	list, err := s.voki.Calls.QueueList(ctx, v.tenant, department)
	if err != nil {
		s.feeds.release(v.tenant)
		return nil, err
	}
	m.goLive(list.Seq, nil)
	reply := queueWire{Queue: make([]queuedWire, len(list.Calls)), QueueSize: len(list.Calls)}
	for i, w := range list.Calls {
		reply.Queue[i] = queuedWire{row(w.Call), w.Position, seconds(w.Estimate), customerPresent(w.Call)}
	}
	return reply, nil
}

// Push refuses everything: there is nothing to say on this topic.
func (queueTopic) Push(context.Context, *phx.Channel, string, json.RawMessage) (any, error) {
	return nil, phx.Refuse(reasonUnknownEvent)
}

// Left lets go of the feed.
func (t queueTopic) Left(_ context.Context, c *phx.Channel, _ phx.Reason) {
	t.s.feeds.release(visitorOf(c).tenant)
}

// mayFollow reports whether a visitor may see what goes on in a department: a user of the tenant, whom the host's
// Policy lets list the calls there. Returns [call.ErrForbidden] and [call.ErrDepartmentNotFound].
func (s *Server) mayFollow(ctx context.Context, v *visitor, department string) error {
	if !v.user() {
		return call.ErrForbidden
	}
	if _, err := s.voki.Calls.Department(ctx, v.tenant, department); err != nil {
		return err
	}
	q := call.Query{Tenant: v.tenant, Departments: []string{department}, Statuses: []call.Status{call.Queued}}
	return s.o.Policy.Scope(ctx, v.actor, &q)
}

// customerPresent tells whether a customer who waits is connected; null if he never was.
func customerPresent(c call.Call) *bool {
	p := c.Participant(call.SideCustomer)
	if p.Epoch == 0 {
		return nil
	}
	return &p.Present
}

// tellQueue says to a department's agents what an event changes in its queue, and has those who wait told of their
// places.
func (f *feed) tellQueue(ctx context.Context, e *call.Event) {
	event := ""
	switch {
	case e.Kind == call.KindCreated:
		event = "customer_joined"
	case e.Kind == call.KindAssigned:
		event = "call_assigned"
	case leftQueue(e):
		event = "customer_left"
	case e.Data.To == call.Queued && e.Data.Side == call.SideCustomer &&
		(e.Kind == call.KindJoined || e.Kind == call.KindLeft):
	default:
		return
	}
	p, err := f.s.voki.Calls.Place(ctx, f.tenant, e.CallID)
	if err != nil {
		f.failed(ctx, "a place in the queue could not be read", err)
		return
	}
	department := p.Call.Department.ID
	if event != "" {
		f.queueMoved(department)
	}
	members := f.s.members(f.tenant, topicQueue, department)
	if len(members) == 0 {
		return
	}
	n := &notice{event: e}
	if event == "" {
		n.messages = []outgoing{toAll("customer_presence", customerPresence{e.CallID, e.Kind == call.KindJoined})}
	} else {
		n.messages = []outgoing{toAll(event, queueEvent{row(p.Call), p.Position, p.Size})}
	}
	for _, m := range members {
		m.give(n)
	}
}

// waitingNow is what a customer who waits is told.
type waitingNow struct {
	CallID            string `json:"call_id"`
	Position          int    `json:"position"`
	EstimatedWaitTime int64  `json:"estimated_wait_time"`
}

// tellPlace tells a customer who has just joined where he stands.
func (s *Server) tellPlace(ctx context.Context, m *member, c *call.Call) {
	if m.side != call.SideCustomer || c.Status != call.Queued {
		return
	}
	w, err := s.voki.Calls.Waiting(ctx, c.Tenant, c.ID)
	if err == nil && w.Position > 0 {
		m.mu.Lock()
		m.waiting.CallID = c.ID // until the log says that he waits no more
		m.mu.Unlock()
		m.place(w)
	}
}

// place tells a customer where he stands, if that is news to him and he waits still as far as he has been told.
func (m *member) place(w call.Waiting) {
	now := waitingNow{w.Call.ID, w.Position, seconds(w.Estimate)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting.CallID == "" || m.waiting == now {
		return
	}
	m.waiting = now
	_ = m.channel.Push("queue_position", now)
}

// placesEvery bounds how often the places of a queue are told: each may be news to all who wait.
const placesEvery = 100 * time.Millisecond

func (f *feed) queueMoved(department string) {
	f.mu.Lock()
	f.moved[department] = true
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// tellPlaces tells customers who wait where they stand, as their queues move, until ctx ends.
func (f *feed) tellPlaces(ctx context.Context) {
	for {
		select {
		case <-f.wake:
		case <-ctx.Done():
			return
		}
		f.mu.Lock()
		moved := f.moved
		f.moved = map[string]bool{}
		f.mu.Unlock()
		for department := range moved {
			list, err := f.s.voki.Calls.QueueList(ctx, f.tenant, department)
			if err != nil {
				f.failed(ctx, "a queue could not be read", err)
				continue
			}
			for _, w := range list.Calls {
				for _, m := range f.s.members(f.tenant, topicCall, w.Call.ID) {
					m.place(w)
				}
			}
		}
		select {
		case <-time.After(placesEvery):
		case <-ctx.Done():
			return
		}
	}
}
