package webhook

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// TestEvent is the event of a test delivery, whose data is empty.
const TestEvent = "webhook.test"

// Status is a subscription, and whether it has answered 410.
type Status struct {
	Subscription
	Gone bool
}

// List returns the subscriptions of the actor's tenant. Returns an error that Is [call.ErrForbidden] below supervisor.
func (s *Service) List(ctx context.Context, a call.Actor) ([]Status, error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return nil, err
	}
	subs, err := s.o.Subscriptions.Subscriptions(ctx, a.Tenant)
	list := make([]Status, len(subs))
	for i, sub := range subs {
		list[i] = Status{sub, s.isGone(a.Tenant, sub)}
	}
	return list, err
}

// Deliveries returns those of the actor's tenant that the filter picks, in the order of the log, behind the id after; see
// [follow.Jobs.List]. A delivery's Kind is its event, its Target the subscription.
func (s *Service) Deliveries(ctx context.Context, a call.Actor, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	f.Queue = Queue
	return s.voki.Jobs.List(ctx, a, f, after, limit)
}

// Redeliver sends a delivery that has ended, well or not, once more under its id: before what waits in its call's line,
// and for a day again if it fails. Returns [ErrNotFound], and what [follow.Jobs.Retry] returns.
func (s *Service) Redeliver(ctx context.Context, a call.Actor, id string) error {
	j, err := s.voki.Jobs.Get(ctx, a, id)
	if errors.Is(err, follow.ErrNoJob) || err == nil && j.Queue != Queue {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	s.isBack(a.Tenant, j.Target)
	_, err = s.voki.Jobs.Retry(ctx, a, id)
	return err
}

// Test sends a subscription an event of no call, once and at once, though it may be disabled, and says how that went. It
// is not among the deliveries. Returns [ErrNotFound], and an error that Is [call.ErrForbidden] below supervisor.
func (s *Service) Test(ctx context.Context, a call.Actor, subscription string) (Try, error) {
	if err := a.Require(call.RoleSupervisor); err != nil {
		return Try{}, err
	}
	sub, err := s.subscription(ctx, a.Tenant, subscription)
	if err != nil {
		return Try{}, err
	}
	id := idPrefix + "test" + rand.Text()
	body, err := message{
		ID: id, Event: TestEvent, Timestamp: timestamp(call.Now()), Tenant: a.Tenant, Data: json.RawMessage("{}"),
	}.encode()
	if err != nil {
		return Try{}, err
	}
	t := s.http.send(ctx, sub, id, body)
	if t.Err == nil {
		s.isBack(a.Tenant, sub.ID)
	}
	return t, nil
}
