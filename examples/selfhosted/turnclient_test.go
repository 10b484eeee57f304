package main_test

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v4"
	"github.com/stretchr/testify/require"
)

// iceServer is one of the servers that a browser is told of.
type iceServer struct {
	URLs       []string
	Username   string
	Credential string
}

// customerServers lets a customer join and returns the servers that he is told of.
func (p *process) customerServers() []iceServer {
	p.t.Helper()
	var joined struct {
		Data struct {
			WebsocketToken string `json:"websocket_token"`
		}
	}
	body := p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria Oliveira"}`)
	require.NoError(p.t, json.Unmarshal(body, &joined))
	var got struct {
		Data struct {
			Servers []iceServer `json:"ice_servers"`
		}
	}
	body = p.must(200, "GET", "/api/v1/call/turn-credentials", joined.Data.WebsocketToken, "")
	require.NoError(p.t, json.Unmarshal(body, &got))
	return got.Data.Servers
}

// anyRelay has a relay on free ports of loopback, for both ways to it.
var anyRelay = []string{"--demo", "--turn", "udp://127.0.0.1:0,tcp://127.0.0.1:0"}

func serveRelay(t *testing.T, args ...string) *process {
	t.Helper()
	return serve(t, t.TempDir(), append(anyRelay[:len(anyRelay):len(anyRelay)], args...)...)
}

// turnClient is a client of the n-th address of a server.
func turnClient(t *testing.T, s iceServer, n int) *turn.Client {
	t.Helper()
	address, _, _ := strings.Cut(strings.TrimPrefix(s.URLs[n], "turn:"), "?")
	var conn net.PacketConn
	if strings.HasSuffix(s.URLs[n], "=tcp") {
		c, err := net.Dial("tcp4", address)
		require.NoError(t, err)
		conn = turn.NewSTUNConn(c)
	} else {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		require.NoError(t, err)
		conn = c
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: address, STUNServerAddr: address, Conn: conn, Username: s.Username, Password: s.Credential,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard},
	})
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); _ = conn.Close() })
	require.NoError(t, client.Listen())
	return client
}

// allocate opens a relay that must be given.
func allocate(t *testing.T, s iceServer, n int) net.PacketConn {
	t.Helper()
	relay, err := turnClient(t, s, n).Allocate()
	require.NoError(t, err)
	t.Cleanup(func() { _ = relay.Close() }) // the server may be gone
	return relay
}

// passes reports whether a datagram gets from one to the other. It is sent again until it does.
func passes(t *testing.T, from, to net.PacketConn, patience time.Duration) bool {
	t.Helper()
	got, buf := make(chan string, 1), make([]byte, 100)
	require.NoError(t, to.SetReadDeadline(time.Now().Add(patience)))
	go func() {
		n, _, _ := to.ReadFrom(buf)
		got <- string(buf[:n])
	}()
	for {
		if _, err := from.WriteTo([]byte("through the relay"), to.LocalAddr()); err != nil {
			t.Log(err)
		}
		select {
		case text := <-got:
			return text == "through the relay"
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const (
	soon  = patience
	never = 200 * time.Millisecond // for what does not come
)
