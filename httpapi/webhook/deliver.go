package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/httpapi"
)

// plan makes a delivery of an event for each subscription that wants it. One that has answered 410 is not planned for.
func (s *Service) plan(ctx context.Context, e call.Event) ([]follow.Job, error) {
	subs, err := s.o.Subscriptions.Subscriptions(ctx, e.Tenant)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	var jobs []follow.Job
	for _, sub := range subs {
		if !sub.wants(e.Kind) || s.isGone(e.Tenant, sub) {
			continue
		}
		jobs = append(jobs, follow.Job{
			ID: deliveryID(e, sub.ID), Kind: string(e.Kind), Target: sub.ID,
			Lane: fmt.Sprintf("%s %s %s", Queue, sub.ID, e.CallID), // neither id holds white space
		})
	}
	return jobs, nil
}

// deliver makes one try.
func (s *Service) deliver(ctx context.Context, j follow.Job) (done follow.Done[follow.Tx], err error) {
	sub, err := s.subscription(ctx, j.Tenant, j.Target)
	if errors.Is(err, ErrNotFound) || err == nil && (sub.Disabled || s.isGone(j.Tenant, sub)) {
		return done, &follow.Unwanted{Err: errors.New("the webhook is not there any more, disabled, or gone")}
	}
	if err != nil {
		return done, err
	}
	body, err := s.body(ctx, j)
	if errors.Is(err, call.ErrNotFound) || errors.Is(err, call.ErrTenantNotFound) {
		return done, &follow.Unwanted{Err: err} // what it is about is not there any more
	}
	if err != nil {
		return done, err
	}
	t := s.http.send(ctx, sub, j.ID, body)
	if t.Err != nil && ctx.Err() != nil { // it was cut off, and is no try
		return done, ctx.Err()
	}
	s.o.Observe(j.Tenant, call.Kind(j.Kind), t)
	switch {
	case t.Err == nil:
		done.Result = t.Outcome()
		return done, nil
	case t.Status == http.StatusGone:
		s.isGoneNow(ctx, j.Tenant, sub)
		return done, &follow.Refused{Err: failure{t}}
	case t.RetryAfter > 0:
		return done, &follow.Later{After: t.RetryAfter, Err: failure{t}}
	}
	return done, failure{t}
}

// failure is a try that was no success, as package follow notes it.
type failure struct{ Try }

func (f failure) Error() string { return f.Err.Error() }
func (f failure) Unwrap() error { return f.Err }

// body is what is sent: the event as it was, and the call as it is, as an attendant sees it. Returns [call.ErrNotFound]
// and [call.ErrTenantNotFound].
func (s *Service) body(ctx context.Context, j follow.Job) ([]byte, error) {
	e, err := s.voki.Event(ctx, j.Tenant, j.Seq)
	if err != nil {
		return nil, err
	}
	d, err := s.voki.Detail(ctx, actor(j.Tenant, call.RoleAttendant), j.CallID)
	if err != nil {
		return nil, err
	}
	return message{
		ID: j.ID, Event: j.Kind, Timestamp: timestamp(e.Time), Tenant: j.Tenant, Data: httpapi.DetailJSON(d),
	}.encode()
}

// actor is this package, to the services.
func actor(tenant string, role call.Role) call.Actor {
	return call.Actor{Tenant: tenant, ID: Queue, Role: role}
}
