package call

import (
	"cmp"
	"context"
	"slices"
)

// Head returns the number of the newest event of a tenant's log, behind which [Service.Events] goes on with what is
// appended from now on; 0 for an empty log.
func (s *Service) Head(ctx context.Context, tenant string) (head uint64, err error) {
	if !ValidID(tenant) {
		return 0, nil
	}
	err = s.store.View(ctx, func(tx Tx) error {
		head, err = tx.LastEvent(tenant)
		return err
	})
	return head, err
}

// MaxMissed is the most events that [Service.Progress] returns: a call has as many as somebody cares to make by coming and
// going, and who asks sends them on at once.
const MaxMissed = 250

// Progress is a call and how it came there, all from one state of the store.
type Progress struct {
	Call    Call
	Seq     uint64  // of the call's newest event; 0 for a call without any
	Missed  []Event // those behind the number that was asked about, oldest first: the newest MaxMissed
	Skipped int     // how many older ones there are behind that number
}

// Progress returns a call as it is, and its events behind the number after. Returns [ErrNotFound].
func (s *Service) Progress(ctx context.Context, tenant, id string, after uint64) (p Progress, err error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Progress{}, ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		p = Progress{}
		if p.Call, err = tx.Call(tenant, id); err != nil {
			return err
		}
		head, err := tx.LastEvent(tenant)
		if err != nil {
			return err
		}
		at := uint64(0)
		if 0 < after && after <= head {
			at = after - 1 // the newest is wanted, if nothing follows on it
		}
		for {
			events, err := tx.CallEvents(tenant, id, at, logBatch)
			if err != nil {
				return err
			}
			if len(events) == 0 && p.Seq == 0 && at > 0 { // it is of another call, and this one had its last before
				at = 0
				continue
			}
			for _, e := range events {
				if at, p.Seq = e.Seq, e.Seq; e.Seq > after {
					p.Missed = append(p.Missed, e)
				}
			}
			if skip := len(p.Missed) - MaxMissed; skip > 0 {
				p.Missed = slices.Delete(p.Missed, 0, skip)
				p.Skipped += skip
			}
			if len(events) < logBatch {
				return nil
			}
		}
	})
	return p, err
}

// QueueList is who waits in a department, all from one state of the store.
type QueueList struct {
	Seq   uint64    // of the newest event of the tenant's log
	Calls []Waiting // by position
}

// QueueList returns who waits in a department, and until when. A department that nobody knows has nobody waiting.
func (s *Service) QueueList(ctx context.Context, tenant, department string) (list QueueList, err error) {
	if !ValidID(tenant) || !ValidID(department) {
		return QueueList{}, nil
	}
	agents := s.agents.Online(tenant, department)
	err = s.store.View(ctx, func(tx Tx) error {
		list = QueueList{}
		if list.Seq, err = tx.LastEvent(tenant); err != nil {
			return err
		}
		queue, err := tx.Queue(tenant, department)
		if err != nil {
			return err
		}
		waits, err := tx.Waits(tenant, department)
		if err != nil {
			return err
		}
		list.Calls = make([]Waiting, len(queue))
		for i, id := range queue {
			c, err := tx.Call(tenant, id)
			if err != nil {
				return err
			}
			list.Calls[i] = Waiting{Call: c, Position: i + 1, Estimate: estimate(waits, i+1, agents)}
		}
		return nil
	})
	return list, err
}

// Place is a call's place among those who wait in its department.
type Place struct {
	Call     Call
	Position int // 1 is next. For a call that is not queued any more: where it would stand if it still were
	Size     int // of the queue
}

// Place returns where a call stands, or would stand, in the queue of its department. It reads few calls even of a long
// queue. Returns [ErrNotFound].
func (s *Service) Place(ctx context.Context, tenant, id string) (p Place, err error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Place{}, ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		c, err := tx.Call(tenant, id)
		if err != nil {
			return err
		}
		queue, err := tx.Queue(tenant, c.Department.ID)
		if err != nil {
			return err
		}
		var failed error
		before, _ := slices.BinarySearchFunc(queue, c, func(other string, c Call) int {
			o, err := tx.Call(tenant, other)
			if err != nil {
				failed = err
			}
			return cmp.Or(o.InsertedAt.Compare(c.InsertedAt), cmp.Compare(other, c.ID))
		})
		p = Place{Call: c, Position: before + 1, Size: len(queue)}
		return failed
	})
	return p, err
}
