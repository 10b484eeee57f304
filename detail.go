package voki

import (
	"context"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// Detail is a call with what belongs to it.
type Detail struct {
	Call  call.Call
	Tags  []tag.Tag // in the order of adding
	Notes string    // the manager notes as [notes.Render] writes them; empty for an actor below supervisor
}

// Detail returns a call with what belongs to it, all from one state of the store. Returns [call.ErrForbidden],
// [call.ErrTenantNotFound] and [call.ErrNotFound].
func (v *Voki) Detail(ctx context.Context, a call.Actor, id string) (d Detail, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return Detail{}, err
	}
	tenant, err := v.Calls.Tenant(ctx, a.Tenant)
	if err != nil {
		return Detail{}, err
	}
	if !call.ValidID(id) {
		return Detail{}, call.ErrNotFound
	}
	err = v.store.View(ctx, func(tx storage.Tx) error {
		c, err := tx.Call(a.Tenant, id)
		if err != nil {
			return err
		}
		tags, err := tag.OfCall(tx, a.Tenant, id)
		if err != nil {
			return err
		}
		d = Detail{Call: c, Tags: tags}
		if !a.Role.AtLeast(call.RoleSupervisor) {
			return nil
		}
		all, err := tx.Notes(a.Tenant, id)
		d.Notes = notes.Render(all, tenant.Location)
		return err
	})
	return d, err
}
