package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/tag"
)

// Local does it on the opened data.
type Local struct {
	Voki  *voki.Voki
	Hooks *webhook.Service
	Data  *datadir.Data

	// Tenants are the companies whose data there may be.
	Tenants []string
	// Serving: this is the server, whose Hooks are run.
	Serving bool
	// ConfigFile is the file that says who is who; backups hold it as voki.yaml.
	ConfigFile string
}

var _ Ops = (*Local)(nil)

// actor is whoever runs the commands: who may read the files may do everything.
func actor(tenant string) call.Actor {
	return call.Actor{Tenant: tenant, ID: "voki-command", Name: "voki", Role: call.RoleOwner}
}

// known refuses a company that the configuration does not name.
func (l *Local) known(ctx context.Context, tenant string) error {
	_, err := l.Voki.Calls.Tenant(ctx, tenant)
	if errors.Is(err, call.ErrTenantNotFound) {
		return fmt.Errorf("--tenant %q: the configuration names no such company", tenant)
	}
	return err
}

// Tags implements [Ops].
func (l *Local) Tags(ctx context.Context, tenant string) ([]Tag, error) {
	if err := l.known(ctx, tenant); err != nil {
		return nil, err
	}
	all, err := l.Voki.Tags.Catalogue(ctx, actor(tenant))
	tags := make([]Tag, len(all))
	for i, t := range all {
		tags[i] = shown(t)
	}
	return tags, err
}

// AddTag implements [Ops].
func (l *Local) AddTag(ctx context.Context, tenant string, t Tag) (Tag, error) {
	if err := l.known(ctx, tenant); err != nil {
		return Tag{}, err
	}
	created, err := l.Voki.Tags.Create(ctx, actor(tenant), tag.Tag{ID: t.ID, Name: t.Name, Color: t.Color})
	return shown(created), err
}

// RenameTag implements [Ops].
func (l *Local) RenameTag(ctx context.Context, tenant, name string, to Tag) (Tag, error) {
	t, err := l.find(ctx, tenant, name)
	if err != nil {
		return Tag{}, err
	}
	changed, err := l.Voki.Tags.Change(ctx, actor(tenant), tag.Tag{ID: t.ID, Name: to.Name, Color: to.Color})
	return shown(changed), err
}

// RemoveTag implements [Ops].
func (l *Local) RemoveTag(ctx context.Context, tenant, name string) (Tag, error) {
	t, err := l.find(ctx, tenant, name)
	if err != nil {
		return Tag{}, err
	}
	return t, l.Voki.Tags.Delete(ctx, actor(tenant), t.ID)
}

// find returns the tag of an id or, where case and accents do not count, of a name.
func (l *Local) find(ctx context.Context, tenant, name string) (Tag, error) {
	all, err := l.Tags(ctx, tenant)
	if err != nil {
		return Tag{}, err
	}
	for _, t := range all {
		if t.ID == name {
			return t, nil
		}
	}
	for _, t := range all {
		if call.Fold(t.Name) == call.Fold(name) {
			return t, nil
		}
	}
	return Tag{}, fmt.Errorf("%w: %q is neither an id nor a name in the catalogue of %s", tag.ErrNotFound, name, tenant)
}

func shown(t tag.Tag) Tag { return Tag{ID: t.ID, Name: t.Name, Color: t.Color} }
