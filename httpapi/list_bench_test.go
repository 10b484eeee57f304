//go:build unix

package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage"
)

// manyCalls is how many calls there are where the first page is measured.
const manyCalls = 100_000

// BenchmarkFirstPage asks for the first page of a list: the handler alone, and over connections that are kept open,
// beside a handler that has nothing to do but to write the same bytes. CPU is that of the whole process: the clients,
// which are the same for both, are in it. Raw clients cost next to nothing, those of net/http as much as the server.
func BenchmarkFirstPage(b *testing.B) {
	w := benchWorld(b)
	request := httptest.NewRequest(http.MethodGet, calls, http.NoBody)
	for _, h := range w.as(ana) {
		request.Header.Set(h.name, h.value)
	}
	page := httptest.NewRecorder()
	w.api.ServeHTTP(page, request)
	require.Equal(b, http.StatusOK, page.Code, page.Body)
	handlers := []struct {
		name string
		http.Handler
	}{
		{"bare", prepared(page.Result().Header, page.Body.Bytes())},
		{"voki", w.api},
	}
	for _, h := range handlers {
		b.Run("handler/"+h.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&discard{header: http.Header{}}, request)
			}
		})
	}
	for _, c := range []struct {
		name  string
		dial  func(b *testing.B, address string, r *http.Request) (ask func() error)
		count int
	}{{"raw-clients=1", rawClient, 1}, {"raw-clients=8", rawClient, 8}, {"go-clients=8", goClient, 8}} {
		for _, h := range handlers {
			b.Run(c.name+"/"+h.name, func(b *testing.B) {
				server := httptest.NewServer(h)
				defer server.Close()
				clients := make([]func() error, c.count)
				for i := range clients {
					clients[i] = c.dial(b, server.Listener.Addr().String(), request)
				}
				share(b, clients)
			})
		}
	}
}

// benchWorld is a world with many calls of one tenant, all ended.
func benchWorld(b *testing.B) *world {
	b.Helper()
	var store storage.Store
	w := newWorld(b, func(_ *company, o *voki.Options, _ *httpapi.Options) { store = o.Store })
	const batch = 1000
	for first := 0; first < manyCalls; first += batch {
		require.NoError(b, store.Update(b.Context(), func(tx storage.Tx) error {
			for i := range batch {
				if err := tx.PutCall(endedCall(first + i)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return w
}

// endedCall is the i-th of many calls, each a minute after the one before.
func endedCall(i int) call.Call {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	one := func(names ...string) string { return names[r.IntN(len(names))] }
	name := one("Maria", "João", "José", "Ana", "Antônio", "Débora") + " " + one("Silva", "Souza", "Gonçalves", "Sá")
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
	started := at.Add(time.Duration(r.IntN(300)) * time.Second)
	return call.Call{
		Tenant: ana.Tenant, ID: fmt.Sprintf("%08x-0000-7000-8000-%012x", i, r.Uint64()>>16), Status: call.Completed,
		Department: call.Ref{ID: fmt.Sprintf("department-%d", i%12), Name: fmt.Sprintf("Departamento %d", i%12)},
		User:       call.Ref{ID: fmt.Sprintf("user-%d", i%200), Name: fmt.Sprintf("Agente %d", i%200)},
		Customer:   call.Customer{Name: name, Email: fmt.Sprintf("cliente.%d@example.com", i), Phone: "+5511999990000"},
		Reason:     "Dúvida sobre a fatura", Notes: "Cliente precisava de ajuda com configuração", Rating: r.IntN(6),
		InsertedAt: at, AssignedAt: at, StartedAt: started, EndedAt: started.Add(time.Duration(r.IntN(3600)) * time.Second),
		EndReason: call.EndNormal,
	}
}

// prepared is a handler that has its reply before it is asked.
func prepared(header http.Header, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		_, _ = w.Write(body)
	})
}

// discard is a reply that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// share has clients make b.N requests, each client one after the other.
func share(b *testing.B, clients []func() error) {
	requests := make(chan struct{}, b.N)
	for range b.N {
		requests <- struct{}{}
	}
	close(requests)
	before := cpu(b)
	b.ResetTimer()
	var all sync.WaitGroup
	for _, ask := range clients {
		all.Go(func() {
			for range requests {
				if err := ask(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// rawClient takes nothing of a reply apart: it knows how long one is, since it always is the same.
func rawClient(b *testing.B, address string, r *http.Request) func() error {
	b.Helper()
	var request, first bytes.Buffer
	require.NoError(b, r.Write(&request))
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write(request.Bytes())
	require.NoError(b, err)
	got, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &first)), nil)
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, got.StatusCode)
	_, err = io.Copy(io.Discard, got.Body)
	require.NoError(b, err)
	reply := make([]byte, first.Len())
	return func() error {
		if _, err := conn.Write(request.Bytes()); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, reply)
		return err
	}
}

// goClient is a client of net/http with a connection of its own.
func goClient(b *testing.B, address string, r *http.Request) func() error {
	b.Helper()
	transport := &http.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	request, err := http.NewRequestWithContext(b.Context(), r.Method, "http://"+address+r.URL.Path, http.NoBody)
	require.NoError(b, err)
	request.Header = r.Header
	return func() error {
		reply, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer func() { _ = reply.Body.Close() }()
		_, err = io.Copy(io.Discard, reply.Body)
		return err
	}
}

// cpu is what the process has used so far, in user and kernel.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
