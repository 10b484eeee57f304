package webhook

import (
	"context"
	"errors"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// isGone reports whether a subscription has answered 410 at the URL that it has.
func (s *Service) isGone(tenant string, sub Subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	url, gone := s.gone[follow.Target{Tenant: tenant, Name: sub.ID}]
	return gone && url == sub.URL
}

// isBack forgets that a subscription has answered 410.
func (s *Service) isBack(tenant, subscription string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.gone, follow.Target{Tenant: tenant, Name: subscription})
}

// isGoneNow remembers it, tells the host, and cancels what waits for that receiver. What it does not reach, because the
// store fails or ctx ends, is cancelled when its turn comes.
func (s *Service) isGoneNow(ctx context.Context, tenant string, sub Subscription) {
	s.mu.Lock()
	s.gone[follow.Target{Tenant: tenant, Name: sub.ID}] = sub.URL
	s.mu.Unlock()
	s.o.Logger.WarnContext(ctx, "a receiver of webhooks wants no more", "tenant", tenant, "webhook", sub.ID)
	s.o.Gone(ctx, tenant, sub.ID)

	a := actor(tenant, call.RoleSupervisor)
	waiting := follow.Filter{Queue: Queue, Target: sub.ID, States: []follow.State{follow.StatePending}}
	for after := ""; ; {
		jobs, err := s.voki.Jobs.List(ctx, a, waiting, after, 0)
		for _, j := range jobs {
			if err == nil {
				_, err = s.voki.Jobs.Cancel(ctx, a, j.ID)
			}
			if errors.Is(err, follow.ErrState) || errors.Is(err, follow.ErrNoJob) { // it has ended meanwhile
				err = nil
			}
			after = j.ID
		}
		if err != nil {
			s.o.Logger.WarnContext(ctx, "deliveries that wait could not be cancelled", "tenant", tenant, "webhook", sub.ID, "error", err)
		}
		if err != nil || len(jobs) == 0 {
			return
		}
	}
}
