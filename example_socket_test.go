package voki_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/storage/memory"
)

// page is what an agent's page does with the stock client: it joins a topic, and reads what it is told there.
type page struct{ *websocket.Conn }

func openPage(server *httptest.Server, token, topic string) page {
	address := "ws" + strings.TrimPrefix(server.URL, "http") + httpapi.SocketPath + "?vsn=2.0.0&token=" + token
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	check(err)
	check(conn.WriteJSON([]any{"1", "1", topic, "phx_join", struct{}{}}))
	return page{conn}
}

// show prints the next messages.
func (p page) show(messages int) {
	for range messages {
		var frame [5]json.RawMessage
		check(p.ReadJSON(&frame))
		var event string
		check(json.Unmarshal(frame[3], &event))
		var m struct {
			Participant  string
			GraceSeconds int `json:"grace_seconds"`
			Status       string
			EndReason    string `json:"end_reason"`
			Call         struct{ Status string }
		}
		check(json.Unmarshal(frame[4], &m))
		words := []any{event}
		for _, word := range []string{m.Participant, m.Status, m.Call.Status, m.EndReason} {
			if word != "" {
				words = append(words, word)
			}
		}
		fmt.Println(words...)
		if m.GraceSeconds > 0 {
			fmt.Println("  until", m.GraceSeconds, "s have passed")
		}
	}
}

// An agent's page is told of all that happens to the call, however it was done. Here the host does it, and the customer
// has a connection of the host's own, which breaks, and comes back in time.
func Example_socket() {
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	auth, err := jwtauth.New(jwtauth.Options{Keys: [][]byte{[]byte("a secret of thirty-two bytes, or more")}})
	check(err)
	api, err := httpapi.New(v, httpapi.Options{Authenticator: auth})
	check(err)
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle(httpapi.SocketPath, api.Socket())
	server := httptest.NewServer(mux)
	defer server.Close()
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- v.Run(running) }()
	go func() { ended <- api.Run(running) }()

	ctx := context.Background()
	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.Calls.Assign(ctx, ana, c.ID, "")
	check(err)
	token, err := auth.Sign(ana, time.Minute)
	check(err)
	agent := openPage(server, token, "call:"+c.ID)
	agent.show(1)

	customer, err := v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	agent.show(1)
	_, err = v.Calls.Start(ctx, ana, c.ID)
	check(err)
	agent.show(1)
	check(customer.Lost(ctx))
	agent.show(2)
	customer, err = v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	agent.show(2)
	check(customer.Leave(ctx)) // hangs up
	agent.show(3)

	stop()
	_, _, err = agent.ReadMessage()
	fmt.Println("the server goes down:", websocket.IsCloseError(err, websocket.CloseServiceRestart))
	fmt.Println(<-ended, <-ended)
	// Output:
	// phx_reply ok
	// participant_joined customer
	// call_updated active
	// peer_disconnected customer
	//   until 60 s have passed
	// call_updated active
	// peer_reconnected customer
	// call_updated active
	// call_updated completed
	// call_ended completed normal
	// phx_close
	// the server goes down: true
	// <nil> <nil>
}
