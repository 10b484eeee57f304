package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelayBetweenTwoClients(t *testing.T) {
	p := serveRelay(t, "--turn-ports", "61000-61999", "--log-level", "debug", "--stun", "stun:stun.example.com")
	servers := [2][]iceServer{p.customerServers(), p.customerServers()}
	assert.Equal(t, iceServer{URLs: []string{"stun:stun.example.com"}}, servers[0][0])
	ours, theirs := servers[0][1], servers[1][1]
	require.Len(t, ours.URLs, 2)
	assert.Regexp(t, `^turn:127\.0\.0\.1:\d+\?transport=udp$`, ours.URLs[0])
	assert.Regexp(t, `^turn:127\.0\.0\.1:\d+\?transport=tcp$`, ours.URLs[1])

	a, b := allocate(t, ours, 0), allocate(t, theirs, 1)
	for _, relay := range []net.PacketConn{a, b} {
		port := relay.LocalAddr().(*net.UDPAddr).Port
		assert.True(t, port >= 61000 && port <= 61999, port)
		// A relay hears only those to whom it has wanted to send; the port does not matter.
		_, err := relay.WriteTo([]byte("a permission"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9})
		require.NoError(t, err)
	}
	assert.True(t, passes(t, a, b, soon), "from UDP to TCP")
	assert.True(t, passes(t, b, a, soon), "from TCP to UDP")
	assert.Contains(t, string(p.must(200, "GET", "/metrics", "", "")), "voki_turn_relays 2")

	require.Zero(t, p.stop())
	_, name, _ := strings.Cut(ours.Username, ":")
	assert.Contains(t, p.stderr.String(), "participant="+name)
	for _, secret := range []string{ours.Credential, "Maria", ":" + strconv.Itoa(a.LocalAddr().(*net.UDPAddr).Port)} {
		assert.NotContains(t, p.stderr.String(), secret)
	}
}

func TestRelayRefusesCredentials(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, anyRelay...)
	good := p.customerServers()[0]
	file := filepath.Join(dir, "turn-secret")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	secret := strings.TrimSpace(string(content))
	made := func(secret string, lifetime time.Duration) iceServer {
		user, word, err := turn.GenerateLongTermTURNRESTCredentials(secret, "somebody", lifetime)
		require.NoError(t, err)
		return iceServer{good.URLs, user, word}
	}
	for name, s := range map[string]iceServer{
		"none":              {good.URLs, "", ""},
		"another word":      {good.URLs, good.Username, "x" + good.Credential},
		"another name":      {good.URLs, good.Username + "x", good.Credential},
		"a later expiry":    {good.URLs, "9" + good.Username, good.Credential},
		"no expiry":         {good.URLs, "somebody", good.Credential},
		"expired":           made(secret, -2*time.Second),
		"of another secret": made(strings.Repeat("x", 64), time.Hour),
	} {
		for n, way := range []string{"udp", "tcp"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				_, err := turnClient(t, s, n).Allocate()
				assert.Error(t, err)
			})
		}
	}
	allocate(t, made(secret, time.Hour), 0)
	require.Zero(t, p.stop())

	t.Setenv("VOKI_TURN_SECRET", strings.Repeat("s", 32))
	p = serve(t, dir, anyRelay...)
	allocate(t, iceServer{p.customerServers()[0].URLs, made(strings.Repeat("s", 32), time.Hour).Username, made(strings.Repeat("s", 32), time.Hour).Credential}, 0)
	t.Setenv("VOKI_TURN_SECRET", "short")
	got := voki(t, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, anyRelay...)...)
	assert.Contains(t, got.stderr, "VOKI_TURN_SECRET: the secret must have at least 32 bytes, and has 5")
}

func TestRelaySendsNowhereInside(t *testing.T) {
	inside, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer inside.Close() // nothing is kept in it

	p := serveRelay(t)
	s := p.customerServers()[0]
	client := turnClient(t, s, 0)
	relay, err := client.Allocate()
	require.NoError(t, err)
	assert.False(t, passes(t, relay, inside, never), "the machine's own services")
	for _, peer := range []string{"127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::ffff:127.0.0.2", "::1", "0.0.0.0"} {
		assert.Error(t, client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(peer), Port: 80}), peer)
	}
	assert.NoError(t, client.CreatePermission(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}))

	p = serveRelay(t, "--turn-allow-peers", "127.0.0.0/8")
	assert.True(t, passes(t, allocate(t, p.customerServers()[0], 1), inside, soon), "when it is allowed")
}

func TestRelaysOfOneParticipantAreLimited(t *testing.T) {
	p := serveRelay(t)
	one, other := p.customerServers()[0], p.customerServers()[0]
	relays := make([]net.PacketConn, 32)
	for i := range relays {
		relays[i] = allocate(t, one, i%2)
	}
	_, err := turnClient(t, one, 0).Allocate()
	assert.ErrorContains(t, err, "486")
	allocate(t, other, 0)
	require.NoError(t, relays[0].Close())
	allocate(t, one, 0)
}

func TestRelayEndsWithTheServer(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, anyRelay...)
	s := p.customerServers()[0]
	allocate(t, s, 0)
	allocate(t, s, 1)
	upload := slowUpload(t, p)
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), "draining") }, soon, time.Millisecond)
	allocate(t, s, 0) // as long as requests are in progress, calls are too
	upload.write(t, "\r\n--b--\r\n")
	require.NoError(t, upload.in.Close())
	assert.Zero(t, p.wait())

	// The secret stays, and so does what it has signed.
	again := serve(t, dir, anyRelay...).customerServers()[0]
	s.URLs = again.URLs
	allocate(t, s, 0)
}

func TestServeRefusesWrongRelays(t *testing.T) {
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close() // nothing is kept in it
	dir := t.TempDir()
	file := func(content string) string {
		name := filepath.Join(dir, strconv.Itoa(len(content)))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
		return name
	}
	one := file("a secret\n")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"address":         {[]string{"--turn", "127.0.0.1:3478"}, `--turn: "127.0.0.1:3478" is no address such as udp://`},
		"IPv6":            {[]string{"--turn", "udp://[::]:3478"}, `--turn: "udp://[::]:3478" is no address`},
		"not public":      {[]string{"--turn", "udp://0.0.0.0:0"}, "--turn-public: udp://0.0.0.0:0 does not say under which address"},
		"public name":     {[]string{"--turn", "udp://0.0.0.0:0", "--turn-public", "a.org"}, `--turn-public: "a.org" is no IPv4 address`},
		"public alone":    {[]string{"--turn-public", "192.0.2.1"}, "they are for a relay that --turn runs"},
		"in use":          {[]string{"--turn", "udp://" + taken.LocalAddr().String()}, "address already in use"},
		"ports":           {[]string{"--turn-ports", "5-4"}, `--turn-ports: "5-4" is no range of ports such as 49152-65535`},
		"peers":           {[]string{"--turn", "udp://127.0.0.1:0", "--turn-allow-peers", "x"}, `--turn-allow-peers: "x" is neither`},
		"STUN":            {[]string{"--stun", "stun.example.com"}, `--stun: "stun.example.com" is neither a STUN address`},
		"TURN as STUN":    {[]string{"--stun", "turn:example.com"}, "--stun: a TURN server needs"},
		"TURN":            {[]string{"--turn-url", "turn.example.com", "--turn-secret-file", one}, `--turn-url: "turn.example.com" is neither`},
		"no secret":       {[]string{"--turn-url", "turn:example.com"}, "--turn-url and --turn-secret-file: one needs the other"},
		"secret alone":    {[]string{"--turn-secret-file", one}, "one needs the other"},
		"no secret there": {[]string{"--turn-url", "turn:example.com", "--turn-secret-file", "/nowhere"}, "no such file"},
		"empty secret":    {[]string{"--turn-url", "turn:example.com", "--turn-secret-file", file(" \n")}, "must hold one line"},
		"two lines":       {[]string{"--turn-url", "turn:example.com", "--turn-secret-file", file("a\nb")}, "must hold one line"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"serve", "--data", filepath.Join(t.TempDir(), "data"), "--addr", "127.0.0.1:0"}
			got := voki(t, append(args, test.args...)...)
			assert.Equal(t, 1, got.code)
			assert.Contains(t, got.stderr, test.want)
		})
	}
}
