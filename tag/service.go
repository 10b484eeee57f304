package tag

import (
	"context"
	"errors"
	"slices"

	"github.com/avanter/voki/call"
)

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use. Its methods
// return an error that Is [call.ErrForbidden] if the actor's role does not suffice.
type Service struct{ store Store }

// NewService returns a service on store.
func NewService(store Store) *Service { return &Service{store: store} }

// List returns the tags that a call bears, in the order of adding. Returns [call.ErrNotFound].
func (s *Service) List(ctx context.Context, a call.Actor, callID string) (tags []Tag, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return nil, err
	}
	if !call.ValidID(callID) {
		return nil, call.ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		tags, err = OfCall(tx, a.Tenant, callID)
		return err
	})
	return tags, err
}

// Add puts a tag of the catalogue on a call, whatever the call's state. It reports whether the tag is new there: a tag
// stands once. Returns [call.ErrNotFound], and [call.FieldErrors] on tag_id for a tag that the catalogue lacks.
func (s *Service) Add(ctx context.Context, a call.Actor, callID, tagID string) (t Tag, added bool, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return Tag{}, false, err
	}
	if !call.ValidID(callID) {
		return Tag{}, false, call.ErrNotFound
	}
	now := call.Now()
	err = s.store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		var err error
		if t, err = known(tx, a.Tenant, tagID); err != nil {
			return err
		}
		ids, err := tx.CallTags(a.Tenant, callID)
		if err != nil {
			return err
		}
		if added = !slices.Contains(ids, tagID); !added {
			return nil
		}
		if err := tx.PutCallTags(a.Tenant, callID, append(slices.Clone(ids), tagID)); err != nil {
			return err
		}
		return log(tx, call.Event{
			Tenant: a.Tenant, Time: now, CallID: callID, Kind: call.KindTagAdded, Actor: a.ID,
			Data: call.Data{Subject: tagID},
		})
	})
	return t, added, err
}

// known looks up a tag that the caller names in a request.
func known(tx Tx, tenant, id string) (Tag, error) {
	if id == "" {
		return Tag{}, call.Invalid("tag_id", "can't be blank")
	}
	if !call.ValidID(id) {
		return Tag{}, call.Invalid("tag_id", "is invalid")
	}
	t, err := tx.Tag(tenant, id)
	if errors.Is(err, ErrNotFound) {
		return Tag{}, call.Invalid("tag_id", "does not exist")
	}
	return t, err
}

// Remove takes a tag off a call. Returns [call.ErrNotFound], and [ErrNotFound] if the call does not bear it.
func (s *Service) Remove(ctx context.Context, a call.Actor, callID, tagID string) error {
	if err := a.Require(call.RoleAttendant); err != nil {
		return err
	}
	if !call.ValidID(callID) {
		return call.ErrNotFound
	}
	now := call.Now()
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		tags, err := OfCall(tx, a.Tenant, callID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(tags, func(t Tag) bool { return t.ID == tagID }) {
			return ErrNotFound
		}
		ids := make([]string, 0, len(tags)) // those that left the catalogue go with it
		for _, t := range tags {
			if t.ID != tagID {
				ids = append(ids, t.ID)
			}
		}
		if err := tx.PutCallTags(a.Tenant, callID, ids); err != nil {
			return err
		}
		return log(tx, call.Event{
			Tenant: a.Tenant, Time: now, CallID: callID, Kind: call.KindTagRemoved, Actor: a.ID,
			Data: call.Data{Subject: tagID},
		})
	})
}

func log(tx Tx, e call.Event) error {
	_, err := tx.AppendEvent(e)
	return err
}
