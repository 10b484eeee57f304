package phx

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// ErrDraining is returned by [Hub.Accept] once [Hub.Drain] was called.
var ErrDraining = errors.New("phx: hub is draining")

// Hub owns sockets, the topics that they have joined and every goroutine that serves them. It is safe for concurrent
// use.
//
// Locks are taken in the order topics.mu, Socket.mu; Hub.mu is taken alone or before Socket.mu. No code of the host
// runs under any of them, except the match function of [Hub.BroadcastTo].
type Hub struct {
	o      Options
	start  time.Time // what now counts from
	ids    atomic.Uint64
	ctx    context.Context // of handlers
	cancel context.CancelFunc

	seed   maphash.Seed
	topics [64]topics

	workers workers
	delays  delays
	count   atomic.Int64 // of sockets

	mu       sync.Mutex
	sockets  map[*Socket]struct{}
	draining bool
	running  sync.WaitGroup // every goroutine; a socket's reader is counted while others of the socket are added
}

// New returns a hub without sockets. It starts nothing by itself; whoever lets it accept sockets must drain it.
func New(o Options) *Hub {
	h := &Hub{o: o.withDefaults(), start: time.Now(), seed: maphash.MakeSeed(), sockets: map[*Socket]struct{}{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// now is the time since the hub was made, on the monotonic clock.
func (h *Hub) now() time.Duration { return time.Since(h.start) }

// Accept takes over an open connection whose client speaks v, and returns at once: the hub reads it in a goroutine of
// its own, so that an HTTP handler can return and free what it holds. user is what the handshake found out, for
// [Socket.User]. After Drain was called, the connection is closed with [Restart] and the error is [ErrDraining].
func (h *Hub) Accept(t Transport, v Version, user any) (*Socket, error) {
	s := &Socket{hub: h, t: t, version: v, user: user, id: h.ids.Add(1)}
	s.heard.Store(int64(h.now()))
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		_ = t.WriteControl(opClose, Restart.frame(), time.Now().Add(time.Second)) // it is closed either way
		_ = t.Close()
		return nil, ErrDraining
	}
	h.sockets[s] = struct{}{}
	h.count.Add(1)
	h.running.Add(1)
	s.mu.Lock()
	s.watch()
	s.mu.Unlock()
	h.mu.Unlock()

	t.SetReadLimit(int64(h.o.MaxMessage))
	t.SetPingHandler(s.onPing)
	t.SetPongHandler(s.onPong)
	go s.read()
	return s, nil
}

// Sockets returns how many sockets there are.
func (h *Hub) Sockets() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

func (h *Hub) remove(s *Socket) {
	h.mu.Lock()
	delete(h.sockets, s)
	h.mu.Unlock()
	if h.count.Add(-1) == 0 {
		h.workers.dismiss()
	}
}

// Drain takes no more sockets, closes those that are there with [Restart], behind what is queued for them, and returns
// when all have gone and every handler has returned. When ctx ends before that, the connections are cut and the
// context of the handlers ends; Drain still waits for these, and returns ctx's error. It may be called more than once.
func (h *Hub) Drain(ctx context.Context) error {
	h.mu.Lock()
	h.draining = true
	for s := range h.sockets {
		s.end(Restart, Drained)
	}
	h.mu.Unlock()

	done := make(chan struct{})
	go func() {
		h.running.Wait()
		h.delays.stop()
		h.workers.all.Wait()
		close(done)
	}()
	select {
	case <-done:
		h.cancel()
		return nil
	case <-ctx.Done():
	}
	h.cancel()
	h.mu.Lock()
	for s := range h.sockets {
		_ = s.t.Close()
	}
	h.mu.Unlock()
	<-done
	return ctx.Err()
}
