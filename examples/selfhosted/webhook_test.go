package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hooked is a configuration with one webhook, id crm.
const hooked = `tenants:
  - slug: avanter
    name: Avanter
    departments: [{id: support, name: Support}]
    users: [{id: a1b2c3d4-e5f6-7890-abcd-ef1234567890, name: João Silva, role: attendant, departments: [support]}]
    links: [{token: suporte, department: support}]
    webhooks:
      - url: %s/hook
        id: crm
        events: [call.created, call.assigned, call.started, call.completed]
        secret: a-long-and-random-text
`

// ears is a receiver that keeps what it hears, in order.
type ears struct {
	*httptest.Server
	mu    sync.Mutex
	heard []heard
}

type heard struct {
	ID, Event string
	Data      struct{ ID, Status string }
}

func newEars(t *testing.T, answer func(h heard, again bool) int) *ears {
	e := &ears{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the sender was killed
		}
		var h heard
		if err := json.Unmarshal(body, &h); err != nil {
			panic(err)
		}
		e.mu.Lock()
		again := false
		for _, old := range e.heard {
			again = again || old.ID == h.ID
		}
		e.heard = append(e.heard, h)
		e.mu.Unlock()
		w.WriteHeader(answer(h, again))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ears) all() []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]heard(nil), e.heard...)
}

// directory is a data directory with the configuration.
func (e *ears) directory(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "voki.yaml"), fmt.Appendf(nil, hooked, e.URL), 0o600))
	return dir
}

// queue makes a call.
func queue(p *process) (id string, err error) {
	var joined struct {
		Data struct {
			ID string `json:"call_id"`
		}
	}
	got, err := p.ask("POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`)
	if err == nil {
		err = json.Unmarshal(got.body, &joined)
	}
	return joined.Data.ID, err
}

// TestWebhooksSurviveKill kills the server while it sends: each event of each call arrives all the same, in order and
// under one id.
func TestWebhooksSurviveKill(t *testing.T) {
	e := newEars(t, func(_ heard, again bool) int {
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond) // so that there is something in the middle of which to kill
		if !again && rand.IntN(8) == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	dir := e.directory(t)
	var calls []string
	for range 5 {
		p := serve(t, dir, "--webhook-allow", "127.0.0.0/8")
		for range 8 {
			id, err := queue(p)
			require.NoError(t, err)
			calls = append(calls, id)
			for _, step := range []string{"assign", "start", "complete"} {
				p.must(200, "POST", "/api/v1/calls/"+id+"/"+step, attendant, "")
			}
		}
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		p.kill()
	}
	serve(t, dir, "--webhook-allow", "127.0.0.0/8")
	firsts := func() (order map[string][]string, ids map[string]string) {
		order, ids = map[string][]string{}, map[string]string{}
		for _, h := range e.all() {
			key := h.Data.ID + " " + h.Event
			if ids[key] == "" {
				ids[key] = h.ID
				order[h.Data.ID] = append(order[h.Data.ID], h.Event)
			}
			require.Equal(t, ids[key], h.ID, "the same id on every try")
		}
		return order, ids
	}
	require.Eventually(t, func() bool {
		_, ids := firsts()
		return len(ids) == 4*len(calls)
	}, 3*time.Minute, 100*time.Millisecond, "%d calls", len(calls))
	order, _ := firsts()
	for _, id := range calls {
		assert.Equal(t, []string{"call.created", "call.assigned", "call.started", "call.completed"}, order[id])
	}
	t.Logf("%d events in %d requests, with 5 kills", 4*len(calls), len(e.all()))
}

func TestWebhookCommands(t *testing.T) {
	var mu sync.Mutex
	code := http.StatusOK
	e := newEars(t, func(heard, bool) int { mu.Lock(); defer mu.Unlock(); return code })
	dir := e.directory(t)
	hook := func(args ...string) result {
		return voki(t, append([]string{"webhook", args[0], "--data", dir, "--tenant", "avanter"}, args[1:]...)...)
	}
	p := serve(t, dir) // nothing is allowed on this machine
	assert.Equal(t, result{stdout: "crm  on  " + e.URL + "/hook  call.created call.assigned call.started call.completed\n"}, hook("list"))
	assert.Equal(t, result{stdout: "no deliveries\n"}, hook("deliveries"))
	got := hook("test", "crm")
	assert.Equal(t, 1, got.code)
	assert.Regexp(t, `^voki: blocked after \S+: .*http without TLS goes only to networks that are named\n$`, got.stderr)
	assert.Empty(t, e.all())
	require.Zero(t, p.stop())

	p = serve(t, dir, "--webhook-allow", "127.0.0.1")
	assert.Regexp(t, `^200 after \S+\n$`, hook("test", "crm").stdout)
	assert.Equal(t, "webhook.test", e.all()[0].Event)
	assert.Equal(t, result{code: 1, stderr: "voki: there is no webhook \"x\"\n"}, hook("test", "x"))
	assert.Equal(t, result{code: 1, stderr: "voki: there is no delivery \"evt_x\"\n"}, hook("redeliver", "evt_x"))
	assert.Contains(t, hook("deliveries", "--state", "lost").stderr, `--state "lost": there are pending`)
	assert.Contains(t, voki(t, "webhook", "list", "--data", dir, "--tenant", "nobody").stderr, "names no such company")

	mu.Lock()
	code = http.StatusGone
	mu.Unlock()
	id, err := queue(p)
	require.NoError(t, err)
	line := regexp.MustCompile(`^(evt_[0-9a-f]{32})  failed  call\.created  crm  1  \S+Z  410 the receiver answered 410 Gone\n$`)
	require.Eventually(t, func() bool { return line.MatchString(hook("deliveries", "--call", id).stdout) }, patience, 50*time.Millisecond)
	delivery := line.FindStringSubmatch(hook("deliveries").stdout)[1]
	assert.Contains(t, hook("list").stdout, "crm  gone  ")
	require.Zero(t, p.stop())

	assert.Contains(t, hook("test", "crm").stderr, "the server does not run")
	assert.Equal(t, result{stdout: delivery + " is sent once more, in its turn\n"}, hook("redeliver", delivery))
	mu.Lock()
	code = http.StatusNoContent
	mu.Unlock()
	p = serve(t, dir, "--webhook-allow", "127.0.0.1")
	require.Eventually(t, func() bool { return strings.Contains(hook("deliveries", "--state", "done").stdout, delivery) }, patience, 50*time.Millisecond)
	assert.Equal(t, delivery, e.all()[len(e.all())-1].ID)
	assert.Contains(t, string(p.must(200, "GET", "/metrics", "", "")), `voki_webhook_tries_total{event="call.created",outcome="2xx"} 1`)

	before := len(e.all())
	assert.Equal(t, result{stdout: delivery + " is sent once more, in its turn\n"}, hook("redeliver", delivery), "while it serves")
	require.Eventually(t, func() bool { return len(e.all()) > before }, patience, 50*time.Millisecond)
	assert.Equal(t, delivery, e.all()[before].ID)
	require.Zero(t, p.stop())
	assert.Contains(t, hook("list").stdout, "crm  on  ", "while it does not serve")
}
