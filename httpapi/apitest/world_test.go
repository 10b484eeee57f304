package apitest

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/httpapi/jwtauth"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

// The two companies: avanter has every feature, padaria has none and lives three hours west of Greenwich.
const (
	avanter = "avanter"
	padaria = "padaria"
)

// What the API page prints.
const (
	pageCall       = "1a2b3c4d-5e6f-7890-abcd-ef1234567890"
	pageUser       = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
	pageDepartment = "e5f6a7b8-c9d0-1234-efgh-567890123456"
	pageTag        = "t1a2b3c4-d5e6-7890-abcd-ef1234567890"
)

// nobody is an id that names nothing.
const nobody = "00000000-0000-7000-8000-000000000000"

// The users, one of each role at least.
var (
	joao  = call.Actor{Tenant: avanter, ID: pageUser, Name: "João Silva", Role: call.RoleAttendant}
	bia   = call.Actor{Tenant: avanter, ID: "bia", Name: "Bia Souza", Role: call.RoleAttendant}
	ana   = call.Actor{Tenant: avanter, ID: "ana", Name: "Ana Supervisor", Role: call.RoleSupervisor}
	mario = call.Actor{Tenant: avanter, ID: "mario", Name: "Mário Gerente", Role: call.RoleManager}
	olga  = call.Actor{Tenant: avanter, ID: "olga", Name: "Olga Dona", Role: call.RoleOwner}

	// Users of the other company; one has the id of a user of the first.
	rui  = call.Actor{Tenant: padaria, ID: pageUser, Name: "Rui Alves", Role: call.RoleAttendant}
	eva  = call.Actor{Tenant: padaria, ID: "eva", Name: "Eva Lima", Role: call.RoleSupervisor}
	nina = call.Actor{Tenant: padaria, ID: "nina", Name: "Nina Dona", Role: call.RoleOwner}
)

// host is an application that embeds Voki: it knows tenants, users, plans and links.
type host struct {
	mu       sync.Mutex
	maxQueue int
}

func (h *host) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch slug {
	case avanter:
		return call.Tenant{Name: "Avanter", Location: time.UTC, MaxQueue: h.maxQueue}, nil
	case padaria:
		return call.Tenant{Name: "Padaria", Location: time.FixedZone("BRT", -3*60*60)}, nil
	}
	return call.Tenant{}, call.ErrTenantNotFound
}

func (h *host) setMaxQueue(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.maxQueue = n
}

func (*host) User(_ context.Context, tenant, id string) (call.Ref, error) {
	for _, a := range []call.Actor{joao, bia, ana, mario, olga, rui, eva, nina} {
		if a.Tenant == tenant && a.ID == id {
			return call.Ref{ID: a.ID, Name: a.Name}, nil
		}
	}
	return call.Ref{}, call.ErrUserNotFound
}

func (*host) Department(_ context.Context, tenant, id string) (call.Ref, error) {
	switch {
	case tenant == avanter && id == pageDepartment:
		return call.Ref{ID: id, Name: "Suporte Técnico"}, nil
	case tenant == avanter && id == "vendas":
		return call.Ref{ID: id, Name: "Vendas"}, nil
	case tenant == padaria && id == "geral":
		return call.Ref{ID: id, Name: "Geral"}, nil
	}
	return call.Ref{}, call.ErrDepartmentNotFound
}

func (*host) HasFeature(_ context.Context, tenant string, _ ai.Feature) (bool, error) {
	return tenant == avanter, nil
}

func (*host) Link(_ context.Context, token string) (httpapi.Link, error) {
	switch token {
	case "suporte":
		return httpapi.Link{Tenant: avanter, Department: pageDepartment, Company: httpapi.Company{
			Name: "Avanter", LogoURL: "https://avanter.com.br/logo.svg", PrimaryColor: "#3b82f6",
		}}, nil
	case "padaria":
		return httpapi.Link{Tenant: padaria, Department: "geral"}, nil
	}
	return httpapi.Link{}, httpapi.ErrLinkNotFound
}

// The limits of the tests, small enough to go over.
const (
	maxUpload    = 512 << 10
	maxRecording = 1 << 20
	maxPart      = 256 << 10
)

var (
	jwtKey = bytes.Repeat([]byte("k"), 32)
	oldKey = bytes.Repeat([]byte("o"), 32) // before the last rotation, still good
)

// world is a server with everything behind it.
type world struct {
	t      *testing.T
	host   *host
	store  storage.Store
	blobs  *blobs
	voki   *voki.Voki
	auth   *jwtauth.Authenticator
	server *httptest.Server
}

// setup is what a test may want otherwise.
type setup struct {
	store   storage.Store
	options httpapi.Options
}

// newWorld starts a server whose tenants have the page's tag each, and no calls.
func newWorld(t *testing.T, change ...func(*setup)) *world {
	t.Helper()
	w := &world{t: t, host: &host{}, blobs: &blobs{BlobStore: media.NewMemory(), keys: map[string]bool{}}}
	var err error
	w.auth, err = jwtauth.New(jwtauth.Options{Keys: [][]byte{jwtKey, oldKey}})
	require.NoError(t, err)
	s := setup{store: memory.New(), options: httpapi.Options{
		Authenticator: w.auth, Links: w.host, PublicRate: -1, ICE: iceServers,
	}}
	for _, c := range change {
		c(&s)
	}
	w.store = s.store
	t.Cleanup(func() { _ = w.store.Close() })
	w.voki, err = voki.New(voki.Options{
		Limits: call.Limits{Queue: -1, Answer: -1}, // pass lets one pass
		Store:  w.store, Blobs: w.blobs, Directory: w.host, Tenants: w.host, Plans: w.host,
		MaxUpload: maxUpload, MaxRecording: maxRecording, MaxPart: maxPart,
	})
	require.NoError(t, err)
	api, err := httpapi.New(w.voki, s.options)
	require.NoError(t, err)

	mux := http.NewServeMux()
	mux.Handle("/api/v1/", api)
	mux.Handle("/uploads/", api)
	mux.Handle("/api/v1/call/", api.Public())
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)

	for _, owner := range []call.Actor{olga, nina} {
		w.createTag(owner, tag.Tag{ID: pageTag, Name: "Suporte", Color: "#3b82f6"})
	}
	w.createTag(olga, tag.Tag{ID: "vip", Name: "VIP", Color: "#ef4444"})
	return w
}

func (w *world) createTag(a call.Actor, tg tag.Tag) {
	w.t.Helper()
	_, err := w.voki.Tags.Create(w.t.Context(), a, tg)
	require.NoError(w.t, err)
}

// link returns the access link of a company.
func link(tenant string) string {
	if tenant == avanter {
		return "suporte"
	}
	return "padaria"
}

// a visit is a call together with its customer's token.
type visit struct {
	id     string
	token  string
	tenant string
}

// enqueue lets a customer join a company's queue, by the public route.
func (w *world) enqueue(tenant string) visit {
	w.t.Helper()
	r := w.anonymous().post("/api/v1/call/"+link(tenant)+"/join", map[string]any{"name": "Maria"})
	require.Equal(w.t, http.StatusOK, r.status, r)
	return visit{r.text("data.call_id"), r.text("data.websocket_token"), tenant}
}

// agent is the attendant to whom the calls of a company are given.
func agent(tenant string) call.Actor {
	if tenant == avanter {
		return joao
	}
	return rui
}

// callIn brings a new call of a company to a state.
func (w *world) callIn(tenant string, status call.Status) visit {
	w.t.Helper()
	v := w.enqueue(tenant)
	a := w.as(agent(tenant))
	must := func(r reply) { w.t.Helper(); require.Equal(w.t, http.StatusOK, r.status, r) }
	path := "/api/v1/calls/" + v.id
	switch status {
	case call.Queued:
	case call.Assigned:
		must(a.post(path+"/assign", nil))
	case call.Active:
		must(a.post(path+"/assign", nil))
		must(a.post(path+"/start", nil))
	case call.Completed:
		must(a.post(path+"/assign", nil))
		must(a.post(path+"/start", nil))
		must(a.post(path+"/complete", nil))
	case call.Cancelled:
		must(w.customer(v).post("/api/v1/call/cancel/"+v.id, nil))
	case call.Missed:
		must(a.post(path+"/assign", nil))
		w.pass(tenant, v.id, call.AnswerLimit)
	case call.Abandoned:
		w.pass(tenant, v.id, call.QueueLimit)
	}
	return v
}

// pass lets a limit of a call pass.
func (w *world) pass(tenant, id string, limit call.Trigger) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx storage.Tx) error {
		c, err := tx.Call(tenant, id)
		if err != nil {
			return err
		}
		c, events, err := call.Apply(c, call.Change{Trigger: limit, At: call.Now()})
		if err != nil {
			return err
		}
		for _, e := range events {
			if _, err := tx.AppendEvent(e); err != nil {
				return err
			}
		}
		return tx.PutCall(c)
	})
	require.NoError(w.t, err)
}

// put writes a call as it stands, for states that an import cannot bring.
func (w *world) put(c call.Call) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(w.t.Context(), func(tx storage.Tx) error { return tx.PutCall(c) }))
}

// log returns all events of a company.
func (w *world) log(tenant string) (events []call.Event) {
	w.t.Helper()
	require.NoError(w.t, w.store.View(w.t.Context(), func(tx storage.Tx) (err error) {
		events, err = tx.Events(tenant, 0, 1<<20)
		return err
	}))
	return events
}

// state is all that can be seen of a company: its log, its calls with details, tags, notes and files, and how many
// blobs there are.
type state struct {
	Events []call.Event
	Calls  []voki.Detail
	Files  []media.File
	Blobs  int
}

func (w *world) state(tenant string) state {
	w.t.Helper()
	owner := olga
	if tenant == padaria {
		owner = nina
	}
	s := state{Events: w.log(tenant), Blobs: w.blobs.count()}
	for c, err := range w.voki.Calls.All(w.t.Context(), owner, call.Query{}) {
		require.NoError(w.t, err)
		d, err := w.voki.Detail(w.t.Context(), owner, c.ID)
		require.NoError(w.t, err)
		files, err := w.voki.Media.Files(w.t.Context(), owner, c.ID)
		require.NoError(w.t, err)
		s.Calls, s.Files = append(s.Calls, d), append(s.Files, files...)
	}
	return s
}

// unchanged runs do and fails if anything of any company is different afterwards.
func (w *world) unchanged(do func()) {
	w.t.Helper()
	before := []state{w.state(avanter), w.state(padaria)}
	do()
	require.Equal(w.t, before, []state{w.state(avanter), w.state(padaria)}, "a refused request has changed something")
}
