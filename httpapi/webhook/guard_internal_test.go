package webhook

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGuard(t *testing.T) {
	inside := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
		"100::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1",
	}
	outside := []string{
		"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "223.255.255.255",
		"::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1", "2400:cb00::1",
	}
	asks := func(g guard, ip string) error { return g.control("tcp", net.JoinHostPort(ip, "443"), nil) }
	world, named := guard{public: true}, guard{allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fe80::/10")}}
	for _, ip := range inside {
		assert.ErrorIs(t, asks(world, ip), ErrBlocked, ip)
	}
	for _, ip := range outside {
		assert.NoError(t, asks(world, ip), ip)
		assert.ErrorIs(t, asks(named, ip), ErrBlocked, "%s without TLS", ip)
	}
	for _, ip := range []string{"10.1.2.3", "::ffff:10.1.2.3", "fe80::1%lo"} {
		assert.NoError(t, asks(named, ip), ip)
	}
	for _, ip := range []string{"11.0.0.1", "127.0.0.1", "::1"} {
		assert.ErrorIs(t, asks(named, ip), ErrBlocked, ip)
	}
	assert.ErrorIs(t, world.control("unix", "/run/socket", nil), ErrBlocked)
}
