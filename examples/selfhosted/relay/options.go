package relay

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Address is where clients come: udp://192.0.2.1:3478 or tcp://192.0.2.1:3478.
type Address struct {
	Network string // udp or tcp
	netip.AddrPort
}

func (a Address) String() string { return a.Network + "://" + a.AddrPort.String() }

// ParseAddress reads an address. 0.0.0.0 stands for all of the machine, and port 0 for one that is free.
func ParseAddress(s string) (Address, error) {
	network, rest, _ := strings.Cut(s, "://")
	at, err := netip.ParseAddrPort(rest)
	if err != nil || network != "udp" && network != "tcp" || !at.Addr().Is4() {
		return Address{}, fmt.Errorf("%q is no address such as udp://0.0.0.0:3478 or tcp://192.0.2.1:3478", s)
	}
	return Address{network, at}, nil
}

// Ports is the range, both ends included, of the ports that relays have.
type Ports struct{ First, Last uint16 }

// DefaultPorts are those that RFC 8656 recommends.
var DefaultPorts = Ports{49152, 65535}

func (p Ports) String() string { return fmt.Sprintf("%d-%d", p.First, p.Last) }

// ParsePorts reads a range such as 49152-65535.
func ParsePorts(s string) (Ports, error) {
	first, last, _ := strings.Cut(s, "-")
	from, err1 := strconv.ParseUint(first, 10, 16)
	to, err2 := strconv.ParseUint(last, 10, 16)
	if err1 != nil || err2 != nil || from == 0 || from > to {
		return Ports{}, fmt.Errorf("%q is no range of ports such as %s", s, DefaultPorts)
	}
	return Ports{uint16(from), uint16(to)}, nil
}
