package phx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/avanter/voki/httpapi/phx"
)

// lobby lets everybody in and tells all who is there what one of them says.
type lobby struct{}

func (lobby) Join(_ context.Context, c *phx.Channel, _ json.RawMessage) (any, error) {
	if c.Socket().User() == "" {
		return nil, phx.Refuse("unauthorized")
	}
	return map[string]any{"hello": c.Socket().User()}, nil
}

func (lobby) Push(_ context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	if event != "say" {
		return nil, phx.Refuse("unknown event")
	}
	return nil, c.Socket().Hub().Broadcast(c.Topic(), "said", payload)
}

func (lobby) Left(context.Context, *phx.Channel, phx.Reason) {}

// A hub behind an HTTP server, and a client.
func Example() {
	hub := phx.New(phx.Options{ReadLimitError: websocket.ErrReadLimit, Router: func(_ *phx.Socket, topic string) phx.Handler {
		if topic == "lobby" {
			return lobby{}
		}
		return nil
	}})
	// A small buffer to read and a pool of those to write keep idle sockets small.
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferPool: new(sync.Pool)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, err := phx.ParseVersion(r.FormValue("vsn"))
		if err != nil {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
			_, _ = hub.Accept(conn, version, r.FormValue("user")) // a hub that drains has closed it
		}
	}))
	defer server.Close()
	defer hub.Drain(context.Background())

	client, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/?vsn=2.0.0&user=ana", nil)
	if err != nil {
		panic(err)
	}
	for _, frame := range []string{`["1","1","lobby","phx_join",{}]`, `["1","2","lobby","say",{"text":"hi"}]`} {
		client.WriteMessage(websocket.TextMessage, []byte(frame))
	}
	for range 3 {
		_, frame, _ := client.ReadMessage()
		fmt.Println(string(frame))
	}
	// Output:
	// ["1","1","lobby","phx_reply",{"status":"ok","response":{"hello":"ana"}}]
	// [null,null,"lobby","said",{"text":"hi"}]
	// ["1","2","lobby","phx_reply",{"status":"ok","response":{}}]
}
