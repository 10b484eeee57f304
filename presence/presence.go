// Package presence says who is there: the participants of calls, whose losses and returns decide whether a call goes
// on, and the agents of departments. It knows no socket. A transport tells it of the connections it has:
//
//	peer, err := service.Join(ctx, tenant, callID, call.SideCustomer)
//	select {
//	case <-ended:         // the connection is gone, or silent
//		err = peer.Lost(ctx)
//	case <-hungUp:        // the user wants to end the call
//		err = peer.Leave(ctx)
//	case <-peer.Taken():  // a newer connection of the participant has taken over
//		err = peer.Lost(ctx) // changes nothing; only frees the peer
//	}
//
// # Participants
//
// What a join, a loss or a hang-up means is decided by [call.Apply], on the participant and the epoch of his newest
// join, in the transaction that records it. So it does not matter in which order connections come and go here: the late
// end of an older connection changes nothing. What this package adds is the handle, the word to an older connection that
// it was taken over, and that no loss is forgotten: neither one that the store refuses for the moment, nor those of a
// process that died.
//
// # Restart
//
// On a store that no other process uses, those who are present in it when a [Service] is made are of a process that has
// died. Their epochs are noted there and then, and [Service.Recover] records their losses: each has a fresh grace from
// that moment. Who joins through the new service, before or meanwhile, has a newer epoch, so recovering never touches
// him. Who was lost already keeps his deadline. To be stopped in the middle does no harm; the next start does the rest.
//
// On a store that other processes use nothing tells the dead from those who are connected to another process, and
// nobody is marked: who was present in a process that died stays so until he joins again or the call ends otherwise.
//
// # Agents
//
// [Roster] is who serves the departments, in the memory of one process.
package presence

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/avanter/voki/call"
)

// Store is what this package needs of a storage backend; package storage has the contract.
type Store interface {
	View(ctx context.Context, fn func(call.Tx) error) error
	Update(ctx context.Context, fn func(call.Tx) error) error
}

// Options configure a [Service]; the zero value works.
type Options struct {
	// Exclusive says that no other process uses the store, so that who is present in it when the service is made
	// belongs to a process that has died. There must be no other Service on such a store that still has peers.
	Exclusive bool

	Logger *slog.Logger // gets ids and errors only. Defaults to one that discards
}

// Service keeps the participants of calls and the roster of agents. It is safe for concurrent use.
type Service struct {
	*Roster

	store Store
	log   *slog.Logger
	seats seats

	mu     sync.Mutex
	losses map[seatKey]uint64 // epochs of losses that are to be recorded yet
	wake   chan struct{}      // holds one word to Run that there are some
}

// NewService returns a service on store. With [Options.Exclusive] it reads the open calls, and fails if they cannot be
// read; ctx is for that alone.
func NewService(ctx context.Context, store Store, o Options) (*Service, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		Roster: NewRoster(),
		store:  store,
		log:    o.Logger,
		losses: make(map[seatKey]uint64),
		wake:   make(chan struct{}, 1),
	}
	if !o.Exclusive {
		return s, nil
	}
	return s, s.noteOrphans(ctx)
}

const (
	// retryNap is the pause after the store has refused losses. It doubles, up to longestNap, while the store goes on
	// refusing, as one does that has failed for good.
	retryNap   = time.Second
	longestNap = 30 * time.Second
)

// Run recovers at once, see [Service.Recover], and then records the losses that the store had refused, until ctx ends;
// then it returns nil. Those who are present then stay so: their transport ends their connections and tells of it while
// the store is open, or the next start finds them.
func (s *Service) Run(ctx context.Context) error {
	for nap := retryNap; ; {
		var again <-chan time.Time
		wake := s.wake
		err := s.Recover(ctx)
		switch {
		case err == nil:
			nap = retryNap
		case ctx.Err() == nil:
			s.log.ErrorContext(ctx, "losses of participants could not be recorded", "error", err, "next_try", nap)
			again, wake = time.After(nap), nil
			nap = min(2*nap, longestNap)
		}
		select {
		case <-wake:
		case <-again:
		case <-ctx.Done():
			return nil
		}
	}
}
