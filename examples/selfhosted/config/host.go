package config

import (
	"context"
	"slices"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

var (
	_ call.Directory = (*Config)(nil)
	_ call.Tenants   = (*Config)(nil)
	_ ai.Plans       = (*Config)(nil)
	_ ai.Languages   = (*Config)(nil)
	_ httpapi.Links  = (*Config)(nil)
)

// User implements [call.Directory].
func (c *Config) User(_ context.Context, tenant, id string) (call.Ref, error) {
	if t, ok := c.tenants[tenant]; ok {
		if u, ok := t.users[id]; ok {
			return call.Ref{ID: u.ID, Name: u.Name}, nil
		}
	}
	return call.Ref{}, call.ErrUserNotFound
}

// Department implements [call.Directory].
func (c *Config) Department(_ context.Context, tenant, id string) (call.Ref, error) {
	if t, ok := c.tenants[tenant]; ok {
		if d, ok := t.departments[id]; ok {
			return call.Ref{ID: d.ID, Name: d.Name}, nil
		}
	}
	return call.Ref{}, call.ErrDepartmentNotFound
}

// Tenant implements [call.Tenants].
func (c *Config) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	t, ok := c.tenants[slug]
	if !ok {
		return call.Tenant{}, call.ErrTenantNotFound
	}
	return call.Tenant{
		Name: t.Name, Location: t.Location, Limits: t.Limits, MaxQueue: t.MaxQueue, RecordingDays: t.RecordingDays,
	}, nil
}

// HasFeature implements [ai.Plans].
func (c *Config) HasFeature(_ context.Context, tenant string, feature ai.Feature) (bool, error) {
	t, ok := c.tenants[tenant]
	return ok && slices.Contains(t.Features, feature), nil
}

// Language implements [ai.Languages].
func (c *Config) Language(_ context.Context, tenant, _ string) (string, error) {
	if t, ok := c.tenants[tenant]; ok {
		return t.Language, nil
	}
	return "", nil
}

// Link implements [httpapi.Links].
func (c *Config) Link(_ context.Context, token string) (httpapi.Link, error) {
	l, ok := c.links[token]
	if !ok {
		return httpapi.Link{}, httpapi.ErrLinkNotFound
	}
	return httpapi.Link{
		Tenant: l.tenant.Slug, Department: l.department,
		Company: httpapi.Company{
			Name: l.tenant.Name, LogoURL: l.tenant.LogoURL, PrimaryColor: l.tenant.PrimaryColor,
		},
	}, nil
}
