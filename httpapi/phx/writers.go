package phx

import (
	"runtime"
	"sync"
)

// writers are the goroutines that write. Each serves one socket until its queue is empty, and as many run as sockets
// have something to write, so that a slow client holds up nobody. A few that have nothing to do stay for the next socket,
// while there are any: a fresh goroutine would have to grow its stack for every message.
type writers struct {
	all sync.WaitGroup

	mu   sync.Mutex
	idle []chan *Socket // the last one was busy last
}

// writeFor lets a writer serve s. s.mu is held.
func (h *Hub) writeFor(s *Socket) {
	h.running.Add(1) // the socket's reader is counted, or another of its goroutines, so the count is not 0
	w := &h.writers
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := len(w.idle) - 1; last >= 0 {
		w.idle[last] <- s
		w.idle = w.idle[:last]
		return
	}
	w.all.Add(1)
	go func() {
		defer w.all.Done()
		turn := make(chan *Socket, 1)
		for ; s != nil; s = <-turn {
			s.write()
			if !w.linger(h, turn) {
				return
			}
		}
	}()
}

// linger puts a writer among the idle, if it may stay.
func (w *writers) linger(h *Hub, turn chan *Socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h.count.Load() == 0 || len(w.idle) >= 2*runtime.GOMAXPROCS(0) {
		return false
	}
	w.idle = append(w.idle, turn)
	return true
}

// dismiss sends the idle away. Those that are busy go by themselves, when there are no sockets.
func (w *writers) dismiss() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, turn := range w.idle {
		turn <- nil
	}
	w.idle = nil
}
