package voki

import (
	"context"
	"sync"

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
func (v *Voki) Detail(ctx context.Context, a call.Actor, id string) (Detail, error) {
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
	found, _ := details.Get().(*Detail)
	defer func() {
		*found = Detail{}
		details.Put(found)
	}()
	err = v.store.View(ctx, func(tx storage.Tx) (err error) {
		*found = Detail{}
		if found.Call, err = tx.Call(a.Tenant, id); err != nil {
			return err
		}
		if found.Tags, err = tag.OfCall(tx, a.Tenant, id); err != nil || !a.Role.AtLeast(call.RoleSupervisor) {
			return err
		}
		all, err := tx.Notes(a.Tenant, id)
		found.Notes = notes.Render(all, tenant.Location)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return *found, nil
}

// details are where a transaction leaves what it finds.
var details = sync.Pool{New: func() any { return new(Detail) }}
