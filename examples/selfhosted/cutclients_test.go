//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stockClients installs the clients that browsers run into a folder, with the script that the tests run.
func stockClients(t *testing.T) (dir string) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		_, err := exec.LookPath(program)
		needs(t, err == nil, program)
	}
	dir = t.TempDir()
	pinned := filepath.Join("..", "..", "httpapi", "phx", "testdata", "clients")
	for _, file := range []string{
		filepath.Join(pinned, "package.json"), filepath.Join(pinned, "package-lock.json"), filepath.Join("testdata", "customer.js"),
	} {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o600))
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	install.Dir = dir
	out, err := install.CombinedOutput()
	needs(t, err == nil, "the npm packages: "+string(out))
	return dir
}

// stockCustomer is a call whose customer is a stock client behind the cable.
type stockCustomer struct {
	client string
	path   string // of the call
	agent  *participant
	out    *output
}

func (c *cable) customerOf(ask asker, dir, client, host string) *stockCustomer {
	c.t.Helper()
	var joined struct {
		Data struct {
			CallID string `json:"call_id"`
			Token  string `json:"websocket_token"`
			URL    string `json:"websocket_url"`
		}
	}
	ask("POST", "/api/v1/call/suporte/join", `{"name": "Maria"}`, &joined)
	call := joined.Data.CallID
	s := &stockCustomer{client: client, path: "/api/v1/calls/" + call, out: &output{}}
	ask("POST", s.path+"/assign", "", new(any))
	var err error
	s.agent, err = join(c.t, c.server, joined.Data.URL, attendant, call, patience)
	require.NoError(c.t, err)
	node := exec.CommandContext(c.t.Context(), "ip", "netns", "exec", c.customer,
		"node", filepath.Join(dir, "customer.js"), client, host, joined.Data.Token, "call:"+call)
	node.Stdout, node.Stderr = s.out, s.out
	require.NoError(c.t, node.Start())
	c.t.Cleanup(func() { _ = node.Wait() }) // it is killed
	s.agent.next("participant_joined")
	ask("POST", s.path+"/start", "", new(any))
	return s
}

// TestCutCableOfStockClients is TestCutCable with the clients that browsers run, whose reconnecting is their own.
func TestCutCableOfStockClients(t *testing.T) {
	c, dir := newCable(t), stockClients(t)
	p := startServer(t, []string{"ip", "netns", "exec", c.server},
		"serve", "--addr", "10.213.0.2:0", "--data", t.TempDir(), "--public-rate", "0", "--demo")
	ask := c.asker(p)
	var customers []*stockCustomer
	for _, client := range []string{"phoenix-1.8", "phoenix-1.7", "phoenix-1.6", "phoenix-1.5", "phoenix-channels"} {
		customers = append(customers, c.customerOf(ask, dir, client, strings.TrimPrefix(p.url, "http://")))
	}
	all := func(do func(s *stockCustomer)) {
		for _, s := range customers {
			do(s)
		}
	}
	defer func() {
		if t.Failed() {
			all(func(s *stockCustomer) { t.Logf("%s: %s", s.client, s.out) })
		}
	}()
	answered := func(text string) {
		t.Helper()
		all(func(s *stockCustomer) { s.agent.chat(text) })
		all(func(s *stockCustomer) { s.agent.hears(text + ", says " + s.client) })
	}
	answered("hello")

	// 10 s, of which nobody is told. TestCutCable says why the word comes after 5.5 s.
	c.forward(false)
	cut := time.Now()
	time.Sleep(time.Until(cut.Add(5500 * time.Millisecond)))
	all(func(s *stockCustomer) { s.agent.chat("still there") })
	time.Sleep(time.Until(cut.Add(10 * time.Second)))
	all(func(s *stockCustomer) { s.agent.quiet() })
	c.forward(true)
	all(func(s *stockCustomer) { s.agent.hears("still there, says " + s.client) })
	all(func(s *stockCustomer) { assert.Equal(t, "open\njoined\n", s.out.String(), s.client) })

	// 18 s: all are lost, and come back by themselves.
	answered("last")
	c.forward(false)
	cut = time.Now()
	all(func(s *stockCustomer) { s.agent.next("peer_disconnected") })
	time.Sleep(time.Until(cut.Add(18 * time.Second)))
	c.forward(true)
	cable := time.Now()
	all(func(s *stockCustomer) {
		back := s.agent.next("peer_reconnected")
		t.Logf("%s: back %v after the cable", s.client, back.at.Sub(cable).Round(time.Millisecond))
	})
	answered("welcome")
	all(func(s *stockCustomer) {
		var details struct{ Data struct{ Status string } }
		ask("GET", s.path, "", &details)
		assert.Equal(t, "active", details.Data.Status, s.client)
	})
}
