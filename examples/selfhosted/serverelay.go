package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/examples/selfhosted/relay"
	"github.com/avanter/voki/httpapi"
)

// listenRelay takes the addresses of the built-in relay, if there is to be one, and has browsers told of it.
func (s *serving) listenRelay(ctx context.Context) error {
	o := s.options.relay
	if len(o.Listen) == 0 {
		return nil
	}
	var err error
	if o.Secret, err = s.data.Dir.TurnSecret(os.Getenv(datadir.TurnSecretVariable)); err != nil {
		return err
	}
	o.Logger = s.log
	if s.relay, err = relay.Listen(ctx, o); err != nil {
		return fmt.Errorf("--turn: %w", err)
	}
	s.options.ice = append(s.options.ice, httpapi.ICEServer{URLs: s.relay.URLs(), Secret: o.Secret})
	s.log.Info("relays for browsers", "urls", s.relay.URLs(), "ports", o.Ports.String())
	return nil
}

// closeRelay closes a relay that may not have been run.
func (s *serving) closeRelay() {
	if s.relay != nil {
		_ = s.relay.Close() // nothing is kept in it
	}
}

// relayCount returns what counts the relays; nil without any.
func (s *serving) relayCount() func() int {
	if s.relay == nil {
		return nil
	}
	return s.relay.Relays
}

// background is what runs beside the requests, until those that were in progress have finished.
func (s *serving) background(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.voki.Run(ctx) })
	g.Go(func() error { return s.hooks.Run(ctx) })
	if s.relay != nil {
		g.Go(func() error { return s.relay.Run(ctx) })
	}
	return g.Wait()
}
