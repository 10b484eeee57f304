package presence

import (
	"context"
	"errors"
	"fmt"

	"github.com/avanter/voki/call"
)

const (
	// orphanBatch is how many open calls are read in one transaction.
	orphanBatch = 500
	// lossBatch is how many losses are recorded in one transaction.
	lossBatch = 64
)

// loss is the end of the connection with an epoch.
type loss struct {
	seatKey
	epoch uint64
}

// Recover records the losses that are still to be recorded: of those who were present when the process before this one
// died, and those that the store refused when [Peer.Lost] told of them. Each participant's grace runs from now, unless
// he has joined again meanwhile. To recover twice, or from several goroutines, changes nothing more.
//
// It works in transactions of bounded size. An error of the store, ctx's own included, is returned; what is left then
// is for the next call.
func (s *Service) Recover(ctx context.Context) error {
	for {
		batch := s.someLosses()
		if len(batch) == 0 {
			return nil
		}
		if err := s.record(ctx, batch); err != nil {
			return err
		}
		s.recorded(batch)
	}
}

// noteOrphans notes the losses of all who are present in the store.
func (s *Service) noteOrphans(ctx context.Context) error {
	var last call.Key
	for {
		var keys []call.Key
		var found []loss
		err := s.store.View(ctx, func(tx call.Tx) (err error) {
			found = nil
			keys, err = tx.OpenCalls(last, orphanBatch)
			if err != nil {
				return err
			}
			for _, key := range keys {
				c, err := tx.Call(key.Tenant, key.ID)
				if err != nil {
					return err
				}
				found = append(found, present(c)...)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("open calls: %w", err)
		}
		for _, l := range found {
			s.note(l)
		}
		if len(keys) < orphanBatch {
			return nil
		}
		last = keys[len(keys)-1]
	}
}

// present returns the connections that c has.
func present(c call.Call) (losses []loss) {
	for _, side := range []call.Side{call.SideAgent, call.SideCustomer} {
		if p := c.Participant(side); p.Present {
			losses = append(losses, loss{seatKey{c.Tenant, c.ID, side}, p.Epoch})
		}
	}
	return losses
}

// note keeps a loss for Recover. Of two of one participant the newer counts; the older means nothing any more.
func (s *Service) note(l loss) {
	s.mu.Lock()
	s.losses[l.seatKey] = max(s.losses[l.seatKey], l.epoch)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Service) someLosses() (batch []loss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, epoch := range s.losses {
		if len(batch) == lossBatch {
			break
		}
		batch = append(batch, loss{key, epoch})
	}
	return batch
}

// recorded forgets losses that the store has taken, save where a newer one has been noted meanwhile.
func (s *Service) recorded(batch []loss) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range batch {
		if s.losses[l.seatKey] == l.epoch {
			delete(s.losses, l.seatKey)
		}
	}
}

// record tells the calls of losses, in one transaction. A call that has ended has nothing to lose.
func (s *Service) record(ctx context.Context, batch []loss) error {
	now := call.Now()
	return s.store.Update(ctx, func(tx call.Tx) error {
		for _, l := range batch {
			_, err := call.ChangeTx(tx, l.tenant, l.callID, call.Change{
				Trigger: call.Lose, At: now, Side: l.side, Epoch: l.epoch,
			})
			if err != nil && !errors.Is(err, call.ErrRefused) && !errors.Is(err, call.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}
