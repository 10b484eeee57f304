// Package relay is the TURN server of the binary: pion/turn, with its own rules for who may use how much and where a
// relay sends to.
//
// Clients come by UDP or TCP, over IPv4, with the time-limited credentials that package httpapi makes of the same
// secret; each gets relays of UDP. A relay sends to public addresses and to other relays of this server, and nowhere
// into the network that the server stands in, unless [Options] say so. Nothing that is logged names an address.
package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"

	"github.com/pion/logging"
	"github.com/pion/turn/v4"
)

// Options say what is relayed, and for whom.
type Options struct {
	Listen []Address  // at least one
	Public netip.Addr // under which clients and relays are reached. Defaults to the address that is listened on
	Ports  Ports      // of the relays. Defaults to DefaultPorts
	Secret string     // of the credentials

	// AllowedPeers are ranges that relays may send to, though they lie inside a network.
	AllowedPeers []netip.Prefix

	Logger *slog.Logger // is told who has how many relays, at debug level. Defaults to one that discards
}

// realm is what the server says that credentials are for.
const realm = "voki"

// Server is a TURN server that listens.
type Server struct {
	config turn.ServerConfig
	urls   []string
	relays *relays
	quota  *quota
}

// Listen takes the addresses. The server must be run or closed.
func Listen(ctx context.Context, o Options) (*Server, error) {
	if o.Ports == (Ports{}) {
		o.Ports = DefaultPorts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{relays: newRelays(o.AllowedPeers), quota: newQuota(o.Logger)}
	// What pion logs is full of addresses of people.
	silent := &logging.DefaultLoggerFactory{Writer: io.Discard}
	s.config = turn.ServerConfig{
		Realm:         realm,
		AuthHandler:   turn.LongTermTURNRESTAuthHandler(o.Secret, silent.NewLogger("")),
		QuotaHandler:  s.quota.allow,
		EventHandler:  turn.EventHandler{OnAllocationCreated: s.quota.opened, OnAllocationDeleted: s.quota.closed},
		LoggerFactory: silent,
		InboundMTU:    maxMessage,
	}
	for _, at := range o.Listen {
		if err := s.listen(ctx, at, o); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", at, err), s.Close())
		}
	}
	return s, nil
}

func (s *Server) listen(ctx context.Context, at Address, o Options) error {
	public := o.Public
	if !public.IsValid() {
		public = at.Addr()
	}
	if public.IsUnspecified() {
		return errors.New("the address under which it is reached must be told")
	}
	s.relays.announce(public)
	sockets := generator{relays: s.relays, local: at.Addr(), public: public, ports: o.Ports}
	var port int
	if at.Network == "tcp" {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp4", at.AddrPort.String())
		if err != nil {
			return err
		}
		port = l.Addr().(*net.TCPAddr).Port
		s.config.ListenerConfigs = append(s.config.ListenerConfigs, turn.ListenerConfig{
			Listener: newListener(l), RelayAddressGenerator: sockets, PermissionHandler: s.relays.permit,
		})
	} else {
		c, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", at.AddrPort.String())
		if err != nil {
			return err
		}
		port = c.LocalAddr().(*net.UDPAddr).Port
		s.config.PacketConnConfigs = append(s.config.PacketConnConfigs, turn.PacketConnConfig{
			PacketConn: c, RelayAddressGenerator: sockets, PermissionHandler: s.relays.permit,
		})
	}
	s.urls = append(s.urls, fmt.Sprintf("turn:%s:%d?transport=%s", public, port, at.Network))
	return nil
}

// URLs are the addresses of the server as browsers are told them.
func (s *Server) URLs() []string { return s.urls }

// Relays is how many relays are open.
func (s *Server) Relays() int { return s.relays.count() }

// Run serves until ctx ends. Then the server and all relays are closed.
func (s *Server) Run(ctx context.Context) error {
	if _, err := turn.NewServer(s.config); err != nil {
		return errors.Join(err, s.Close())
	}
	<-ctx.Done()
	return s.Close()
}

// Close closes what [Listen] opened and what has come of it. A server that runs is ended by its context instead.
func (s *Server) Close() error {
	var err error
	for _, c := range s.config.PacketConnConfigs {
		err = errors.Join(err, c.PacketConn.Close())
	}
	for _, c := range s.config.ListenerConfigs {
		err = errors.Join(err, c.Listener.Close())
	}
	s.relays.close()
	return err
}
