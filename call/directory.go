package call

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Directory is how the host says who and what there is. It is asked before a transaction, never inside one.
type Directory interface {
	// User returns a user of the tenant with its display name. Returns [ErrUserNotFound].
	User(ctx context.Context, tenant, id string) (Ref, error)
	// Department returns a department of the tenant with its display name. Returns [ErrDepartmentNotFound].
	Department(ctx context.Context, tenant, id string) (Ref, error)
}

// Tenants is how the host says which companies there are.
type Tenants interface {
	// Tenant returns what is set for a company. Returns [ErrTenantNotFound].
	Tenant(ctx context.Context, slug string) (Tenant, error)
}

// Tenant is what a host may set for one company.
type Tenant struct {
	Name     string         // display name
	Location *time.Location // time zone for dates without a zone and for manager notes. Defaults to UTC
	Limits   Limits         // zero fields fall back to the host's options

	// MaxQueue is how many calls may wait in one department. Defaults to no limit.
	MaxQueue int

	// RecordingDays is after how many days recordings are removed. Defaults to never.
	RecordingDays int
}

// openDirectory is used when the host gives no Directory: every id is known, and nothing has a name.
type openDirectory struct{}

func (openDirectory) User(_ context.Context, _, id string) (Ref, error) { return Ref{ID: id}, nil }
func (openDirectory) Department(_ context.Context, _, id string) (Ref, error) {
	return Ref{ID: id}, nil
}

// openTenants is used when the host gives no Tenants: every slug is a company with the defaults.
type openTenants struct{}

func (openTenants) Tenant(_ context.Context, slug string) (Tenant, error) {
	return Tenant{Name: slug}, nil
}

// Tenant returns what the host has set for a company, with every gap filled. Returns [ErrTenantNotFound].
func (s *Service) Tenant(ctx context.Context, slug string) (Tenant, error) {
	if !ValidID(slug) {
		return Tenant{}, ErrTenantNotFound
	}
	t, err := s.tenants.Tenant(ctx, slug)
	if err != nil {
		return Tenant{}, fmt.Errorf("tenant %q: %w", slug, err)
	}
	if t.Location == nil {
		t.Location = time.UTC
	}
	t.Limits = t.Limits.Or(s.limits)
	return t, nil
}

// user looks a user up for an assignment. An actor who acts for himself is known by his token even if the directory
// does not list him.
func (s *Service) user(ctx context.Context, a Actor, id string) (Ref, error) {
	self := id == "" || id == a.ID
	if self {
		id = a.ID
	}
	if !ValidID(id) {
		return Ref{}, Invalid("user_id", "is invalid")
	}
	ref, err := s.directory.User(ctx, a.Tenant, id)
	switch {
	case errors.Is(err, ErrUserNotFound) && self:
		ref = Ref{}
	case errors.Is(err, ErrUserNotFound):
		return Ref{}, Invalid("user_id", "does not exist")
	case err != nil:
		return Ref{}, fmt.Errorf("directory: %w", err)
	}
	ref.ID = id
	if self && ref.Name == "" {
		ref.Name = a.Name
	}
	return ref, nil
}

// Department returns a department of a tenant with its display name, as the host's [Directory] has it. Returns
// [ErrDepartmentNotFound], also for an id that no department can have.
func (s *Service) Department(ctx context.Context, tenant, id string) (Ref, error) {
	if !ValidID(tenant) || !ValidID(id) {
		return Ref{}, ErrDepartmentNotFound
	}
	ref, err := s.directory.Department(ctx, tenant, id)
	if err != nil {
		return Ref{}, fmt.Errorf("directory: %w", err)
	}
	ref.ID = id
	return ref, nil
}

// department looks a department up that an input names.
func (s *Service) department(ctx context.Context, tenant, id string) (Ref, error) {
	if !ValidID(id) {
		return Ref{}, Invalid("department_id", "is invalid")
	}
	ref, err := s.Department(ctx, tenant, id)
	if errors.Is(err, ErrDepartmentNotFound) {
		return Ref{}, Invalid("department_id", "does not exist")
	}
	return ref, err
}
