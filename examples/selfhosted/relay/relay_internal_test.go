package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhereRelaysSendTo(t *testing.T) {
	r := newRelays([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	r.announce(netip.MustParseAddr("203.0.113.7"))
	g := generator{relays: r, local: netip.MustParseAddr("127.0.0.1"), public: r.own[0], ports: DefaultPorts}
	conn, at, err := g.AllocatePacketConn("udp4", 0)
	require.NoError(t, err)
	defer conn.Close() // nothing is kept in it

	for to, want := range map[string]bool{
		"8.8.8.8:53": true, "192.0.2.1:1": true, "172.15.0.1:1": true, "172.32.0.1:1": true, "223.255.255.255:1": true,
		"10.1.255.255:1": true, "10.2.0.0:1": false, "10.0.255.255:1": false,
		"127.0.0.1:1": false, "127.255.0.1:1": false, "0.0.0.0:1": false, "192.168.0.1:1": false, "172.16.0.1:1": false,
		"172.31.255.255:1": false, "169.254.169.254:80": false, "100.64.0.1:1": false, "198.19.0.1:1": false,
		"224.0.0.1:1": false, "240.0.0.1:1": false, "255.255.255.255:1": false,
		"[::1]:1": false, "[2001:db8::1]:1": false, "[fe80::1]:1": false, "[64:ff9b::a00:1]:1": false,
		at.String(): true, "203.0.113.7:80": false,
	} {
		assert.Equal(t, want, r.sendable(netip.MustParseAddrPort(to)), to)
	}
	assert.True(t, r.permit(nil, net.ParseIP("203.0.113.7")), "the other relays are there")
	assert.False(t, r.permit(nil, net.ParseIP("::ffff:127.0.0.1")), "IPv4 in the clothes of IPv6")
	assert.False(t, r.permit(nil, nil))

	_, err = conn.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP("::ffff:127.0.0.1"), Port: 80})
	assert.ErrorIs(t, err, errPeer)
	_, err = conn.WriteTo([]byte("x"), &net.TCPAddr{})
	assert.ErrorIs(t, err, errPeer)
	require.NoError(t, conn.Close())
	require.NoError(t, conn.Close(), "twice does nothing")
	assert.False(t, r.sendable(netip.MustParseAddrPort(at.String())), "a relay that is closed")
	assert.Zero(t, r.count())
}

func TestPortsOfRelays(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer taken.Close() // nothing is kept in it
	port := uint16(taken.LocalAddr().(*net.UDPAddr).Port)
	loopback := netip.MustParseAddr("127.0.0.1")
	r := newRelays(nil)
	_, _, err = generator{r, loopback, loopback, Ports{port, port}}.AllocatePacketConn("udp4", 0)
	assert.ErrorContains(t, err, "no port of")

	r.close()
	_, _, err = generator{r, loopback, loopback, DefaultPorts}.AllocatePacketConn("udp4", 0)
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestParse(t *testing.T) {
	for _, s := range []string{"udp://0.0.0.0:3478", "tcp://192.0.2.1:0"} {
		at, err := ParseAddress(s)
		assert.NoError(t, err)
		assert.Equal(t, s, at.String())
	}
	for _, s := range []string{"", "0.0.0.0:1", "tls://0.0.0.0:1", "udp:0.0.0.0:1", "udp://a.org:1", "udp://0.0.0.0", "udp://0.0.0.0:65536", "udp://[::]:1"} {
		_, err := ParseAddress(s)
		assert.Error(t, err, s)
	}
	for s, want := range map[string]Ports{"1-65535": {1, 65535}, "7-7": {7, 7}} {
		got, err := ParsePorts(s)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, s := range []string{"", "1", "0-5", "5-4", "1-65536", "a-b", "1-2-3", "-1-5"} {
		_, err := ParsePorts(s)
		assert.Error(t, err, s)
	}
}

// stun is a message of STUN with the given length in its header and as many bytes of attributes.
func stun(length uint16, attributes int) []byte {
	m := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12+attributes)...)
	binary.BigEndian.PutUint16(m[2:], length)
	return m
}

func TestMessagesOfAStream(t *testing.T) {
	client, server := net.Pipe()
	accepted := make(chan net.Conn, 1)
	accepted <- server
	l := newListener(&fakeListener{accepted})
	c, err := l.Accept()
	require.NoError(t, err)
	messages := [][]byte{
		stun(0, 0), stun(8, 8), {0x40, 0, 0, 0}, {0x40, 1, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0}, stun(1576, 1576),
	}
	go func() {
		for _, b := range bytes.Join(messages, nil) {
			_, _ = client.Write([]byte{b}) // a byte at a time
		}
	}()
	buf := make([]byte, maxMessage)
	for i, want := range messages {
		n, err := c.Read(buf)
		require.NoError(t, err, i)
		assert.Equal(t, want, buf[:n], i)
	}
	require.NoError(t, l.Close())
	_, err = c.Read(buf)
	assert.Error(t, err, "clients end with the listener")
	accepted <- server
	close(accepted)
	_, err = l.Accept()
	assert.ErrorIs(t, err, net.ErrClosed, "and no more are taken")
}

// fakeListener accepts what it is given.
type fakeListener struct{ conns chan net.Conn }

func (f *fakeListener) Accept() (net.Conn, error) {
	if c, ok := <-f.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (*fakeListener) Close() error   { return nil }
func (*fakeListener) Addr() net.Addr { return nil }

// Of whoever sends what is no message the connection is closed at once, and nothing is left running.
func TestNoMessages(t *testing.T) {
	s, err := Listen(t.Context(), Options{Listen: []Address{{"tcp", netip.MustParseAddrPort("127.0.0.1:0")}}, Secret: "s"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	at := s.config.ListenerConfigs[0].Listener.Addr().String()
	dial := func() net.Conn {
		c, err := net.Dial("tcp4", at)
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		return c
	}
	for name, bad := range map[string][]byte{
		"length that overflows":   stun(0xffec, 0),
		"greatest length":         stun(0xfffc, 0),
		"length not padded":       stun(3, 3),
		"more than a packet":      stun(1584, 1584),
		"data more than a packet": {0x40, 0, 0xff, 0xff, 0},
		"data that overflows":     {0x40, 0, 0xff, 0xfd, 0},
		"no cookie":               make([]byte, 20),
		"HTTP":                    []byte("GET / HTTP/1.1\r\n\r\n"),
		"TLS":                     {0x16, 3, 1, 0, 0xfc, 1, 0, 0},
		"no channel":              {0x80, 0, 0, 4, 0, 0, 0, 0},
	} {
		c := dial()
		_, err := c.Write(bad)
		require.NoError(t, err, name)
		_, err = c.Read(make([]byte, 1))
		assert.Error(t, err, name)
		var timeout net.Error
		assert.False(t, errors.As(err, &timeout) && timeout.Timeout(), name)
	}
	good := dial()
	_, err = good.Write(stun(0, 0))
	require.NoError(t, err)
	_, err = io.ReadFull(good, make([]byte, 20))
	require.NoError(t, err, "a binding request is answered")
	cancel()
	require.NoError(t, <-ended)
	_, err = io.ReadAll(good)
	assert.NoError(t, err, "closed with the server")
	_, err = net.Dial("tcp4", at)
	assert.Error(t, err)
}
