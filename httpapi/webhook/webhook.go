// Package webhook tells receivers of a company's events over HTTP: at least once each, in order per call, signed, under
// an id that is the same on every try. docs/webhooks.md is the page for those who write receivers.
//
// Deliveries are jobs of package follow, one for each event and subscription: their rows are the log of deliveries, and
// how they are tried again, survive a crash and are given up is told there. This package knows what is sent, where it may
// go, and what an answer means. Who is subscribed is the host's to say.
//
// It must never know how subscriptions are kept, nor change what it tells of.
package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
)

// ErrNotFound is returned for a subscription or a delivery that is not there.
var ErrNotFound = errors.New("no such webhook or delivery")

// Options say who is told, and how. Only Subscriptions is required.
type Options struct {
	Subscriptions Subscriptions

	// Allow names networks beside the public internet to which webhooks may go, and to which alone they may go by http
	// without TLS. Names are looked up first: what counts is the address that is connected to. Defaults to none.
	Allow []netip.Prefix

	RootCAs *x509.CertPool // who may certify receivers. Defaults to those of the system
	Timeout time.Duration  // of a try in all. Defaults to 15 s
	Workers int            // tries at once. Defaults to 64, of which one subscription has 4 at most
	Backoff follow.Backoff // pauses between tries. Defaults to that of package follow
	GiveUp  time.Duration  // how long an event is tried. Defaults to 24 h

	// Gone is told that a receiver has answered 410: it wants no more. Until the process ends, the URL of the subscription
	// changes, or somebody asks for a test or a redelivery, nothing is sent to it; a host that disables the subscription
	// makes that last. Defaults to nobody.
	Gone func(ctx context.Context, tenant, subscription string)

	// Observe is told of every try of a delivery. It must not block. Defaults to nobody.
	Observe func(tenant string, event call.Kind, t Try)

	Logger *slog.Logger // gets ids and outcomes, no addresses and no texts. Defaults to one that discards
}

// The defaults.
const (
	defaultTimeout = 15 * time.Second
	defaultWorkers = 64
	perTarget      = 4
)

// Queue is the name of the queue whose jobs deliveries are.
const Queue = "webhooks"

// Service sends webhooks. It is safe for concurrent use.
type Service struct {
	o     Options
	voki  *voki.Voki
	http  *sender
	queue *follow.Queue[follow.Tx]

	mu   sync.Mutex
	gone map[follow.Target]string // subscriptions that have answered 410, and the URL at which they did
}

// New returns a service that sends nothing before [Service.Run]. The first one on a store begins with the events that
// come after it. It fails without Subscriptions, or if the store does.
func New(v *voki.Voki, o Options) (*Service, error) {
	if o.Subscriptions == nil {
		return nil, errors.New("webhook: Options.Subscriptions is required")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Gone == nil {
		o.Gone = func(context.Context, string, string) {}
	}
	if o.Observe == nil {
		o.Observe = func(string, call.Kind, Try) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o, voki: v, http: newSender(o), gone: map[follow.Target]string{}}
	s.queue = v.Queue(follow.Options[follow.Tx]{
		Name: Queue, Plan: s.plan, Do: s.deliver, Workers: o.Workers, PerTarget: perTarget,
		Backoff: o.Backoff, GiveUp: o.GiveUp, Logger: o.Logger,
	})
	if err := s.queue.Begin(context.Background()); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return s, nil
}

// Run delivers until ctx ends, and then returns nil; what was being sent is sent again by the next Run.
func (s *Service) Run(ctx context.Context) error {
	defer s.http.close()
	return s.queue.Run(ctx)
}
