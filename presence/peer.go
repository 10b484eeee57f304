package presence

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/avanter/voki/call"
)

// patience is how long [Peer.Lost] waits for the store at most.
const patience = 10 * time.Second

// EndedError is returned to who joins a call that has ended. It Is [call.ErrRefused].
type EndedError struct {
	Call call.Call // as it ended
	err  error
}

func (e *EndedError) Error() string { return e.err.Error() }

// Unwrap returns the *[call.TransitionError].
func (e *EndedError) Unwrap() error { return e.err }

// Peer is one connection of a participant of a call. It is safe for concurrent use: whatever is said of it, in any
// order and how often, and whatever happens to the call meanwhile, the call ends once, and a peer that was taken over
// changes nothing.
//
// A peer is given up by [Peer.Lost] or [Peer.Leave]; until then the service remembers it. Only a process that is about
// to end may leave its peers as they are: on a store of its own they count as lost from the next start, with a fresh
// grace, as after a crash.
type Peer struct {
	service *Service
	key     seatKey
	epoch   uint64
	taken   chan struct{} // closed under the lock of the seats
	gone    atomic.Bool   // the store knows: nothing is left to tell
}

// Joined is a peer, and the call as it was right after the join.
type Joined struct {
	*Peer
	Call call.Call
	Seq  uint64 // of the join, in the tenant's log: what happens to the call afterwards has higher ones
}

// Join makes a participant present by a new connection, which takes over from an older one of his if there is any. Who
// keeps the connection for long keeps the peer alone, without the call.
//
// Returns [call.FieldErrors] for a side that is none, [call.ErrNotFound], and an *[EndedError] for a call that has
// ended: who comes back at his deadline or later is too late.
func (s *Service) Join(ctx context.Context, tenant, callID string, side call.Side) (*Joined, error) {
	if !side.Valid() {
		return nil, call.Invalid("participant", "is invalid")
	}
	if !call.ValidID(tenant) || !call.ValidID(callID) {
		return nil, call.ErrNotFound
	}
	key := seatKey{tenant, callID, side}
	s.seats.expect(key)
	now, err := s.change(ctx, key, call.Change{Trigger: call.Join})
	if err != nil {
		s.seats.giveUp(key)
		if errors.Is(err, call.ErrRefused) {
			err = &EndedError{Call: now.Call, err: err}
		}
		return nil, err
	}
	now.Peer = &Peer{service: s, key: key, epoch: now.Call.Participant(side).Epoch, taken: make(chan struct{})}
	s.seats.take(now.Peer)
	return now, nil
}

// Side returns which participant it is.
func (p *Peer) Side() call.Side { return p.key.side }

// Epoch returns the number of the join, one higher than that of the participant's join before.
func (p *Peer) Epoch() uint64 { return p.epoch }

// Taken returns a channel that is closed when a newer join of the same participant has taken over: at once if it came
// through this service, and otherwise when [Service.Observe] is told. Lost and Leave do not close it.
func (p *Peer) Taken() <-chan struct{} { return p.taken }

// Lost says that the connection is gone, or silent. In an active call the participant's grace begins. It changes
// nothing if a newer connection has taken over or the call has ended, and nothing more when it is repeated.
//
// A loss happens whether or not somebody waits for its being recorded: that ctx has ended, as the context of a
// connection has by then, does not keep it from being recorded. If the store refuses it, or does not answer for ten
// seconds, the error is returned and the loss is noted: [Service.Run] tries again until the store takes it, and the
// grace runs from then, for nobody can come back before. If the process dies first, the next start finds the
// participant present, see [Service.Recover].
func (p *Peer) Lost(ctx context.Context) error {
	p.service.seats.leave(p)
	if p.gone.Load() || p.IsTaken() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	l := loss{p.key, p.epoch}
	if err := p.service.record(ctx, []loss{l}); err != nil {
		p.service.note(l)
		return fmt.Errorf("the loss of the %s is not recorded yet: %w", p.key.side, err)
	}
	p.gone.Store(true)
	return nil
}

// Leave hangs up: an active call is completed, and a queued or assigned one cancelled if the customer leaves it. It may
// follow a loss. It changes nothing if a newer connection has taken over, which speaks for the participant now, or if
// the call has ended.
//
// Returns a *[call.TransitionError] for an agent who hangs up before the start, and the errors of the store; the peer
// then is as it was, and is to be left again, or lost.
func (p *Peer) Leave(ctx context.Context) error {
	if p.IsTaken() {
		return nil
	}
	now, err := p.service.change(ctx, p.key, call.Change{Trigger: call.Leave, Epoch: p.epoch})
	if err != nil && !now.Call.Status.Ended() {
		return err
	}
	p.service.seats.sawEpoch(p.key, now.Call.Participant(p.key.side).Epoch)
	p.service.seats.leave(p)
	p.gone.Store(true)
	return nil
}

// IsTaken reports whether a newer join has taken over, as the channel of [Peer.Taken] does.
func (p *Peer) IsTaken() bool {
	select {
	case <-p.taken:
		return true
	default:
		return false
	}
}

// change applies ch to the call of key, for that participant and now. It returns the call and the number of the newest
// event of the tenant's log as they are then, also with an error that Is [call.ErrRefused].
func (s *Service) change(ctx context.Context, key seatKey, ch call.Change) (*Joined, error) {
	ch.At, ch.Side = call.Now(), key.side
	now := new(Joined)
	var refused error
	err := s.store.Update(ctx, func(tx call.Tx) (err error) {
		now.Call, err = call.ChangeTx(tx, key.tenant, key.callID, ch)
		if refused = nil; errors.Is(err, call.ErrRefused) {
			refused, err = err, nil // the transaction commits: a limit that had passed was applied
		}
		if err == nil {
			now.Seq, err = tx.LastEvent(key.tenant)
		}
		return err
	})
	if err != nil {
		now.Call, refused = call.Call{}, err // of a commit that failed nothing is known
	}
	return now, refused
}
