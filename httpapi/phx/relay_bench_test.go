package phx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// BenchmarkRelay is messages of 500 bytes from one client to another through real connections, whose clients are in the
// same process: through this package, and beside it through gorilla alone, with the usual reader and writer goroutine,
// where a message is bytes that are passed on.
func BenchmarkRelay(b *testing.B) {
	const pairs = 100
	for name, start := range map[string]func() (http.Handler, func()){"phx": relayPhx, "plain": relayPlain} {
		b.Run(name, func(b *testing.B) {
			handler, stop := start()
			server := httptest.NewServer(handler)
			defer server.Close()
			defer stop()
			var conns [2 * pairs]*websocket.Conn
			for i := range conns {
				url := fmt.Sprintf("ws%s/?vsn=2.0.0&pair=%d", strings.TrimPrefix(server.URL, "http"), i/2)
				var err error
				conns[i], _, err = websocket.DefaultDialer.Dial(url, nil)
				require.NoError(b, err)
				if name == "phx" {
					conns[i].WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `["6","6","room:%d","phx_join",{}]`, i/2))
					_, _, err = conns[i].ReadMessage()
					require.NoError(b, err)
				}
			}
			b.SetBytes(int64(len(signal)))
			b.ResetTimer()
			var all sync.WaitGroup
			for i, c := range conns {
				n := b.N/len(conns) + 1
				frame := []byte(strings.Replace(string(signal), "room:1", fmt.Sprintf("room:%d", i/2), 1))
				window := make(chan struct{}, 8) // so many are under way
				all.Go(func() {
					for range n {
						window <- struct{}{}
						c.WriteMessage(websocket.TextMessage, frame)
					}
				})
				all.Go(func() {
					for range n {
						if _, _, err := c.ReadMessage(); err != nil {
							b.Error(err)
							return
						}
						<-window
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			for _, c := range conns {
				c.Close()
			}
		})
	}
}

func relayPhx() (http.Handler, func()) {
	hub := phx.New(phx.Options{Rate: -1, ByteRate: -1, Router: (&relay{}).route})
	return upgrade(hub), func() { hub.Drain(context.Background()) }
}

// relay is a handler that passes everything on.
type relay struct{ counter }

func (h *relay) route(*phx.Socket, string) phx.Handler { return h }

func (h *relay) Push(_ context.Context, c *phx.Channel, event string, payload json.RawMessage) (any, error) {
	return phx.NoReply, c.Socket().Hub().BroadcastFrom(c, event, payload)
}

func relayPlain() (http.Handler, func()) {
	var mu sync.Mutex
	waiting := map[string]chan []byte{}
	upgrader := websocket.Upgrader{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		// The first of a pair makes both queues, the second takes them the other way round.
		pair := r.FormValue("pair")
		mu.Lock()
		in, second := waiting[pair+"in"], waiting[pair+"out"] != nil
		out := waiting[pair+"out"]
		if !second {
			in, out = make(chan []byte, 256), make(chan []byte, 256)
			waiting[pair+"in"], waiting[pair+"out"] = out, in
		}
		mu.Unlock()
		go func() {
			for data := range in {
				if c.WriteMessage(websocket.TextMessage, data) != nil {
					return
				}
			}
		}()
		defer close(out)
		for {
			_, data, err := c.ReadMessage()
			if err != nil {
				return
			}
			out <- data
		}
	}), func() {}
}
