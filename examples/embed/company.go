package main

import (
	"context"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// The one company that this application is for, and its one department.
const (
	companySlug  = "acme"
	departmentID = "support"
)

// company answers what Voki asks about companies: which there are, and what their access links open.
type company struct{}

// Tenant implements [call.Tenants].
func (company) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	if slug != companySlug {
		return call.Tenant{}, call.ErrTenantNotFound
	}
	return call.Tenant{Name: "Acme", MaxQueue: 50}, nil
}

// Link implements [httpapi.Links]. The address to give to customers ends in /api/v1/call/help/join.
func (company) Link(_ context.Context, token string) (httpapi.Link, error) {
	if token != "help" {
		return httpapi.Link{}, httpapi.ErrLinkNotFound
	}
	return httpapi.Link{Tenant: companySlug, Department: departmentID}, nil
}
