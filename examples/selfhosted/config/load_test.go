package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/config"
	"github.com/avanter/voki/examples/selfhosted/demo"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/webhook"
)

// write makes a file and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// load makes a configuration of files.
func load(t *testing.T, names ...string) (*config.Config, error) {
	t.Helper()
	var files []config.File
	for _, name := range names {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, config.File{Name: name, Content: content})
	}
	return config.Parse(files...)
}

// company is a tenant to which a test adds keys, from line 4 on.
const company = "tenants:\n  - slug: acme\n    name: Acme\n"

func TestMistakesAreReportedWithTheirLine(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"empty":            {"", []string{":1: tenants is missing"}},
		"only comments":    {"# nothing\n", []string{":1: tenants is missing"}},
		"null":             {"~\n", []string{":1: tenants is missing"}},
		"syntax":           {"tenants:\n  - slug: [\n", []string{"did not find expected node content"}},
		"tab":              {"tenants:\n\t- slug: a\n", []string{":2: found character that cannot start any token"}},
		"two documents":    {company + "---\na: 1\n", []string{"a second document"}},
		"not a mapping":    {"- a\n", []string{":1: must be a mapping with the keys tenants"}},
		"tenants no list":  {"tenants: 5\n", []string{":1: tenants: must be a list"}},
		"unknown root":     {company + "tenant: 1\n", []string{":4: tenant: unknown key; known are tenants"}},
		"unknown key":      {company + "    colour: red\n", []string{":4: tenants[0].colour: unknown key"}},
		"key twice":        {company + "    name: Other\n", []string{":4: tenants[0].name: given twice; first in line 3"}},
		"missing":          {"tenants:\n  - time_zone: UTC\n", []string{":2: tenants[0]: slug is missing", ":2: tenants[0]: name is missing"}},
		"empty entry":      {"tenants:\n  -\n", []string{":2: tenants[0]: is empty"}},
		"blank name":       {"tenants:\n  - slug: acme\n    name: ' '\n", []string{":3: tenants[0].name: can't be blank"}},
		"bad slug":         {"tenants:\n  - slug: A B\n    name: x\n", []string{":2: tenants[0].slug: must be lower-case"}},
		"slug twice":       {company + "  - slug: acme\n    name: x\n", []string{`:4: tenants[1].slug: "acme" is declared twice; first in`}},
		"zone":             {company + "    time_zone: Mars/Olympus\n", []string{`:4: tenants[0].time_zone: "Mars/Olympus" is no time zone`}},
		"language":         {company + "    language: Português\n", []string{":4: tenants[0].language: must be a tag such as pt-BR"}},
		"local zone":       {company + "    time_zone: Local\n", []string{":4: tenants[0].time_zone: must name a place"}},
		"feature":          {company + "    features: [transcription, video]\n", []string{`:4: tenants[0].features[1]: "video" must be one of transcription, ai_summaries`}},
		"features no list": {company + "    features: transcription\n", []string{":4: tenants[0].features: must be a list"}},
		"duration": {
			company + "    limits:\n      queue: 30\n      grace: soon\n      longst: 4h\n",
			[]string{`:5: tenants[0].limits.queue: "30" is no duration`, `:6: tenants[0].limits.grace: "soon"`, ":7: tenants[0].limits.longst: unknown key"},
		},
		"max queue":      {company + "    limits: {max_queue: -1}\n", []string{`:4: tenants[0].limits.max_queue: "-1" is no number from 0`}},
		"color":          {company + "    branding: {primary_color: blue}\n", []string{":4: tenants[0].branding.primary_color: must be written as"}},
		"logo":           {company + "    branding: {logo_url: 'ftp://x/y'}\n", []string{":4: tenants[0].branding.logo_url: \"ftp://x/y\" is no address"}},
		"list as a name": {company + "    departments:\n      - id: [a]\n        name: b\n", []string{":5: tenants[0].departments[0].id: must be a single value"}},
		"department id":  {company + "    departments:\n      - id: a b\n        name: b\n", []string{":5: tenants[0].departments[0].id: must be 1 to 128 bytes"}},
		"department twice": {
			company + "    departments:\n      - {id: a, name: A}\n      - {id: a, name: B}\n",
			[]string{`:6: tenants[0].departments[1].id: "a" is declared twice`},
		},
		"role":    {company + "    users: [{id: u, name: U, role: boss}]\n", []string{`:4: tenants[0].users[0].role: "boss" must be one of attendant, supervisor, manager, owner`}},
		"no role": {company + "    users: [{id: u, name: U}]\n", []string{":4: tenants[0].users[0]: role is missing"}},
		"user twice": {
			company + "    users:\n      - {id: u, name: U, role: owner}\n      - {id: u, name: V, role: owner}\n",
			[]string{`:6: tenants[0].users[1].id: "u" is declared twice`},
		},
		"user of no department": {
			company + "    users:\n      - id: u\n        name: U\n        role: owner\n        departments: [sales]\n",
			[]string{`:8: tenants[0].users[0].departments[0]: there is no department "sales"`},
		},
		"link to no department": {company + "    links: [{token: t, department: x}]\n", []string{`:4: tenants[0].links[0].department: there is no department "x"`}},
		"reserved link": {
			company + "    departments: [{id: d, name: D}]\n    links:\n      - {token: status, department: d}\n",
			[]string{":6: tenants[0].links[0].token: must not be one of status"},
		},
		"bad link": {
			company + "    departments: [{id: d, name: D}]\n    links:\n      - {token: a/b, department: d}\n",
			[]string{":6: tenants[0].links[0].token: must be letters, digits"},
		},
		"link twice": {
			company + "    departments: [{id: d, name: D}]\n    links: [{token: l, department: d}]\n" +
				"  - slug: other\n    name: Other\n    departments: [{id: d, name: D}]\n    links: [{token: l, department: d}]\n",
			[]string{`:9: tenants[1].links[0].token: "l" is declared twice; first in`},
		},
		"webhook": {
			company + "    webhooks:\n      - url: example.com\n        events: [call.done]\n        secret: short\n",
			[]string{`:5: tenants[0].webhooks[0].url: "example.com" is no address`, `:6: tenants[0].webhooks[0].events[0]: "call.done"`, ":7: tenants[0].webhooks[0].secret: must have at least 16 bytes"},
		},
		"webhook keys": {
			company + "    webhooks:\n      - url: 'https://x.example/a'\n        events: [call.missed]\n        secret: whsec_short\n        id: a b\n" +
				"        disabled: perhaps\n      - {url: 'https://x.example/b', events: [call.missed], secret: []}\n",
			[]string{
				":7: tenants[0].webhooks[0].secret: must be Base64 behind whsec_", ":8: tenants[0].webhooks[0].id: must be 1 to 128 bytes",
				`:9: tenants[0].webhooks[0].disabled: "perhaps" must be one of true, false`, ":10: tenants[0].webhooks[1].secret: names no secret",
			},
		},
		"webhook twice": {
			company + "    webhooks:\n      - {url: 'https://x.example', events: [call.missed], secret: 0123456789abcdef, id: a}\n" +
				"      - {url: 'https://x.example', events: [call.missed], secret: 0123456789abcdef}\n" +
				"      - {url: 'https://y.example', events: [call.missed], secret: 0123456789abcdef, id: a}\n",
			[]string{`:6: tenants[0].webhooks[1].url: "https://x.example" is declared twice`, `:7: tenants[0].webhooks[2].id: "a" is declared twice`},
		},
		"webhook without events": {
			company + "    webhooks: [{url: 'https://x.example', events: [], secret: 0123456789abcdef}]\n",
			[]string{":4: tenants[0].webhooks[0].events: names no event"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, write(t, "voki.yaml", test.file))
			var problems config.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, len(test.want), "%v", err)
			for i, want := range test.want {
				assert.Contains(t, problems[i].String(), want)
			}
		})
	}
}

func TestFilesMakeOneConfiguration(t *testing.T) {
	example, shown := write(t, "voki.yaml", string(config.Example)), write(t, "demo.yaml", string(demo.Configuration))
	c, err := load(t, example, shown)
	require.NoError(t, err)
	assert.Equal(t, []string{"example", "avanter", "essencial"}, c.Slugs()) //nolint:misspell // Portuguese

	_, err = load(t, shown, shown)
	assert.ErrorContains(t, err, `tenants[0].slug: "avanter" is declared twice; first in `+shown+":5")
}

func TestConfigurationAnswersTheLibrary(t *testing.T) {
	c, err := load(t, write(t, "voki.yaml", `
tenants:
  - slug: acme
    name: Acme
    time_zone: America/Sao_Paulo
    language: pt-BR
    features: [transcription]
    limits: {queue: 10m, answer: off, max_queue: 3}
    recording_days: 90
    branding: {primary_color: "#112233"}
    departments: [{id: 7, name: Sales}]
    users: [{id: u1, name: Ana, role: supervisor, departments: [7]}]
    links: [{token: hello, department: 7}]
    webhooks:
      - {url: "https://a.example/hook", events: [call.missed], secret: [0123456789abcdef, fedcba9876543210], id: a, disabled: true}
      - {url: "https://b.example/hook", events: [call.created, call.completed], secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
`))
	require.NoError(t, err)
	ctx := t.Context()

	tenant, err := c.Tenant(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, "America/Sao_Paulo", tenant.Location.String())
	assert.Equal(t, call.Limits{Queue: 10 * time.Minute, Answer: -1}, tenant.Limits)
	assert.Equal(t, 3, tenant.MaxQueue)
	assert.Equal(t, 90, tenant.RecordingDays)
	_, err = c.Tenant(ctx, "other")
	assert.ErrorIs(t, err, call.ErrTenantNotFound)

	user, err := c.User(ctx, "acme", "u1")
	require.NoError(t, err)
	assert.Equal(t, call.Ref{ID: "u1", Name: "Ana"}, user)
	_, err = c.User(ctx, "other", "u1")
	assert.ErrorIs(t, err, call.ErrUserNotFound)

	department, err := c.Department(ctx, "acme", "7")
	require.NoError(t, err)
	assert.Equal(t, "Sales", department.Name)
	_, err = c.Department(ctx, "acme", "8")
	assert.ErrorIs(t, err, call.ErrDepartmentNotFound)

	for feature, want := range map[ai.Feature]bool{ai.Transcription: true, ai.Summaries: false} {
		has, err := c.HasFeature(ctx, "acme", feature)
		require.NoError(t, err)
		assert.Equal(t, want, has, feature)
	}

	for tenant, want := range map[string]string{"acme": "pt-BR", "other": ""} {
		language, err := c.Language(ctx, tenant, "call")
		require.NoError(t, err)
		assert.Equal(t, want, language)
	}

	link, err := c.Link(ctx, "hello")
	require.NoError(t, err)
	assert.Equal(t, httpapi.Link{
		Tenant: "acme", Department: "7", Company: httpapi.Company{Name: "Acme", PrimaryColor: "#112233"},
	}, link)
	_, err = c.Link(ctx, "goodbye")
	assert.ErrorIs(t, err, httpapi.ErrLinkNotFound)

	hooks, err := c.Subscriptions(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, []webhook.Subscription{
		{ID: "a", URL: "https://a.example/hook", Events: []call.Kind{call.KindMissed}, Secrets: []string{"0123456789abcdef", "fedcba9876543210"}, Disabled: true},
		{ID: "wh_fba2540139f4", URL: "https://b.example/hook", Events: []call.Kind{call.KindCreated, call.KindCompleted}, Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
	}, hooks)
	hooks, err = c.Subscriptions(ctx, "other")
	require.NoError(t, err)
	assert.Empty(t, hooks)
}

func TestProblemsReadAsAList(t *testing.T) {
	_, err := load(t, write(t, "voki.yaml", company+"    a: 1\n    b: 2\n"))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	assert.Equal(t, "2 mistakes in the configuration:", lines[0])
	assert.Len(t, lines, 3)
}
