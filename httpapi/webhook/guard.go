package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// ErrBlocked is why nothing was sent to a receiver whose name leads to an address that must not be sent to.
var ErrBlocked = errors.New("the address is not allowed")

// guard decides which addresses are connected to. It sees what is dialled, after the name has been looked up: whatever
// a name server says, and however often it says something else, nothing is sent to where it must not go.
type guard struct {
	allow  []netip.Prefix // networks that are allowed though they are not of the public internet
	public bool           // the public internet is allowed too
}

// control is for [net.Dialer]: it refuses before a packet is sent.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is none", ErrBlocked, address)
	}
	ip := at.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	if !g.public {
		return fmt.Errorf("%w: http without TLS goes only to networks that are named", ErrBlocked)
	}
	if !isPublic(ip) {
		return fmt.Errorf("%w: it is not of the public internet", ErrBlocked)
	}
	return nil
}

// isPublic reports whether an address, which is no IPv4 address mapped into IPv6, belongs to the public internet.
func isPublic(ip netip.Addr) bool {
	if ip.Is6() && !global6.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// global6 is the IPv6 that is given out to the world. Beyond it lie loopback, unique local (fc00::/7, with the metadata
// of clouds), link-local and multicast addresses, and IPv4 in disguise: ::/96 and NAT64 (64:ff9b::/96).
var global6 = netip.MustParsePrefix("2000::/3")

// special are the ranges, of IPv4 and of global6, that lead elsewhere than into the public internet, as IANA lists them,
// and one that a cloud has taken.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this host
	netip.MustParsePrefix("10.0.0.0/8"),       // private
	netip.MustParsePrefix("100.64.0.0/10"),    // shared, of carriers and clouds
	netip.MustParsePrefix("127.0.0.0/8"),      // loopback
	netip.MustParsePrefix("168.63.129.16/32"), // the inside of a cloud, at an address that looks public
	netip.MustParsePrefix("169.254.0.0/16"),   // link-local, with the metadata of clouds
	netip.MustParsePrefix("172.16.0.0/12"),    // private
	netip.MustParsePrefix("192.0.0.0/24"),     // assignments of the protocol
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation
	netip.MustParsePrefix("192.88.99.0/24"),   // relays of 6to4
	netip.MustParsePrefix("192.168.0.0/16"),   // private
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation
	netip.MustParsePrefix("224.0.0.0/3"),      // multicast, reserved, broadcast

	netip.MustParsePrefix("2001::/23"),     // assignments of the protocol; among them Teredo, which holds IPv4 addresses
	netip.MustParsePrefix("2001:db8::/32"), // documentation
	netip.MustParsePrefix("2002::/16"),     // 6to4, which holds IPv4 addresses
	netip.MustParsePrefix("3fff::/20"),     // documentation
}
