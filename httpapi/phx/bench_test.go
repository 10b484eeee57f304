package phx_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// signal is a frame of about 500 bytes, as two browsers exchange them.
var signal = []byte(`["6","7","room:1","relay",{"type":"offer","sdp":"` + strings.Repeat("v=0 a=candidate", 29) + `"}]`)

func BenchmarkDecode(b *testing.B) {
	for _, v := range []phx.Version{phx.V2, phx.V1} {
		frame := signal
		if v == phx.V1 {
			m, err := phx.V2.Decode(false, signal)
			require.NoError(b, err)
			frame, err = v.Append(nil, m)
			require.NoError(b, err)
		}
		b.Run(fmt.Sprintf("v%d", v), func(b *testing.B) {
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Decode(false, frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	m, err := phx.V2.Decode(false, signal)
	require.NoError(b, err)
	b.SetBytes(int64(len(signal)))
	b.ReportAllocs()
	dst := make([]byte, 0, 1024)
	for b.Loop() {
		dst, _ = phx.V2.Append(dst[:0], m)
	}
}

// BenchmarkBroadcast is what a broadcast costs the hub, to the last write, on connections that cost nothing.
func BenchmarkBroadcast(b *testing.B) {
	for _, subscribers := range []int{2, 1000} {
		b.Run(strconv.Itoa(subscribers), func(b *testing.B) {
			hub := phx.New(phx.Options{Router: (&room{}).route, JoinRate: -1, QueueMessages: 1 << 30, QueueBytes: 1 << 40})
			var written atomic.Int64
			for range subscribers {
				hub.Accept(newSink(&written, join1), phx.V2, nil)
			}
			until := func(n int64) {
				for written.Load() < n {
					runtime.Gosched()
				}
			}
			until(int64(subscribers)) // the replies
			payload := map[string]string{"sdp": strings.Repeat("a", 450)}
			b.ReportAllocs()
			for b.Loop() {
				hub.Broadcast("room:1", "n", payload)
				until(written.Load())
			}
			until(int64(subscribers) * int64(b.N+1))
			hub.Drain(context.Background())
		})
	}
}

// sink is a transport from which frames are read, and which swallows what is written.
type sink struct {
	written *atomic.Int64
	frames  chan string
	once    sync.Once
}

func newSink(written *atomic.Int64, frames ...string) *sink {
	s := &sink{written: written, frames: make(chan string, len(frames))}
	for _, f := range frames {
		s.frames <- f
	}
	return s
}

func (s *sink) NextReader() (int, io.Reader, error) {
	frame, ok := <-s.frames
	if !ok {
		return 0, nil, io.EOF
	}
	return websocket.TextMessage, strings.NewReader(frame), nil
}

func (s *sink) WriteMessage(int, []byte) error {
	s.written.Add(1)
	return nil
}

func (s *sink) WriteControl(kind int, _ []byte, _ time.Time) error {
	if kind == websocket.CloseMessage {
		return s.Close()
	}
	return nil
}

func (s *sink) SetWriteDeadline(time.Time) error  { return nil }
func (s *sink) SetReadLimit(int64)                {}
func (s *sink) SetPingHandler(func(string) error) {}
func (s *sink) SetPongHandler(func(string) error) {}

func (s *sink) Close() error {
	s.once.Do(func() { close(s.frames) })
	return nil
}

// BenchmarkIdleSocket reports the memory of an idle socket that has joined a topic, with all of gorilla and net, the
// stacks, and the bare TCP connection of the client in the same process.
func BenchmarkIdleSocket(b *testing.B) {
	const sockets = 2000
	for b.Loop() {
		hub := phx.New(phx.Options{Router: (&counter{}).route, JoinRate: -1})
		server := httptest.NewServer(upgrade(hub))
		before := inUse()
		conns := make([]net.Conn, sockets)
		for i := range conns {
			conns[i] = dialLean(b, server.Listener.Addr().String(), fmt.Sprintf(`["1","1","room:%d","phx_join",{}]`, i/2))
		}
		b.ReportMetric(float64(inUse()-before)/sockets, "B/socket")
		for _, c := range conns {
			c.Close()
		}
		hub.Drain(context.Background())
		server.Close()
	}
}

func (h *counter) route(*phx.Socket, string) phx.Handler { return h }

func inUse() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
	}
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// dialLean opens a WebSocket, joins, reads the reply and keeps nothing but the connection.
func dialLean(b *testing.B, addr, join string) net.Conn {
	c, err := net.Dial("tcp", addr)
	require.NoError(b, err)
	fmt.Fprintf(c, "GET /?vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	r := bufio.NewReaderSize(c, 512)
	res, err := http.ReadResponse(r, nil)
	require.NoError(b, err)
	require.Equal(b, http.StatusSwitchingProtocols, res.StatusCode)
	_, err = c.Write(append([]byte{0x81, 0x80 | byte(len(join)), 0, 0, 0, 0}, join...))
	require.NoError(b, err)
	_, err = r.Discard(2)
	require.NoError(b, err)
	return c
}
