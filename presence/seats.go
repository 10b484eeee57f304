package presence

import (
	"sync"

	"github.com/avanter/voki/call"
)

// seatKey names a participant of a call.
type seatKey struct {
	tenant, callID string
	side           call.Side
}

// seats knows the newest connection of each participant in this process.
//
// A join is committed before it is known here, and joins may come to be known in another order than they were committed
// in, even after the newer one has ended again. So a seat is expected before the commit, and remembers the newest epoch
// for as long as a join is on its way: the older one finds out that it was taken over before it began.
type seats struct {
	mu sync.Mutex
	of map[seatKey]*seat
}

// seat is of one participant. It is forgotten when nobody sits in it or is on the way to it.
type seat struct {
	coming int    // joins on their way
	newest uint64 // the highest epoch that was seen
	peer   *Peer  // who has it; nil after a loss
}

// expect announces a join, which is to be followed by take or giveUp.
func (s *seats) expect(key seatKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.of[key]
	if at == nil {
		if s.of == nil {
			s.of = make(map[seatKey]*seat)
		}
		at = new(seat)
		s.of[key] = at
	}
	at.coming++
}

// giveUp takes back an announcement: the join has failed.
func (s *seats) giveUp(key seatKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[key].coming--
	s.tidy(key)
}

// take gives p its seat, or closes it if a newer one was seen.
func (s *seats) take(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.of[p.key]
	at.coming--
	if p.epoch < at.newest {
		close(p.taken)
		s.tidy(p.key)
		return
	}
	at.unseat(p.epoch)
	at.peer = p
}

// leave frees the seat of p, if p has it still.
func (s *seats) leave(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.of[p.key]; at != nil && at.peer == p {
		at.peer = nil
		s.tidy(p.key)
	}
}

// sawEpoch says that a join with that epoch is committed, wherever it was made.
func (s *seats) sawEpoch(key seatKey, epoch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.of[key]; at != nil && epoch > at.newest {
		at.unseat(epoch)
		s.tidy(key)
	}
}

// tidy forgets a seat of no use.
func (s *seats) tidy(key seatKey) {
	if at := s.of[key]; at.coming == 0 && at.peer == nil {
		delete(s.of, key)
	}
}

// unseat tells who has the seat that a newer epoch has taken it.
func (at *seat) unseat(newest uint64) {
	at.newest = newest
	if at.peer != nil {
		close(at.peer.taken)
		at.peer = nil
	}
}

// Observe tells the service of an event of the log. A join that was made elsewhere, by another process on the same
// store or past this service, takes over from a peer of this one: whoever follows a tenant's log hands its events here
// to have that noticed. Events that tell nothing new are welcome, in any order.
func (s *Service) Observe(e call.Event) {
	if e.Kind == call.KindJoined || e.Kind == call.KindReconnected {
		s.seats.sawEpoch(seatKey{e.Tenant, e.CallID, e.Data.Side}, e.Data.Epoch)
	}
}
