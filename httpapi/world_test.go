package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

var (
	ana = call.Actor{Tenant: "avanter", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	bia = call.Actor{Tenant: "avanter", ID: "bia", Name: "Bia", Role: call.RoleAttendant}
	sue = call.Actor{Tenant: "avanter", ID: "sue", Name: "Sue Supervisor", Role: call.RoleSupervisor}
	moe = call.Actor{Tenant: "avanter", ID: "max", Name: "Max", Role: call.RoleManager}
	eve = call.Actor{Tenant: "rival", ID: "eve", Name: "Eve", Role: call.RoleOwner}
)

// company is the host of the tests: who and what there is.
type company struct {
	zone     *time.Location
	features map[ai.Feature]bool
	maxQueue int
}

func (h *company) User(_ context.Context, _, id string) (call.Ref, error) {
	switch id {
	case "ana":
		return call.Ref{ID: id, Name: "Ana"}, nil
	case "bia":
		return call.Ref{ID: id, Name: "Bia"}, nil
	}
	return call.Ref{}, call.ErrUserNotFound
}

func (h *company) Department(_ context.Context, _, id string) (call.Ref, error) {
	if id != "support" && id != "sales" {
		return call.Ref{}, call.ErrDepartmentNotFound
	}
	return call.Ref{ID: id, Name: strings.ToUpper(id)}, nil
}

func (h *company) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	if slug != "avanter" && slug != "rival" {
		return call.Tenant{}, call.ErrTenantNotFound
	}
	return call.Tenant{Name: "Avanter S.A.", Location: h.zone, MaxQueue: h.maxQueue}, nil
}

func (h *company) HasFeature(_ context.Context, tenant string, f ai.Feature) (bool, error) {
	return tenant == "avanter" && h.features[f], nil
}

func (h *company) Link(_ context.Context, token string) (httpapi.Link, error) {
	switch token {
	case "suporte":
		return httpapi.Link{Tenant: "avanter", Department: "support", Company: httpapi.Company{LogoURL: "https://x/l.svg"}}, nil
	case "closed-department":
		return httpapi.Link{Tenant: "avanter", Department: "gone"}, nil
	case "closed-company":
		return httpapi.Link{Tenant: "gone", Department: "support"}, nil
	}
	return httpapi.Link{}, httpapi.ErrLinkNotFound
}

// world is a server on an empty store, with its host.
type world struct {
	t     testing.TB
	host  *company
	v     *voki.Voki
	blobs *media.Memory
	auth  *jwtauth.Authenticator
	api   *httpapi.Server
	log   *bytes.Buffer
}

// setup changes what a world is made of.
type setup func(*company, *voki.Options, *httpapi.Options)

func newWorld(t testing.TB, setups ...setup) *world {
	t.Helper()
	w := &world{
		t: t, blobs: media.NewMemory(), log: &bytes.Buffer{},
		host: &company{features: map[ai.Feature]bool{ai.Transcription: true, ai.Summaries: true}},
	}
	var err error
	w.auth, err = jwtauth.New(jwtauth.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}})
	require.NoError(t, err)
	vo := voki.Options{
		Store: memory.New(), Blobs: w.blobs, Directory: w.host, Tenants: w.host, Plans: w.host,
		MaxUpload: 1 << 20, MaxRecording: 1 << 20,
	}
	ho := httpapi.Options{
		Authenticator: w.auth, Links: w.host, PublicRate: -1,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, s := range setups {
		s(w.host, &vo, &ho)
	}
	t.Cleanup(func() { require.NoError(t, vo.Store.Close()) })
	w.v, err = voki.New(vo)
	require.NoError(t, err)
	w.api, err = httpapi.New(w.v, ho)
	require.NoError(t, err)
	return w
}

// under returns the world for a fuzz target, which has a test of its own.
func (w *world) under(t testing.TB) *world {
	same := *w
	same.t = t
	return &same
}

// ServeHTTP serves what a host would mount.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/v1/call/") {
		w.api.Public().ServeHTTP(rw, r)
		return
	}
	w.api.ServeHTTP(rw, r)
}

// listen serves the world on a real connection.
func (w *world) listen() string {
	server := httptest.NewServer(w)
	w.t.Cleanup(server.Close)
	return server.URL
}

func (w *world) token(a call.Actor) string {
	w.t.Helper()
	token, err := w.auth.Sign(a, time.Hour)
	require.NoError(w.t, err)
	return token
}

// header is one header of a request.
type header struct{ name, value string }

// as makes a request in somebody's name.
func (w *world) as(a call.Actor) []header {
	w.t.Helper()
	return []header{{"Authorization", "Bearer " + w.token(a)}, {"X-Tenant", a.Tenant}}
}

// reply is what came back.
type reply struct {
	*http.Response
	body string
}

func (w *world) do(method, target, body string, headers ...header) reply {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
	}
	for _, h := range headers {
		r.Header.Add(h.name, h.value)
	}
	return w.serve(r)
}

func (w *world) serve(r *http.Request) reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	got := reply{rec.Result(), rec.Body.String()}
	if got.StatusCode >= 400 {
		w.checkEnvelope(got)
	}
	require.Equal(w.t, "no-store", got.Header.Get("Cache-Control"), "%s %s: %s", r.Method, r.URL, got.body)
	return got
}

// checkEnvelope holds an error against the one form that errors have.
func (w *world) checkEnvelope(got reply) {
	w.t.Helper()
	require.Equal(w.t, "application/json; charset=utf-8", got.Header.Get("Content-Type"), got.body)
	if got.body == "" { // HEAD
		return
	}
	var e struct {
		Errors map[string]any `json:"errors"`
	}
	require.NoError(w.t, json.Unmarshal([]byte(got.body), &e), got.body)
	require.NotEmpty(w.t, e.Errors, got.body)
	if got.StatusCode != http.StatusUnprocessableEntity {
		require.IsType(w.t, "", e.Errors["detail"], got.body)
		return
	}
	for field, messages := range e.Errors {
		require.NotEmpty(w.t, messages, field)
	}
}

// data decodes the data of a reply.
func (r reply) data(t testing.TB, status int) map[string]any {
	t.Helper()
	require.Equal(t, status, r.StatusCode, r.body)
	var v struct {
		Data map[string]any `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &v), r.body)
	return v.Data
}

func (r reply) detail(t testing.TB) string {
	t.Helper()
	var e struct {
		Errors struct{ Detail string }
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &e), r.body)
	return e.Errors.Detail
}

const calls = "/api/v1/calls"

// in makes a call that is in a state, with ana as its agent.
func (w *world) in(status call.Status) call.Call {
	w.t.Helper()
	ctx := context.Background()
	c, err := w.v.Calls.Enqueue(ctx, call.Intake{
		Tenant: "avanter", Department: "support", Customer: call.Customer{Name: "Maria", Email: "maria@x.org"},
	})
	require.NoError(w.t, err)
	step := func(next call.Call, err error) {
		require.NoError(w.t, err)
		c = next
	}
	switch status {
	case call.Queued:
		return c
	case call.Cancelled:
		step(w.v.Calls.Leave(ctx, "avanter", c.ID, call.SideCustomer))
		return c
	}
	step(w.v.Calls.Assign(ctx, ana, c.ID, ""))
	if status == call.Assigned {
		return c
	}
	step(w.v.Calls.Start(ctx, ana, c.ID))
	if status == call.Active {
		return c
	}
	require.Equal(w.t, call.Completed, status)
	step(w.v.Calls.Complete(ctx, ana, c.ID, ""))
	return c
}

func (w *world) tag(name string) tag.Tag {
	w.t.Helper()
	t, err := w.v.Tags.Create(context.Background(), moe, tag.Tag{Name: name, Color: "#3b82f6"})
	require.NoError(w.t, err)
	return t
}

// events is the number of the newest event in the tenant's log.
func (w *world) events() uint64 {
	w.t.Helper()
	head, err := w.v.Calls.Head(context.Background(), "avanter")
	require.NoError(w.t, err)
	return head
}

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func withOptions(change func(*httpapi.Options)) setup {
	return func(_ *company, _ *voki.Options, o *httpapi.Options) { change(o) }
}
