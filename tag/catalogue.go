package tag

import (
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
	return s.put(ctx, a, t, func(tx Tx, t Tag) (call.Kind, error) {
		there, err := tx.Tag(t.Tenant, t.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			return call.KindTagCreated, nil
		case err != nil:
			return "", err
		case there != t:
			return "", call.Invalid("id", "has already been taken")
		}
		return "", nil
	})
}

// Change gives a tag of the catalogue another name or color; it takes a manager. An empty Name or Color stays as it
// is. Returns [ErrNotFound], [call.FieldErrors] and [ErrNameTaken].
func (s *Service) Change(ctx context.Context, a call.Actor, t Tag) (Tag, error) {
	var there Tag
	err := s.store.View(ctx, func(tx Tx) (err error) {
		there, err = tx.Tag(a.Tenant, t.ID)
		return err
	})
	if err != nil {
		return Tag{}, err
	}
	if t.Name == "" {
		t.Name = there.Name
	}
	if t.Color == "" {
		t.Color = there.Color
	}
	return s.put(ctx, a, t, func(tx Tx, t Tag) (call.Kind, error) {
		there, err := tx.Tag(t.Tenant, t.ID)
		if err != nil || there == t {
			return "", err
		}
		return call.KindTagChanged, nil
	})
}

// put writes t if decide names the kind of event that reports it, and an empty kind if there is nothing to do.
func (s *Service) put(ctx context.Context, a call.Actor, t Tag, decide func(Tx, Tag) (call.Kind, error)) (Tag, error) {
	if err := a.Require(call.RoleManager); err != nil {
		return Tag{}, err
	}
	t.Tenant = a.Tenant
	t, err := t.check()
	if err != nil {
		return Tag{}, err
	}
	now := call.Now()
	err = s.store.Update(ctx, func(tx Tx) error {
		kind, err := decide(tx, t)
		if err != nil || kind == "" {
			return err
		}
		if taken, err := nameTaken(tx, t); err != nil || taken {
			if taken {
				err = ErrNameTaken
			}
			return err
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

// Delete removes a tag from the catalogue and thereby from all calls; it takes a manager. Returns [ErrNotFound].
func (s *Service) Delete(ctx context.Context, a call.Actor, id string) error {
	if err := a.Require(call.RoleManager); err != nil {
		return err
	}
	now := call.Now()
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Tag(a.Tenant, id); err != nil {
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
