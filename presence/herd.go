package presence

import (
	"context"
	"sync"
)

// recorders is how many losses are recorded at once by themselves. What comes while that many are on their way waits,
// and is recorded together.
const recorders = 8

// herd is the losses that wait to be recorded, as when a network breaks down and very many come at once. It has no
// goroutine: of those who wait, one records for all that fit into a transaction.
type herd struct {
	mu      sync.Mutex
	busy    int // recorders at work, or called to it
	waiting []*lostOne
}

// lostOne is a loss that waits.
type lostOne struct {
	loss
	turn chan bool  // holds true when it is to be recorded by its own goroutine, with others
	told chan error // holds what came of it when another has recorded it
}

// join returns nil if the loss may be recorded at once; leave is to be called then. Otherwise it waits.
func (h *herd) join(l loss) *lostOne {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy < recorders {
		h.busy++
		return nil
	}
	one := &lostOne{loss: l, turn: make(chan bool, 1), told: make(chan error, 1)}
	h.waiting = append(h.waiting, one)
	return one
}

// leave lets the next one record, if any waits.
func (h *herd) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) == 0 {
		h.busy--
		return
	}
	next := h.waiting[0]
	h.waiting[0] = nil
	h.waiting = h.waiting[1:]
	next.turn <- true
}

// some takes those who wait longest.
func (h *herd) some(most int) []*lostOne {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(most, len(h.waiting))
	some := append([]*lostOne(nil), h.waiting[:n]...)
	clear(h.waiting[:n])
	h.waiting = h.waiting[n:]
	return some
}

// abandon takes one out who waits no longer. If it was his turn already, it is the next one's.
func (h *herd) abandon(one *lostOne) {
	h.mu.Lock()
	for i, other := range h.waiting {
		if other == one {
			h.waiting = append(h.waiting[:i], h.waiting[i+1:]...)
			break
		}
	}
	h.mu.Unlock()
	select {
	case <-one.turn:
		h.leave()
	default: // another records it, or nobody
	}
}

// recordOne records a loss, together with others if very many come at once. An error does not say that it will not be
// recorded yet: another may be at it.
func (s *Service) recordOne(ctx context.Context, l loss) error {
	one := s.herd.join(l)
	if one == nil {
		defer s.herd.leave()
		return s.record(ctx, []loss{l})
	}
	select {
	case err := <-one.told:
		return err
	case <-ctx.Done():
		s.herd.abandon(one)
		return ctx.Err()
	case <-one.turn:
	}
	defer s.herd.leave()
	others := s.herd.some(lossBatch - 1)
	batch := make([]loss, 0, 1+len(others))
	batch = append(batch, l)
	for _, o := range others {
		batch = append(batch, o.loss)
	}
	err := s.record(ctx, batch)
	alone := err != nil && len(others) > 0 && ctx.Err() == nil // one of them may be why
	for _, o := range others {
		if alone {
			o.told <- s.record(ctx, []loss{o.loss})
		} else {
			o.told <- err
		}
	}
	if alone {
		err = s.record(ctx, []loss{l})
	}
	return err
}
