//go:build unix

package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi"
)

// returning is how many customers are lost at once, and come back.
const returning = 500

// BenchmarkReturn is what it costs that a lost customer comes back: dial, handshake, join with his resume_token, until
// he is joined and his agent knows; beside it dial and handshake alone, at a bare gorilla. The losses before are not
// counted. CPU and allocations are those of the whole process: of the clients there is the same in both, but for the
// join and what the agents read.
func BenchmarkReturn(b *testing.B) {
	b.Run("voki", func(b *testing.B) {
		w := newWorld(b, withOptions(func(o *httpapi.Options) { o.SocketsPerUser = -1 }))
		server := httptest.NewServer(w.api.Socket())
		defer server.Close()
		ctx, cancel := context.WithCancel(b.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = w.api.Run(ctx) })
		defer running.Wait()
		defer cancel()

		var lost, back atomic.Int64 // as the agents know
		var agents sync.WaitGroup
		defer agents.Wait()
		customers := make([]*leanSocket, returning)
		for i := range customers {
			id, token := w.enter()
			_, err := w.v.Calls.Assign(ctx, ana, id, "")
			require.NoError(b, err)
			_, err = w.v.Calls.Start(ctx, ana, id)
			require.NoError(b, err)
			agent := newLeanSocket(b, server, w.token(ana), id)
			agents.Go(func() { agent.listen(&lost, &back) })
			defer agent.drop()
			customers[i] = newLeanSocket(b, server, token, id)
		}
		countReturns(b, customers, (*leanSocket).enter, &lost, &back)
	})
	b.Run("handshake", func(b *testing.B) {
		upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := upgrader.Upgrade(w, r, nil); err == nil {
				go func() {
					_, _, _ = c.ReadMessage()
					_ = c.Close()
				}()
			}
		}))
		defer server.Close()
		customers := make([]*leanSocket, returning)
		for i := range customers {
			customers[i] = &leanSocket{address: server.Listener.Addr().String()}
			require.NoError(b, customers[i].dial())
		}
		countReturns(b, customers, (*leanSocket).dial, nil, nil)
	})
}

// countReturns drops customers and brings them back until all have come back b.N times.
func countReturns(b *testing.B, customers []*leanSocket, enter func(*leanSocket) error, lost, back *atomic.Int64) {
	await := func(n *atomic.Int64, want int) {
		for n != nil && n.Load() < int64(want) {
			time.Sleep(100 * time.Microsecond)
		}
	}
	var used time.Duration
	var mallocs, size uint64
	var before, after runtime.MemStats
	b.ReportAllocs()
	b.ResetTimer()
	b.StopTimer()
	for done := 0; done < b.N; {
		batch := customers[:min(len(customers), b.N-done)]
		for _, c := range batch {
			c.drop()
		}
		done += len(batch)
		await(lost, done)
		runtime.ReadMemStats(&before)
		from := cpu(b)
		b.StartTimer()
		var next atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(batch)); i = next.Add(1) - 1 {
					if err := enter(batch[i]); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
		if b.Failed() {
			return
		}
		await(back, done)
		b.StopTimer()
		used += cpu(b) - from
		runtime.ReadMemStats(&after)
		mallocs, size = mallocs+after.Mallocs-before.Mallocs, size+after.TotalAlloc-before.TotalAlloc
	}
	n := float64(b.N)
	b.ReportMetric(float64(used.Nanoseconds())/n, "cpu-ns/op")
	b.ReportMetric(float64(mallocs)/n, "allocs/op")
	b.ReportMetric(float64(size)/n, "B/op")
}

// leanSocket is a client that costs as little as it can.
type leanSocket struct {
	address, token string
	join           []byte // a frame
	conn           net.Conn
	buf            [4096]byte
}

// newLeanSocket enters a call for the first time, and keeps the token with which to come again.
func newLeanSocket(b *testing.B, server *httptest.Server, token, id string) *leanSocket {
	b.Helper()
	join := fmt.Sprintf(`["1","1","call:%s","phx_join",{}]`, id)
	s := &leanSocket{
		address: server.Listener.Addr().String(), token: token,
		join: append([]byte{0x81, 0x80 | byte(len(join)), 0, 0, 0, 0}, join...),
	}
	require.NoError(b, s.enter())
	_, rest, ok := bytes.Cut(s.buf[:], []byte(`"resume_token":"`))
	require.True(b, ok)
	resume, _, _ := bytes.Cut(rest, []byte(`"`))
	s.token = string(resume)
	return s
}

func (s *leanSocket) dial() (err error) {
	if s.conn, err = (&net.Dialer{}).DialContext(context.Background(), "tcp", s.address); err != nil {
		return err
	}
	request := append(s.buf[:0], "GET "+httpapi.SocketPath+"?vsn=2.0.0&token="...)
	request = append(append(request, s.token...), " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"...)
	if _, err := s.conn.Write(request); err != nil {
		return err
	}
	for n := 0; !bytes.HasSuffix(s.buf[:n], []byte("\r\n\r\n")); {
		m, err := s.conn.Read(s.buf[n:])
		if n += m; err != nil {
			return err
		}
	}
	return nil
}

// enter dials and joins. The reply to the join is at the beginning of buf then.
func (s *leanSocket) enter() error {
	if err := s.dial(); err != nil {
		return err
	}
	if _, err := s.conn.Write(s.join); err != nil {
		return err
	}
	frame, err := s.next(s.conn)
	if err == nil && !bytes.Contains(frame, []byte(`"status":"ok"`)) { // no ping comes so early
		err = fmt.Errorf("refused: %s", frame)
	}
	return err
}

// next reads a frame, which is a short one.
func (s *leanSocket) next(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return nil, err
	}
	size := int(head[1])
	if size == 126 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(head[2:]))
	}
	_, err := io.ReadFull(r, s.buf[:size])
	return s.buf[:size], err
}

// listen counts what an agent is told of his customer, until the connection ends.
func (s *leanSocket) listen(lost, back *atomic.Int64) {
	r := bufio.NewReader(s.conn)
	for {
		frame, err := s.next(r)
		if err != nil {
			return
		}
		switch {
		case bytes.Contains(frame, []byte(`"peer_disconnected"`)):
			lost.Add(1)
		case bytes.Contains(frame, []byte(`"peer_reconnected"`)):
			back.Add(1)
		case len(frame) == 0: // a ping
			_, _ = s.conn.Write([]byte{0x8a, 0x80, 0, 0, 0, 0})
		}
	}
}

// drop breaks the connection.
func (s *leanSocket) drop() {
	_ = s.conn.(*net.TCPConn).SetLinger(0)
	_ = s.conn.Close()
}
