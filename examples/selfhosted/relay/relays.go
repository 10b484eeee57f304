package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// relays is the sockets of all relays, and the rules for where they send to.
type relays struct {
	allowed []netip.Prefix
	own     []netip.Addr // that relays are reached under

	mu     sync.RWMutex
	open   map[netip.AddrPort]*relay // by the address that they are reached under
	closed bool
}

func newRelays(allowed []netip.Prefix) *relays {
	return &relays{allowed: allowed, open: map[netip.AddrPort]*relay{}}
}

func (r *relays) announce(own netip.Addr) { r.own = append(r.own, own) }

// permit is asked by pion when a client wants to send to a peer, of which it tells no port.
func (r *relays) permit(_ net.Addr, peer net.IP) bool {
	to, ok := netip.AddrFromSlice(peer)
	to = to.Unmap()
	return ok && (slices.Contains(r.own, to) || reachable(to, r.allowed))
}

// sendable reports whether a relay may send to an address. Under the addresses of the server itself that is the other
// relays alone: what else the machine serves may trust in being asked from there.
func (r *relays) sendable(to netip.AddrPort) bool {
	if slices.Contains(r.own, to.Addr()) && !inAny(to.Addr(), r.allowed) {
		r.mu.RLock()
		defer r.mu.RUnlock()
		return r.open[to] != nil
	}
	return reachable(to.Addr(), r.allowed)
}

func (r *relays) count() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.open)
}

// close closes all relays; none is opened from then on.
func (r *relays) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, c := range r.open {
		_ = c.UDPConn.Close() // whoever reads from it notices, and closes it too
	}
	clear(r.open)
}

// relay is the socket of one relay.
type relay struct {
	*net.UDPConn
	all *relays
	at  netip.AddrPort // that it is reached under
}

var errPeer = errors.New("relays do not send there")

func (c *relay) WriteTo(p []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errPeer
	}
	peer := udp.AddrPort()
	peer = netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
	if !c.all.sendable(peer) {
		return 0, errPeer
	}
	return c.WriteToUDPAddrPort(p, peer)
}

func (c *relay) Close() error {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if c.all.open[c.at] != c {
		return nil // closed before
	}
	delete(c.all.open, c.at)
	return c.UDPConn.Close()
}

// generator opens relays for the clients of one address.
type generator struct {
	*relays
	local  netip.Addr
	public netip.Addr
	ports  Ports
}

// Validate is for pion.
func (generator) Validate() error { return nil }

// attempts is how often a port is tried before the range is taken for full.
const attempts = 32

// AllocatePacketConn opens a relay, on a port of the range by chance if none is asked for.
func (g generator) AllocatePacketConn(_ string, port int) (net.PacketConn, net.Addr, error) {
	var failed error
	for range attempts {
		try := uint16(port)
		if port == 0 {
			try = g.ports.First + uint16(rand.IntN(int(g.ports.Last-g.ports.First)+1)) //nolint:gosec // a port is no secret
		}
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(g.local, try)))
		if err != nil {
			failed = err
			continue
		}
		c := &relay{UDPConn: conn, all: g.relays, at: netip.AddrPortFrom(g.public, try)}
		if err := g.add(c); err != nil {
			return nil, nil, errors.Join(err, conn.Close())
		}
		return c, net.UDPAddrFromAddrPort(c.at), nil
	}
	return nil, nil, fmt.Errorf("no port of %s is free: %w", g.ports, failed)
}

func (r *relays) add(c *relay) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return net.ErrClosed
	}
	if r.open[c.at] != nil { // on another of the machine's addresses
		return fmt.Errorf("%s is taken", c.at)
	}
	r.open[c.at] = c
	return nil
}

// AllocateConn is for relays of TCP, which no browser asks for.
func (generator) AllocateConn(string, int) (net.Conn, net.Addr, error) {
	return nil, nil, errors.ErrUnsupported
}
