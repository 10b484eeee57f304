package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/admin"
	"github.com/avanter/voki/examples/selfhosted/config"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/examples/selfhosted/demo"
	"github.com/avanter/voki/examples/selfhosted/relay"
	"github.com/avanter/voki/examples/selfhosted/server"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/media/webm"
)

// serving is a server on its way up.
type serving struct {
	flags   serveFlags
	options checkedFlags
	out     io.Writer
	log     *slog.Logger

	who     *config.Config
	data    *datadir.Data
	voki    *voki.Voki
	api     *httpapi.Server
	hooks   *webhook.Service
	auth    *jwtauth.Authenticator
	relay   *relay.Server // nil: none
	address string        // as a client on this machine writes it
}

func newServe() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to end (SIGTERM, SIGINT). It tells its sockets (1012), and finishes the
requests that it has, at most for some seconds; a second signal ends it at once.

Everything is kept in the data directory. Access tokens are signed with VOKI_JWT_SECRET (at least 32 bytes; several,
separated by commas, are all accepted, and the first signs) or, if that is not set, with a secret that is made at the
first start and kept there. The configuration voki.yaml says who is who; the first start writes one to begin with.

--turn runs a relay (TURN) beside it, for browsers between which a network stands; browsers are told of it and of the
servers that --stun and --turn-url name. Its credentials are good for 12 hours and made with VOKI_TURN_SECRET or, if that
is not set, with a secret that is kept in the data directory. Relays send to the public internet and to each other.

Recordings of companies whose features say so become transcripts and summaries. OPENAI_API_KEY, or OPENAI_BASE_URL for
another server that speaks the same, says who makes them; --transcriber-cmd makes transcripts without any, by a speech
program that is installed here. Without either none are made.

The webhooks of voki.yaml are told of events. They go to the public internet by https, and to the networks that
--webhook-allow names by https or http.

--demo adds, once, the companies of the API page with their calls, declared in demo.yaml beside voki.yaml.`,
		Example: `  voki serve --demo
  voki serve --data /var/lib/voki --addr :443 --tls-cert cert.pem --tls-key key.pem --public-url https://calls.example.com
  voki serve --data /var/lib/voki --trusted-proxies 10.0.0.0/8 --public-url https://calls.example.com
  voki serve --data /var/lib/voki --turn udp://0.0.0.0:3478,tcp://0.0.0.0:3478 --turn-public 203.0.113.7
  voki serve --data /var/lib/voki --transcriber-cmd '/usr/local/bin/transcribe.sh {input} {lang}'
  voki serve --data /var/lib/voki --turn-url turn:turn.example.com --turn-secret-file /etc/voki/turn-secret`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			s.out = c.OutOrStdout()
			if s.options, err = s.flags.check(c.ErrOrStderr()); err != nil {
				return err
			}
			s.log = s.options.log
			return s.run(c.Context())
		},
	}
	s.flags.define(c)
	return c
}

func (s *serving) run(ctx context.Context) (err error) {
	if err := s.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.data.Close()) }()

	if err := s.listenRelay(ctx); err != nil {
		return err
	}
	defer s.closeRelay() // if it comes to no run
	handler, local, err := s.build(ctx)
	if err != nil {
		return err
	}
	queued := ""
	if s.flags.demo {
		queued, err = demo.Load(ctx, demo.Options{Store: s.data.Store, Blobs: s.data.Blobs, Config: s.who, Logger: s.log})
		if err != nil {
			return err
		}
	}
	commands, err := admin.Listen(s.data.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admin.RemoveSocket(s.data.Dir)) }()
	public, err := new(net.ListenConfig).Listen(ctx, "tcp", s.flags.addr)
	if err != nil {
		return errors.Join(fmt.Errorf("--addr: %w", err), commands.Close())
	}
	s.address = address(public.Addr(), s.options.tls)
	if err := s.announce(queued); err != nil {
		return errors.Join(err, public.Close(), commands.Close())
	}
	return server.Run(ctx, server.Listeners{
		Public: public, Handler: handler, TLS: s.options.tls,
		Admin: commands, AdminHandler: admin.Handler(local, s.log), Logger: s.log,
	}, s.api.Run, s.background)
}

// open takes the data directory, writes what it lacks, reads the configuration and opens the data.
func (s *serving) open() error {
	dir := s.flags.where.dir()
	if err := dir.Create(); err != nil {
		return err
	}
	lock, err := dir.Lock()
	if err != nil {
		return err
	}
	if err := s.prepare(dir); err != nil {
		return errors.Join(err, lock.Release())
	}
	s.data, err = lock.Open(s.flags.store)
	return err
}

func (s *serving) prepare(dir datadir.Dir) error {
	defaults := map[string][]byte{}
	if s.flags.where.config == "" {
		defaults[datadir.ConfigName] = config.Example
	}
	if s.flags.demo {
		defaults[datadir.DemoName] = demo.Configuration
	}
	var err error
	if s.who, err = dir.Config(s.flags.where.config, defaults); err != nil {
		return explainDemo(dir, err)
	}
	// Only what goes together is written: the next start reads it too.
	for name, content := range defaults {
		written, err := dir.WriteDefault(name, content)
		if err != nil {
			return err
		}
		if written {
			s.log.Info("wrote a configuration", "file", dir.Path(name))
		}
	}
	keys, err := dir.Secrets(os.Getenv(datadir.SecretVariable), true)
	if err != nil {
		return err
	}
	s.auth, err = jwtauth.New(jwtauth.Options{Keys: keys})
	return err
}

// explainDemo says what to do if what does not fit is a demo.yaml that is still to be written.
func explainDemo(dir datadir.Dir, err error) error {
	demoFile := dir.Path(datadir.DemoName)
	if _, there := os.Stat(demoFile); there == nil {
		return err
	}
	var problems config.Problems
	if errors.As(err, &problems) && slices.ContainsFunc(problems, func(p config.Problem) bool { return p.File == demoFile }) {
		return fmt.Errorf("--demo: the demonstration's companies do not go with this configuration, give them a directory "+
			"of their own with --data; nothing was written\n%w", err)
	}
	return err
}

// build wires the library: what any host does.
func (s *serving) build(ctx context.Context) (http.Handler, *admin.Local, error) {
	tenants, err := s.data.RememberTenants(ctx, s.who.Slugs())
	if err != nil {
		return nil, nil, err
	}
	options := voki.Options{
		Store: s.data.Store, Blobs: s.data.Blobs, Directory: s.who, Tenants: s.who, Plans: s.who,
		Limits: s.options.limits, Prober: webm.Prober{}, Logger: s.log,
	}
	if err := s.scribe(&options); err != nil {
		return nil, nil, err
	}
	if s.voki, err = voki.New(options); err != nil {
		return nil, nil, err
	}
	s.api, err = httpapi.New(s.voki, httpapi.Options{
		Authenticator: s.auth, Links: s.who, Logger: s.log,
		PublicURL: s.flags.publicURL, PublicRate: s.options.publicRate,
		TrustedProxies: s.options.proxies, AllowedOrigins: s.flags.origins, ICE: s.options.ice,
	})
	if err != nil {
		return nil, nil, err
	}
	tries := server.NewWebhookTries()
	s.hooks, err = webhook.New(s.voki, webhook.Options{
		Subscriptions: s.who, Allow: s.options.webhookAllow, Observe: tries.Observe, Logger: s.log,
	})
	if err != nil {
		return nil, nil, err
	}
	handler := server.Handler(server.Options{
		Voki: s.voki, API: s.api, Webhooks: tries, Relays: s.relayCount(), Version: versionText(), Logger: s.log,
	})
	local := &admin.Local{
		Voki: s.voki, Hooks: s.hooks, Serving: true, Data: s.data, Tenants: tenants, ConfigFile: s.data.Dir.ConfigFile(s.flags.where.config),
	}
	return handler, local, nil
}

// announce says where the server listens, and with --demo what to try there, all at once: who waits for the address
// finds the rest beside it.
func (s *serving) announce(queued string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "voki %s serves %s (data in %s)\n", versionText(), s.address, s.data.Dir)
	if s.flags.demo {
		sign := func(a call.Actor) (string, error) { return s.auth.Sign(a, demoTokenTTL) }
		if err := demo.Guide(&b, s.address, queued, sign); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(s.out)
	return err
}

// demoTokenTTL is how long the printed tokens are good for.
const demoTokenTTL = 12 * time.Hour

// address is what a client on this machine opens to reach a listener.
func address(listening net.Addr, secure *tls.Config) string {
	scheme := "http://"
	if secure != nil {
		scheme = "https://"
	}
	at, err := netip.ParseAddrPort(listening.String())
	if err == nil && at.Addr().IsUnspecified() {
		return fmt.Sprintf("%slocalhost:%d", scheme, at.Port())
	}
	return scheme + listening.String()
}
