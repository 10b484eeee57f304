//go:build linux

package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// cable is two network namespaces, the server's and the customer's, and a router between them that can stop to forward:
// no end is told, and each still reaches the router.
type cable struct {
	t                        *testing.T
	router, server, customer string
}

func newCable(t *testing.T) *cable {
	t.Helper()
	_, err := exec.LookPath("ip")
	needs(t, err == nil, "ip of iproute2")
	needs(t, os.Getuid() == 0, "root, to make network namespaces")
	name := fmt.Sprintf("voki-test-%d-", os.Getpid())
	c := &cable{t: t, router: name + "router", server: name + "server", customer: name + "customer"}
	for _, ns := range []string{c.router, c.server, c.customer} {
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() }) // and with it what is in it
		out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput()
		needs(t, err == nil, "network namespaces: "+string(out))
	}
	for n, ns := range []string{c.server, c.customer} {
		port, lan := fmt.Sprintf("port%d", n), fmt.Sprintf("10.213.%d.", n)
		out, err := exec.Command("ip", "-n", c.router, "link", "add", port, "type", "veth", "peer", "name", "cable", "netns", ns).CombinedOutput()
		needs(t, err == nil, "veth: "+string(out))
		c.ip(c.router, "addr", "add", lan+"1/24", "dev", port)
		c.ip(c.router, "link", "set", port, "up")
		c.ip(ns, "link", "set", "lo", "up")
		c.ip(ns, "addr", "add", lan+"2/24", "dev", "cable")
		c.ip(ns, "link", "set", "cable", "up")
		c.ip(ns, "route", "add", "default", "via", lan+"1")
	}
	c.forward(true)
	return c
}

func (c *cable) ip(ns string, args ...string) {
	c.t.Helper()
	out, err := exec.Command("ip", append([]string{"-n", ns}, args...)...).CombinedOutput()
	require.NoError(c.t, err, "ip %v: %s", args, out)
}

// forward says whether packets pass between the two.
func (c *cable) forward(yes bool) {
	c.t.Helper()
	value := "0"
	if yes {
		value = "1"
	}
	out, err := exec.Command("ip", "netns", "exec", c.router, "sh", "-c", "echo "+value+" > /proc/sys/net/ipv4/ip_forward").CombinedOutput()
	require.NoError(c.t, err, "%s", out)
}

// dialIn connects from a namespace: a socket stays where it was made.
func dialIn(ns string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // for ever: the thread ends with the goroutine
			var f *os.File
			if f, err = os.Open("/run/netns/" + ns); err != nil {
				return
			}
			defer f.Close() // only read
			if err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
				return
			}
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}()
		<-done
		return conn, err
	}
}

// asker makes a request in the attendant's name, which must succeed, and decodes the reply.
type asker func(method, path, body string, into any)

func (c *cable) asker(p *process) asker {
	client := http.Client{Transport: &http.Transport{DialContext: dialIn(c.server), DisableKeepAlives: true}, Timeout: patience}
	return func(method, path, body string, into any) {
		c.t.Helper()
		r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
		require.NoError(c.t, err)
		r.Header = http.Header{"Authorization": {"Bearer " + attendant}, "X-Tenant": {"avanter"}, "Content-Type": {"application/json"}}
		got, err := client.Do(r)
		require.NoError(c.t, err)
		defer got.Body.Close() // only read
		require.Equal(c.t, 200, got.StatusCode, path)
		require.NoError(c.t, json.NewDecoder(got.Body).Decode(into))
	}
}

// participant is a socket that has joined a call.
type participant struct {
	t     *testing.T
	conn  *websocket.Conn
	call  string
	reply string
	heard chan message // closed with the socket
}

type message struct {
	event, payload string
	at             time.Time
}

// join connects from a namespace, within the limit, and joins the call.
func join(t *testing.T, ns, url, token, call string, limit time.Duration) (*participant, error) {
	dialer := websocket.Dialer{NetDialContext: dialIn(ns), HandshakeTimeout: limit}
	conn, answer, err := dialer.Dial(url+"?vsn=2.0.0&token="+token, nil)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close() // it is empty
	t.Cleanup(func() { _ = conn.Close() })
	p := &participant{t: t, conn: conn, call: call, heard: make(chan message, 1000)}
	go func() {
		defer close(p.heard)
		for {
			var frame [5]json.RawMessage
			if conn.ReadJSON(&frame) != nil {
				return
			}
			p.heard <- message{strings.Trim(string(frame[3]), `"`), string(frame[4]), time.Now()}
		}
	}()
	p.push("phx_join", "{}")
	p.reply = p.next("phx_reply").payload
	if !strings.Contains(p.reply, `"status":"ok"`) {
		return nil, errors.New(p.reply)
	}
	return p, nil
}

func (p *participant) push(event, payload string) {
	p.t.Helper()
	frame := fmt.Sprintf(`["1","2","call:%s",%q,%s]`, p.call, event, payload)
	require.NoError(p.t, p.conn.WriteMessage(websocket.TextMessage, []byte(frame)))
}

func (p *participant) chat(text string) {
	p.t.Helper()
	p.push("chat", fmt.Sprintf(`{"text":%q}`, text))
}

// next is the next message, which must be the given event; replies and the call's details are left out unless asked for.
func (p *participant) next(event string) message {
	p.t.Helper()
	for late := time.After(patience); ; {
		select {
		case m, open := <-p.heard:
			require.True(p.t, open, "the socket is closed, not %s", event)
			if m.event == "phx_reply" && event != "phx_reply" {
				require.Contains(p.t, m.payload, `"status":"ok"`)
				continue
			}
			if m.event == "call_updated" && event != "call_updated" {
				continue
			}
			require.Equal(p.t, event, m.event, m.payload)
			return m
		case <-late:
			require.FailNow(p.t, "not told: "+event)
		}
	}
}

// hears is the next message, which must be a chat of the given text.
func (p *participant) hears(text string) message {
	p.t.Helper()
	m := p.next("chat")
	require.Contains(p.t, m.payload, `"`+text+`"`)
	return m
}

// quiet asserts that the socket is open and that nothing is left to read but replies, and how the call began, which may
// be told after what the two said.
func (p *participant) quiet() {
	p.t.Helper()
	for {
		select {
		case m, open := <-p.heard:
			require.True(p.t, open, "the socket is closed")
			if m.event == "call_updated" {
				require.Contains(p.t, m.payload, `"disconnected_at":null`)
				continue
			}
			require.Equal(p.t, "phx_reply", m.event, m.payload)
		default:
			return
		}
	}
}

// TestCutCable drops all packets between two network namespaces: for 10 s, of which nobody is told, and for 17 s, of which
// the server tells after 15.
func TestCutCable(t *testing.T) {
	c := newCable(t)
	p := startServer(t, []string{"ip", "netns", "exec", c.server},
		"serve", "--addr", "10.213.0.2:0", "--data", t.TempDir(), "--public-rate", "0", "--demo")
	defer func() {
		if t.Failed() {
			t.Log(p.stderr)
		}
	}()
	ask := c.asker(p)
	var details struct {
		Data struct {
			Status       string  `json:"status"`
			Disconnected *string `json:"disconnected_at"`
			Reconnected  *string `json:"reconnected_at"`
		}
	}
	var joined struct {
		Data struct {
			CallID string `json:"call_id"`
			Token  string `json:"websocket_token"`
			URL    string `json:"websocket_url"`
		}
	}
	ask("POST", "/api/v1/call/suporte/join", `{"name": "Maria"}`, &joined)
	call, path := joined.Data.CallID, "/api/v1/calls/"+joined.Data.CallID
	ask("POST", path+"/assign", "", &details)
	agent, err := join(t, c.server, joined.Data.URL, attendant, call, patience)
	require.NoError(t, err)
	customer, err := join(t, c.customer, joined.Data.URL, joined.Data.Token, call, patience)
	require.NoError(t, err)
	assert.Contains(t, agent.next("participant_joined").payload, "customer")
	ask("POST", path+"/start", "", &details)
	customer.next("call_updated")
	agent.next("call_updated")

	// What is sent 5.5 s after the cut is sent again by TCP after 0.2, 0.6, 1.4, 3 and 6.2 s: when the cable is back, and
	// before the server gives up.
	customer.chat("before")
	agent.hears("before")
	c.forward(false)
	cut := time.Now()
	time.Sleep(time.Until(cut.Add(5500 * time.Millisecond)))
	customer.chat("from the customer")
	agent.chat("from the agent")
	time.Sleep(time.Until(cut.Add(10 * time.Second)))
	agent.quiet()
	customer.quiet()
	c.forward(true)
	heard := [2]message{agent.hears("from the customer"), customer.hears("from the agent")}
	t.Logf("10 s of lost packets: all arrived after %v and %v", heard[0].at.Sub(cut).Round(time.Millisecond), heard[1].at.Sub(cut).Round(time.Millisecond))
	ask("GET", path, "", &details)
	assert.Equal(t, "active", details.Data.Status)
	assert.Nil(t, details.Data.Disconnected)

	// The last sign of life is this chat, or what TCP and the socket said within the moment after it.
	customer.chat("last")
	last := agent.hears("last").at
	c.forward(false)
	cut = time.Now()
	lost := agent.next("peer_disconnected")
	assert.Contains(t, lost.payload, `"participant":"customer"`)
	assert.Greater(t, lost.at.Sub(last), 10*time.Second)
	ask("GET", path, "", &details)
	assert.Equal(t, "active", details.Data.Status)
	assert.NotNil(t, details.Data.Disconnected)

	var resume struct {
		Response struct {
			Token string `json:"resume_token"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(customer.reply), &resume))
	_, err = join(t, c.customer, joined.Data.URL, resume.Response.Token, call, time.Second)
	require.Error(t, err, "nothing passes")
	time.Sleep(time.Until(cut.Add(17 * time.Second)))
	c.forward(true)
	cable := time.Now()
	returned, err := join(t, c.customer, joined.Data.URL, resume.Response.Token, call, time.Second)
	for err != nil && time.Since(cable) < 45*time.Second {
		returned, err = join(t, c.customer, joined.Data.URL, resume.Response.Token, call, time.Second)
	}
	require.NoError(t, err)
	back := agent.next("peer_reconnected")
	assert.Contains(t, back.payload, `"participant":"customer"`)
	agent.chat("welcome")
	returned.hears("welcome")
	returned.chat("here again")
	agent.hears("here again")
	ask("GET", path, "", &details)
	assert.Equal(t, "active", details.Data.Status)
	assert.NotNil(t, details.Data.Reconnected)
	t.Logf("17 s: lost %v after the last word, back %v after the cable", lost.at.Sub(last).Round(time.Millisecond), back.at.Sub(cable).Round(time.Millisecond))
}
