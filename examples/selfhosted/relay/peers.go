package relay

import (
	"net/netip"
	"slices"
)

// inside are the ranges of IPv4 that lead into a network instead of to the world, as IANA lists them: a relay that
// sent there would let anybody with credentials talk to what only neighbours are to reach.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network
	netip.MustParsePrefix("10.0.0.0/8"),     // private
	netip.MustParsePrefix("100.64.0.0/10"),  // shared, of carriers and clouds
	netip.MustParsePrefix("127.0.0.0/8"),    // loopback
	netip.MustParsePrefix("169.254.0.0/16"), // link-local, with the metadata of clouds
	netip.MustParsePrefix("172.16.0.0/12"),  // private
	netip.MustParsePrefix("192.0.0.0/24"),   // assignments of the protocol
	netip.MustParsePrefix("192.88.99.0/24"), // relays of IPv6, out of use
	netip.MustParsePrefix("192.168.0.0/16"), // private
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("224.0.0.0/3"),    // multicast, reserved, broadcast
}

// reachable reports whether relays may send to an address, of which it must be known that it is not the server's own.
// None of IPv6 is: relays speak IPv4.
func reachable(peer netip.Addr, allowed []netip.Prefix) bool {
	return peer.Is4() && (!inAny(peer, inside) || inAny(peer, allowed))
}

func inAny(addr netip.Addr, ranges []netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(addr) })
}
