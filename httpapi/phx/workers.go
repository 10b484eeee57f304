package phx

import (
	"runtime"
	"sync"
)

// job is what a worker does: a socket's writing, or a lane's calls of the handler.
type job interface{ work() }

// workers are the goroutines that write and call handlers. Each does one job at a time, and there are as many as there
// are jobs, so that a slow client or handler holds up nobody. A few that have nothing to do stay for the next job, while
// there are sockets: a fresh goroutine would have to grow its stack for every message.
type workers struct {
	all sync.WaitGroup

	mu   sync.Mutex
	idle []chan job // the last one was busy last
}

// employ lets a worker do j, after whose end it says Done to h.running. The mutex of the job's socket is held.
func (h *Hub) employ(j job) {
	h.running.Add(1) // the socket's reader is counted, or another of its workers, so the count is not 0
	w := &h.workers
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := len(w.idle) - 1; last >= 0 {
		w.idle[last] <- j
		w.idle = w.idle[:last]
		return
	}
	w.all.Add(1)
	go func() {
		defer w.all.Done()
		turn := make(chan job, 1)
		for ; j != nil; j = <-turn {
			j.work()
			h.running.Done()
			if !w.linger(h, turn) {
				return
			}
		}
	}()
}

// linger puts a worker among the idle, if it may stay.
func (w *workers) linger(h *Hub, turn chan job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h.count.Load() == 0 || len(w.idle) >= 2*runtime.GOMAXPROCS(0) {
		return false
	}
	w.idle = append(w.idle, turn)
	return true
}

// dismiss sends the idle away. Those that are busy go by themselves, when there are no sockets.
func (w *workers) dismiss() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, turn := range w.idle {
		turn <- nil
	}
	w.idle = nil
}
