package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// customerSeat is what a customer who joins is told.
type customerSeat struct {
	CallID string `json:"call_id"`
	Token  string `json:"websocket_token"`
	URL    string `json:"websocket_url"`
}

// joinQueue has a customer join.
func joinQueue(p *process) customerSeat {
	p.t.Helper()
	var joined struct{ Data customerSeat }
	require.NoError(p.t, json.Unmarshal(p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`), &joined))
	return joined.Data
}

// TestSocketOfACustomer: the websocket_url of the reply leads somewhere, and SIGTERM tells who is there.
func TestSocketOfACustomer(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo", "--log-level", "debug")
	joined := joinQueue(p)
	_, refused, err := websocket.DefaultDialer.Dial(joined.URL+"?vsn=2.0.0&token=wrong-token", nil)
	require.Error(t, err)
	assert.Equal(t, http.StatusForbidden, refused.StatusCode)

	conn, _, err := websocket.DefaultDialer.Dial(joined.URL+"?vsn=2.0.0&token="+joined.Token, nil)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(`["1","1","call:`+joined.CallID+`","phx_join",{}]`)))
	_, reply, err := conn.ReadMessage()
	require.NoError(t, err)
	assert.Contains(t, string(reply), `"status":"queued"`)
	assert.Contains(t, string(p.must(200, "GET", "/metrics", "", "")), "\nvoki_sockets 1\n")

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
	assert.True(t, websocket.IsCloseError(err, websocket.CloseServiceRestart), "%v", err)
	assert.Zero(t, p.wait())
	log := p.stderr.String()
	assert.Contains(t, log, "route=/socket/websocket")
	for _, secret := range []string{joined.Token, "wrong-token", strings.Split(joined.Token, ".")[1]} {
		assert.NotContains(t, log, secret)
	}
}

// TestServerThatStandsStill: a server that was stopped for longer than a socket may be silent, as a virtual machine is
// that moves, blames none of its clients, who have spoken all the time.
func TestServerThatStandsStill(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "--demo")
	ended := make(chan error, 10)
	for range cap(ended) {
		joined := joinQueue(p)
		conn, _, err := websocket.DefaultDialer.Dial(joined.URL+"?vsn=2.0.0&token="+joined.Token, nil)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(`["1","1","call:`+joined.CallID+`","phx_join",{}]`)))
		go func() {
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					ended <- err
					return
				}
			}
		}()
		go func() {
			for range time.Tick(time.Second) {
				if conn.WriteMessage(websocket.TextMessage, []byte(`[null,"2","phoenix","heartbeat",{}]`)) != nil {
					return
				}
			}
		}()
	}
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
	time.Sleep(17 * time.Second)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGCONT))
	select {
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(3 * time.Second):
	}
	assert.Contains(t, string(p.must(200, "GET", "/metrics", "", "")), "\nvoki_sockets 10\n")
}
