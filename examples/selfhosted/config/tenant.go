package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are to be known on machines without a database of them

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
)

var (
	slugForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	// languageForm is that of the tags of BCP 47 that one meets.
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	tokenForm    = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128}$`)
)

func (c *Config) tenant(v value, places *places) {
	keys := v.keys(2, "slug", "name", "time_zone", "language", "features", "limits", "recording_days", "branding",
		"departments", "users", "links", "webhooks")
	t := &Tenant{
		Slug:        keys["slug"].word(),
		Name:        keys["name"].name(),
		Location:    keys["time_zone"].zone(),
		Language:    keys["language"].word(),
		departments: map[string]Department{},
		users:       map[string]User{},
	}
	if slug := keys["slug"]; slug.there() && !slugForm.MatchString(t.Slug) {
		slug.fail("must be lower-case letters, digits, - and _")
	}
	if language := keys["language"]; language.there() && !languageForm.MatchString(t.Language) {
		language.fail("must be a tag such as pt-BR or en")
	}
	keys["features"].list(func(v value) {
		t.Features = append(t.Features, ai.Feature(v.oneOf(string(ai.Transcription), string(ai.Summaries))))
	})
	limits := keys["limits"].keys(0, "queue", "answer", "grace", "longest", "max_queue")
	t.Limits = call.Limits{
		Queue: limits["queue"].limit(), Answer: limits["answer"].limit(),
		Grace: limits["grace"].limit(), Longest: limits["longest"].limit(),
	}
	t.MaxQueue = limits["max_queue"].count()
	t.RecordingDays = keys["recording_days"].count()
	branding := keys["branding"].keys(0, "logo_url", "primary_color")
	t.LogoURL = branding["logo_url"].address("http", "https")
	t.PrimaryColor = branding["primary_color"].word()
	if color := branding["primary_color"]; color.there() && !colorForm.MatchString(t.PrimaryColor) {
		color.fail("must be written as \"#rrggbb\"")
	}

	t.readDepartments(keys["departments"])
	t.readUsers(keys["users"])
	t.readLinks(keys["links"], c, places)
	t.readWebhooks(keys["webhooks"])

	if !taken(places.tenants, keys["slug"], t.Slug) {
		c.tenants[t.Slug] = t
		c.order = append(c.order, t.Slug)
	}
}

func (t *Tenant) readDepartments(v value) {
	seen := map[string]string{}
	v.list(func(v value) {
		keys := v.keys(2, "id", "name")
		d := Department{ID: keys["id"].id(), Name: keys["name"].name()}
		if !taken(seen, keys["id"], d.ID) {
			t.departments[d.ID] = d
			t.Departments = append(t.Departments, d)
		}
	})
}

func (t *Tenant) readUsers(v value) {
	seen := map[string]string{}
	roles := make([]string, 0, len(call.Roles()))
	for _, role := range call.Roles() {
		roles = append(roles, string(role))
	}
	v.list(func(v value) {
		keys := v.keys(3, "id", "name", "role", "departments")
		u := User{ID: keys["id"].id(), Name: keys["name"].name(), Role: call.Role(keys["role"].oneOf(roles...))}
		keys["departments"].list(func(v value) { u.Departments = append(u.Departments, t.department(v)) })
		if !taken(seen, keys["id"], u.ID) {
			t.users[u.ID] = u
			t.Users = append(t.Users, u)
		}
	})
}

// reserved are first segments of the public routes, which no link can be told from.
var reserved = []string{"status", "evaluate", "cancel", "turn-credentials"}

func (t *Tenant) readLinks(v value, c *Config, places *places) {
	v.list(func(v value) {
		keys := v.keys(2, "token", "department")
		l := Link{Token: keys["token"].word(), Department: t.department(keys["department"])}
		switch token := keys["token"]; {
		case !token.there():
		case !tokenForm.MatchString(l.Token):
			token.fail("must be letters, digits and . _ ~ -, for it stands in an address")
		case slices.Contains(reserved, l.Token):
			token.fail("must not be one of %s", strings.Join(reserved, ", "))
		case !taken(places.links, token, l.Token):
			c.links[l.Token] = link{tenant: t, department: l.Department}
			t.Links = append(t.Links, l)
		}
	})
}

// department returns a reference to a department of the tenant.
func (t *Tenant) department(v value) string {
	id := v.word()
	if _, ok := t.departments[id]; v.there() && !ok {
		v.fail("there is no department %q", id)
	}
	return id
}

// zone returns a time zone, UTC if there is none.
func (v value) zone() *time.Location {
	name := v.word()
	if name == "Local" {
		v.fail("must name a place, such as America/Sao_Paulo, or UTC")
		return time.UTC
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		v.fail("%q is no time zone: write one such as America/Sao_Paulo, or UTC", name)
		return time.UTC
	}
	return location
}

func (v value) oneOf(known ...string) string {
	s := v.word()
	if v.there() && !slices.Contains(known, s) {
		v.fail("%q must be one of %s", s, strings.Join(known, ", "))
	}
	return s
}

// address returns an absolute URL with one of the given schemes.
func (v value) address(schemes ...string) string {
	s := v.word()
	if s == "" {
		return s
	}
	if u, err := url.Parse(s); err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		v.fail("%q is no address that begins with %s://", s, strings.Join(schemes, ":// or "))
	}
	return s
}
