package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/avanter/voki/call"
)

// Subscriptions is how the host says who is told of a company's events.
type Subscriptions interface {
	// Subscriptions returns those of a tenant; none for a tenant without any, or that there is not. It is asked for
	// every event and for every try, so it should answer from memory. An error is logged, and the event or the try is
	// not lost: it is asked again.
	Subscriptions(ctx context.Context, tenant string) ([]Subscription, error)
}

// Subscription is an address that is told of events.
type Subscription struct {
	ID  string // unique in the tenant, as [call.ValidID] has it; deliveries are kept under it, so it stays when the URL changes
	URL string // https, or http where [Options.Allow] lets it go

	// Secrets sign what is sent; see [CheckSecret]. While one is being changed there are two, the new one first.
	Secrets []string

	Events   []call.Kind // of [Events]. Defaults to all
	Disabled bool        // nothing is sent, and what waits is cancelled when its turn comes
}

// Events lists the kinds of events that can be subscribed to, in the order of a call's life.
func Events() []call.Kind {
	return []call.Kind{
		call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted, call.KindMissed, call.KindCancelled,
		call.KindAbandoned, call.KindDisconnected, call.KindReconnected, call.KindRecordingReady,
		call.KindTranscriptReady, call.KindSummaryReady,
	}
}

// wants reports whether an event is to be delivered.
func (s Subscription) wants(kind call.Kind) bool {
	return !s.Disabled && slices.Contains(Events(), kind) && (len(s.Events) == 0 || slices.Contains(s.Events, kind))
}

// check returns why nothing can be sent to s.
func (s Subscription) check() error {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address is no https:// or http:// URL") // and is not shown: it may hold a password
	}
	if len(s.Secrets) == 0 {
		return errors.New("the subscription has no secret")
	}
	for _, secret := range s.Secrets {
		if err := CheckSecret(secret); err != nil {
			return fmt.Errorf("secret: %w", err)
		}
	}
	return nil
}

// subscription returns one of a tenant. Returns [ErrNotFound].
func (s *Service) subscription(ctx context.Context, tenant, id string) (Subscription, error) {
	all, err := s.o.Subscriptions.Subscriptions(ctx, tenant)
	if err != nil {
		return Subscription{}, fmt.Errorf("subscriptions: %w", err)
	}
	i := slices.IndexFunc(all, func(sub Subscription) bool { return sub.ID == id })
	if i < 0 {
		return Subscription{}, ErrNotFound
	}
	return all[i], nil
}
