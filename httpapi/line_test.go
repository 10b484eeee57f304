package httpapi_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage/bolt"
)

// line is a world whose sockets are pipes, in a bubble of synctest: time passes when all are waiting.
type line struct {
	*world
	conns chan net.Conn
	stop  func() // ends Run, and waits for it
}

// onLine runs a test in a bubble with a server that runs. After the test nothing may be left of it.
func onLine(t *testing.T, test func(l *line), setups ...setup) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &line{world: newWorld(t, setups...), conns: make(chan net.Conn)}
		server := &http.Server{Handler: l.api.Socket()}
		go server.Serve(pipes{l.conns, make(chan struct{})})
		var running, serving sync.WaitGroup
		behind, endBehind := context.WithCancel(context.Background())
		running.Go(func() { l.v.Run(behind) })
		ctx, cancel := context.WithCancel(context.Background())
		l.stop = sync.OnceFunc(func() {
			cancel()
			serving.Wait()
			endBehind()
			running.Wait()
			server.Close()
		})
		serving.Go(func() { l.api.Run(ctx) })
		defer l.stop()
		synctest.Wait()
		test(l)
	})
}

// onEachStore is onLine on the store in memory and on the one on disk.
func onEachStore(t *testing.T, test func(l *line), setups ...setup) {
	t.Helper()
	onDisk := func(_ *company, o *voki.Options, _ *httpapi.Options) {
		store, err := bolt.Open(filepath.Join(t.TempDir(), "voki.db"), bolt.Options{})
		require.NoError(t, err)
		require.NoError(t, o.Store.Close())
		o.Store = store
	}
	t.Run("memory", func(t *testing.T) { onLine(t, test, setups...) })
	t.Run("bolt", func(t *testing.T) { onLine(t, test, append([]setup{onDisk}, setups...)...) })
}

type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// enter makes a queued call by the public route and returns it with its websocket_token.
func (w *world) enter() (id, token string) {
	w.t.Helper()
	data := w.do("POST", "/api/v1/call/suporte/join", `{"name":"Maria","email":"maria@x.org"}`).data(w.t, 200)
	return data["call_id"].(string), data["websocket_token"].(string)
}

// talk is an active call with both sides on the line.
func (l *line) talk() (id string, agent, customer seat) {
	l.t.Helper()
	id, token := l.enter()
	customer = l.phone(token).joined("call:" + id)
	l.act(ana, id, "assign")
	agent = l.phone(l.token(ana)).joined("call:" + id)
	l.act(ana, id, "start")
	agent.take()
	customer.take()
	return id, agent, customer
}

func (l *line) act(a call.Actor, id, action string) {
	l.t.Helper()
	got := l.do("POST", calls+"/"+id+"/"+action, "", l.as(a)...)
	require.Equal(l.t, 200, got.StatusCode, got.body)
}

// serveReal serves everything on a real port, with Run.
func (w *world) serveReal() (address string) {
	w.t.Helper()
	mux := http.NewServeMux()
	mux.Handle(httpapi.SocketPath, w.api.Socket())
	mux.Handle("/", w)
	server := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.v.Run(ctx) })
	running.Go(func() { w.api.Run(ctx) })
	w.t.Cleanup(func() {
		cancel()
		running.Wait()
		server.Close()
	})
	return strings.TrimPrefix(server.URL, "http://")
}

// serveBy is do with another handler, and without what is expected of the API's replies.
func (w *world) serveBy(h http.Handler, method, target string) reply {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, http.NoBody))
	return reply{rec.Result(), rec.Body.String()}
}
