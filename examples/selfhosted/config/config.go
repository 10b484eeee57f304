// Package config is voki.yaml: who is who, declared in a file.
//
// [Parse] reads it whole and reports every mistake with its line. A [Config] then answers what the library asks of its
// host: it is a call.Directory, call.Tenants, ai.Plans, ai.Languages, httpapi.Links and webhook.Subscriptions.
package config

import (
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
)

// Config is what the files say. It is not changed after [Parse] and safe for concurrent use.
type Config struct {
	tenants map[string]*Tenant
	links   map[string]link
	order   []string // slugs as the files list them
}

// Tenant is one company.
type Tenant struct {
	Slug     string
	Name     string
	Location *time.Location
	Language string // BCP 47, of its calls; empty: not known
	Features []ai.Feature
	Limits   call.Limits // zero: the default of the server; negative: off
	MaxQueue int         // calls that may wait in a department; 0: no limit

	RecordingDays int // after how many days recordings are removed; 0: never

	LogoURL      string // empty: none
	PrimaryColor string // as CSS writes it: #rrggbb; empty: none

	Departments []Department
	Users       []User
	Links       []Link
	Webhooks    []webhook.Subscription

	departments map[string]Department
	users       map[string]User
}

// Department is a queue of a company.
type Department struct{ ID, Name string }

// User is somebody who works there.
type User struct {
	ID          string
	Name        string
	Role        call.Role
	Departments []string // ids
}

// Link is an address by which customers join the queue of a department.
type Link struct {
	Token      string
	Department string // id
}

type link struct {
	tenant     *Tenant
	department string
}

// Slugs lists the companies in the order of the files.
func (c *Config) Slugs() []string { return append([]string(nil), c.order...) }

// Find returns a company. It reports false for a slug that no file names.
func (c *Config) Find(slug string) (Tenant, bool) {
	t, ok := c.tenants[slug]
	if !ok {
		return Tenant{}, false
	}
	return *t, true
}

// User returns a user of the company by id.
func (t Tenant) User(id string) (User, bool) {
	u, ok := t.users[id]
	return u, ok
}
