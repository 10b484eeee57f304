package main_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/turn/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startCoturn runs the TURN server that most use, on loopback, and returns where. It is killed at the end of the test.
func startCoturn(t *testing.T, secret string) (address string) {
	t.Helper()
	program, err := exec.LookPath("turnserver")
	needs(t, err == nil, "turnserver (package coturn)")
	address = freePort(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)

	dir := t.TempDir()
	log := &output{}
	c := exec.Command(program, "-n", "--use-auth-secret", "--static-auth-secret", secret, "--realm", "test",
		"--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", port, "--allow-loopback-peers",
		"--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout",
		"--pidfile", filepath.Join(dir, "pid"), "--userdb", filepath.Join(dir, "db"))
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})
	client := turnClient(t, iceServer{URLs: []string{"turn:" + address}}, 0)
	require.Eventually(t, func() bool {
		_, err := client.SendBindingRequest()
		return err == nil
	}, patience, 10*time.Millisecond, "%s", log)
	return address
}

// freePort is an address of loopback that is free for UDP and TCP. Its port is below those that the system gives by
// itself: nobody gets it by chance before it is used.
func freePort(t *testing.T) (address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		address = fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		udp, err := net.ListenPacket("udp4", address)
		if err != nil {
			return false
		}
		defer udp.Close() // nothing is kept in it
		tcp, err := net.Listen("tcp4", address)
		return err == nil && tcp.Close() == nil
	}, patience, time.Millisecond)
	return address
}

// coturn takes the credentials that customers are given for it, for as long as they are good.
func TestCoturnTakesTheCredentials(t *testing.T) {
	const shared = "a secret that coturn knows too"
	address := startCoturn(t, shared)
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(shared+"\n"), 0o600))
	p := serve(t, t.TempDir(), "--demo", "--turn-secret-file", file,
		"--turn-url", fmt.Sprintf("turn:%[1]s?transport=udp,turn:%[1]s?transport=tcp", address))
	ours, theirs := p.customerServers(), p.customerServers()
	require.Len(t, ours, 1)

	a, b := allocate(t, ours[0], 0), allocate(t, theirs[0], 1)
	_, err := b.WriteTo([]byte("a permission"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9})
	require.NoError(t, err)
	assert.True(t, passes(t, a, b, soon), "from UDP to TCP")
	assert.True(t, passes(t, b, a, soon), "from TCP to UDP")

	user, word, err := turn.GenerateLongTermTURNRESTCredentials(shared, "somebody", -2*time.Second)
	require.NoError(t, err)
	for name, s := range map[string]iceServer{
		"expired":      {ours[0].URLs, user, word},
		"another word": {ours[0].URLs, ours[0].Username, "x" + ours[0].Credential},
		"another name": {ours[0].URLs, ours[0].Username + "x", ours[0].Credential},
	} {
		_, err := turnClient(t, s, 0).Allocate()
		assert.Error(t, err, name)
	}
}
