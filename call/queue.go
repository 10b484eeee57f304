package call

import (
	"context"
	"slices"
	"time"
)

// Agents says who is there to serve a department.
type Agents interface {
	// Online returns how many agents are there. It answers from memory, at once.
	Online(tenant, department string) int
}

// noAgents is used when nobody counts them.
type noAgents struct{}

func (noAgents) Online(string, string) int { return 0 }

// Waiting is where a call stands in its department's queue.
type Waiting struct {
	Call     Call
	Position int           // 1 is next; 0 when the call is not queued
	Estimate time.Duration // of the wait that is left, in whole seconds; 0 when the call is not queued
}

// QueueState is a department's queue as somebody sees it who has not joined.
type QueueState struct {
	Size     int
	Estimate time.Duration // of the wait until all who are queued now are served, in whole seconds
}

// Waiting returns where a call stands. Returns [ErrNotFound].
func (s *Service) Waiting(ctx context.Context, tenant, id string) (w Waiting, err error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Waiting{}, ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		c, err := tx.Call(tenant, id)
		if err != nil {
			return err
		}
		w = Waiting{Call: c}
		if c.Status != Queued {
			return nil
		}
		queue, err := tx.Queue(tenant, c.Department.ID)
		if err != nil {
			return err
		}
		waits, err := tx.Waits(tenant, c.Department.ID)
		w.Position = slices.Index(queue, id) + 1
		w.Estimate = estimate(waits, w.Position, s.agents.Online(tenant, c.Department.ID))
		return err
	})
	return w, err
}

// QueueState returns the size of a department's queue and the estimated wait.
func (s *Service) QueueState(ctx context.Context, tenant, department string) (state QueueState, err error) {
	if !ValidID(tenant) || !ValidID(department) {
		return QueueState{}, nil
	}
	err = s.store.View(ctx, func(tx Tx) error {
		queue, err := tx.Queue(tenant, department)
		if err != nil {
			return err
		}
		waits, err := tx.Waits(tenant, department)
		state = QueueState{Size: len(queue), Estimate: estimate(waits, len(queue), s.agents.Online(tenant, department))}
		return err
	})
	return state, err
}

const (
	// recentWaits is how many waits a department remembers for the estimate.
	recentWaits = 20
	// assumedWait stands in for a department where no call was started yet.
	assumedWait = time.Minute
)

// estimate is how long somebody waits who has this place in the queue: the mean of the recent waits, times the place,
// shared among the agents who are online (at least one).
func estimate(waits []time.Duration, place, agents int) time.Duration {
	mean := assumedWait
	if len(waits) > 0 {
		var sum time.Duration
		for _, w := range waits {
			sum += w
		}
		mean = sum / time.Duration(len(waits))
	}
	return (mean * time.Duration(place) / time.Duration(max(agents, 1))).Round(time.Second)
}

// addWait remembers how long the customer of a call that starts has waited.
func addWait(tx Tx, c Call) error {
	wait, _ := c.WaitTime()
	waits, err := tx.Waits(c.Tenant, c.Department.ID)
	if err != nil {
		return err
	}
	waits = append(slices.Clone(waits), wait)
	return tx.PutWaits(c.Tenant, c.Department.ID, waits[max(0, len(waits)-recentWaits):])
}
