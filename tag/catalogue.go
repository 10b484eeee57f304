package tag

import (
	"cmp"
	"context"
	"errors"

	"github.com/avanter/voki/call"
)

// Catalogue returns all tags of the actor's tenant, ordered by id.
func (s *Service) Catalogue(ctx context.Context, a call.Actor) (tags []Tag, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(tx Tx) error {
		tags, err = tx.Tags(a.Tenant)
		return err
	})
	return tags, err
}

// Create adds a tag to the catalogue; it takes a manager. An empty ID is minted, an empty Color is [DefaultColor].
// Returns [call.FieldErrors] and [ErrNameTaken]. To create the same tag with the same ID again changes nothing and is
// no error.
func (s *Service) Create(ctx context.Context, a call.Actor, t Tag) (Tag, error) {
	if t.ID == "" {
		t.ID = call.NewID()
	}
	if t.Color == "" {
		t.Color = DefaultColor
	}
	return s.put(ctx, a, t.ID, func(there Tag, found bool) (Tag, call.Kind, error) {
		t.Tenant = a.Tenant
		t, err := t.check()
		switch {
		case err != nil:
			return Tag{}, "", err
		case !found:
			return t, call.KindTagCreated, nil
		case there != t:
			return Tag{}, "", call.Invalid("id", "has already been taken")
		}
		return t, "", nil
	})
}

// Change gives a tag of the catalogue another name or color; it takes a manager. An empty Name or Color stays as it
// is. Returns [ErrNotFound], [call.FieldErrors] and [ErrNameTaken].
func (s *Service) Change(ctx context.Context, a call.Actor, t Tag) (Tag, error) {
	return s.put(ctx, a, t.ID, func(there Tag, found bool) (Tag, call.Kind, error) {
		if !found {
			return Tag{}, "", ErrNotFound
		}
		changed := there
		changed.Name = cmp.Or(t.Name, there.Name)
		changed.Color = cmp.Or(t.Color, there.Color)
		changed, err := changed.check()
		if err != nil || changed == there {
			return changed, "", err
		}
		return changed, call.KindTagChanged, nil
	})
}

// put lets decide say, from what the catalogue has under id, what it should have, and by which kind of event that is
// reported; an empty kind if it has it.
func (s *Service) put(ctx context.Context, a call.Actor, id string, decide func(there Tag, found bool) (Tag, call.Kind, error)) (t Tag, err error) {
	if err := a.Require(call.RoleManager); err != nil {
		return Tag{}, err
	}
	now := call.Now()
	err = s.store.Update(ctx, func(tx Tx) error {
		there, err := lookUp(tx, a.Tenant, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		var kind call.Kind
		if t, kind, err = decide(there, err == nil); err != nil || kind == "" {
			return err
		}
		if taken, err := nameTaken(tx, t); err != nil || taken {
			return cmp.Or(err, ErrNameTaken)
		}
		if err := tx.PutTag(t); err != nil {
			return err
		}
		return log(tx, call.Event{
			Tenant: a.Tenant, Time: now, Kind: kind, Actor: a.ID, Data: call.Data{Subject: t.ID},
		})
	})
	if err != nil {
		return Tag{}, err
	}
	return t, nil
}

// Delete removes a tag from the catalogue; it takes a manager. Calls that bear it do not show it any more; if a tag is
// created again under the same id, they do. Returns [ErrNotFound].
func (s *Service) Delete(ctx context.Context, a call.Actor, id string) error {
	if err := a.Require(call.RoleManager); err != nil {
		return err
	}
	now := call.Now()
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := lookUp(tx, a.Tenant, id); err != nil {
			return err
		}
		if err := tx.DeleteTag(a.Tenant, id); err != nil {
			return err
		}
		return log(tx, call.Event{
			Tenant: a.Tenant, Time: now, Kind: call.KindTagDeleted, Actor: a.ID, Data: call.Data{Subject: id},
		})
	})
}

// lookUp is tx.Tag for an id that may be none. Returns [ErrNotFound].
func lookUp(tx Tx, tenant, id string) (Tag, error) {
	if !call.ValidID(id) {
		return Tag{}, ErrNotFound
	}
	return tx.Tag(tenant, id)
}
