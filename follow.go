package voki

import (
	"context"
	"fmt"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// Queue returns a queue of durable work that follows from the log, whose jobs are among [Voki.Jobs]. Of the options,
// Exclusive and Jobs are set here, and Logger defaults to that of the Voki. The host runs it, and ends it before it closes the store.
func (v *Voki) Queue(o follow.Options[follow.Tx]) *follow.Queue[follow.Tx] {
	_, o.Exclusive = v.store.(storage.Exclusive)
	o.Jobs = v.Jobs
	if o.Logger == nil {
		o.Logger = v.log
	}
	return follow.New(storage.Narrow[follow.Tx](v.store), o)
}

// Event returns one entry of a tenant's log. Returns [call.ErrNotFound].
func (v *Voki) Event(ctx context.Context, tenant string, seq uint64) (e call.Event, err error) {
	if !call.ValidID(tenant) || seq == 0 {
		return call.Event{}, fmt.Errorf("event %d: %w", seq, call.ErrNotFound)
	}
	err = v.store.View(ctx, func(tx storage.Tx) error {
		found, err := tx.Events(tenant, seq-1, 1)
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].Seq != seq {
			return fmt.Errorf("event %d: %w", seq, call.ErrNotFound)
		}
		e = found[0]
		return nil
	})
	return e, err
}
