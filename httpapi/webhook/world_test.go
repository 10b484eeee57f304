package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

const (
	tenant = "avanter"
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

var (
	ana = call.Actor{Tenant: tenant, ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	sue = call.Actor{Tenant: tenant, ID: "sue", Name: "Sue", Role: call.RoleSupervisor}
)

// loopback is where the receivers of the tests are.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// host is who is subscribed.
type host struct {
	mu   sync.Mutex
	subs []webhook.Subscription
	err  error
}

func (h *host) Subscriptions(_ context.Context, of string) ([]webhook.Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of != tenant || h.err != nil {
		return nil, h.err
	}
	return append([]webhook.Subscription(nil), h.subs...), nil
}

func (h *host) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// world is a Voki with webhooks.
type world struct {
	t     testing.TB
	host  *host
	store storage.Store
	voki  *voki.Voki
	hooks *webhook.Service
	o     webhook.Options
	stop  func() // ends Run, if it runs
}

// newWorld makes one that does not run yet, with short pauses between tries.
func newWorld(t testing.TB, change func(*webhook.Options), subs ...webhook.Subscription) *world {
	t.Helper()
	w := &world{t: t, host: &host{subs: subs}, store: memory.New(), stop: func() {}}
	var err error
	w.voki, err = voki.New(voki.Options{Store: w.store})
	require.NoError(t, err)
	w.o = webhook.Options{
		Subscriptions: w.host, Allow: loopback(), Backoff: follow.Backoff{First: time.Millisecond, Most: 10 * time.Millisecond},
	}
	if change != nil {
		change(&w.o)
	}
	w.hooks, err = webhook.New(w.voki, w.o)
	require.NoError(t, err)
	t.Cleanup(func() {
		w.stop()
		require.NoError(t, w.store.Close())
	})
	return w
}

// run delivers until the end of the test, or stop.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.hooks.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(w.t, <-ended)
	})
}

// restart ends what runs and goes on in a new service, as after a new start.
func (w *world) restart() {
	w.stop()
	var err error
	w.hooks, err = webhook.New(w.voki, w.o)
	require.NoError(w.t, err)
	w.run()
}

// call makes a call, through its whole life if it is to be completed.
func (w *world) call(completed bool) (id string) {
	w.t.Helper()
	ctx := w.t.Context()
	joined, err := w.voki.Calls.Enqueue(ctx, call.Intake{Tenant: tenant, Department: "d", Customer: call.Customer{Name: "Maria <&>"}})
	require.NoError(w.t, err)
	if completed {
		_, err = w.voki.Calls.Assign(ctx, ana, joined.ID, "")
		require.NoError(w.t, err)
		_, err = w.voki.Calls.Start(ctx, ana, joined.ID)
		require.NoError(w.t, err)
		_, err = w.voki.Calls.Complete(ctx, ana, joined.ID, "all well")
		require.NoError(w.t, err)
	}
	return joined.ID
}

// wholeLife is what is told of a call that call completes.
func wholeLife() []string {
	return []string{"call.created", "call.assigned", "call.started", "call.completed"}
}

// jobs returns the deliveries of a subscription in a state; any if it is empty.
func (w *world) jobs(sub string, states ...follow.State) []follow.Job {
	w.t.Helper()
	jobs, err := w.hooks.Deliveries(w.t.Context(), sue, follow.Filter{Target: sub, States: states}, "", 1000)
	require.NoError(w.t, err)
	return jobs
}

// eventually waits for what must come.
func eventually(t testing.TB, what func() bool, message string, args ...any) {
	t.Helper()
	require.Eventually(t, what, 2*time.Minute, 5*time.Millisecond, append([]any{message}, args...)...)
}

// delivery is a request as a receiver has got it.
type delivery struct {
	path   string
	header http.Header
	body   []byte

	ID, Event, Timestamp, Tenant string
	Data                         map[string]any
}

// receiver is a server on loopback that keeps what it gets.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []delivery
}

// newReceiver answers as the function says; 204 without one.
func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(r.handler(answer))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) handler(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, rq *http.Request) {
		d := delivery{path: rq.URL.Path, header: rq.Header.Clone()}
		d.body, _ = io.ReadAll(rq.Body)
		if err := json.Unmarshal(d.body, &d); err != nil {
			panic(fmt.Sprintf("%s is no JSON", d.body))
		}
		r.mu.Lock()
		r.got = append(r.got, d)
		r.mu.Unlock()
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, rq)
	})
}

func (r *receiver) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]delivery(nil), r.got...)
}

// sub is a subscription of the receiver to everything.
func (r *receiver) sub(id string) webhook.Subscription {
	return webhook.Subscription{ID: id, URL: r.URL + "/" + id, Secrets: []string{secret}}
}

// events are the names of what was got of a call, each once, in the order in which each was got first.
func events(got []delivery, callID string) (names []string) {
	seen := map[string]bool{}
	for _, d := range got {
		if d.Data["id"] == callID && !seen[d.ID] {
			seen[d.ID] = true
			names = append(names, d.Event)
		}
	}
	return names
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
