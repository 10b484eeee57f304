package apitest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

const goldenDir = "testdata/golden"

// scenarios answer one request to each operation, by operation id.
var scenarios = map[string]func(*world) reply{
	"calls.list": func(w *world) reply {
		w.seedPage()
		return w.as(joao).get("/api/v1/calls?page=1&page_size=1")
	},
	"calls.export": func(w *world) reply {
		w.seedPage()
		return w.as(ana).get("/api/v1/export/calls.csv?status=completed")
	},
	"calls.get": func(w *world) reply {
		w.seedPage()
		return w.as(ana).get("/api/v1/calls/" + pageCall)
	},
	"calls.assign": func(w *world) reply {
		return w.as(joao).post("/api/v1/calls/"+w.callIn(avanter, call.Queued).id+"/assign", nil)
	},
	"calls.start": func(w *world) reply {
		return w.as(joao).post("/api/v1/calls/"+w.callIn(avanter, call.Assigned).id+"/start", nil)
	},
	"calls.complete": func(w *world) reply {
		return w.as(joao).post("/api/v1/calls/"+w.callIn(avanter, call.Active).id+"/complete", raw(`{"notes":"Feito."}`))
	},
	"calls.upload": func(w *world) reply {
		w.seedPage()
		return w.as(joao).post("/api/v1/calls/"+pageCall+"/upload", file("contrato assinado.pdf", "%PDF-1.7\n"))
	},
	"calls.tags.list": func(w *world) reply {
		w.seedPage()
		return w.as(joao).get("/api/v1/calls/" + pageCall + "/tags")
	},
	"calls.tags.add": func(w *world) reply {
		w.seedPage()
		return w.as(joao).post("/api/v1/calls/"+pageCall+"/tags", raw(`{"tag_id":"vip"}`))
	},
	"calls.tags.remove": func(w *world) reply {
		w.seedPage()
		return w.as(joao).delete("/api/v1/calls/" + pageCall + "/tags/" + pageTag)
	},
	"calls.transcript": func(w *world) reply {
		w.seedPage()
		return w.as(joao).get("/api/v1/calls/" + pageCall + "/transcript")
	},
	"calls.summary": func(w *world) reply {
		w.seedPage()
		return w.as(joao).get("/api/v1/calls/" + pageCall + "/summary")
	},
	"calls.notes.add": func(w *world) reply {
		w.seedPage()
		return w.as(ana).post("/api/v1/calls/"+pageCall+"/manager-notes", raw(`{"notes":"First line\nsecond line"}`))
	},
	"recording.get": func(w *world) reply {
		w.seedPage()
		return w.as(joao).get("/api/v1/calls/" + pageCall + "/recording")
	},
	"recording.put": func(w *world) reply {
		w.importCalls(olga, thePageCall())
		return w.as(joao).send("PUT", "/api/v1/calls/"+pageCall+"/recording", webm)
	},
	"recording.delete": func(w *world) reply {
		w.seedPage()
		return w.as(mario).delete("/api/v1/calls/" + pageCall + "/recording")
	},
	"recording.part": func(w *world) reply {
		w.importCalls(olga, thePageCall())
		return w.as(joao).send("PUT", "/api/v1/calls/"+pageCall+"/recording/mixed/0", webm)
	},
	"recording.finish": func(w *world) reply {
		w.importCalls(olga, thePageCall())
		w.as(joao).send("PUT", "/api/v1/calls/"+pageCall+"/recording/mixed/0", webm)
		return w.as(joao).post("/api/v1/calls/"+pageCall+"/recording/finish", raw(`{"parts":{"mixed":1}}`))
	},
	"recording.download": func(w *world) reply {
		w.seedPage()
		url := w.as(joao).get("/api/v1/calls/" + pageCall + "/recording").text("data.download_url")
		return w.anonymous().with("Range", "bytes=0-3").get(url)
	},
	"uploads.get": func(w *world) reply {
		w.seedPage()
		up := w.as(joao).post("/api/v1/calls/"+pageCall+"/upload", file("anotações.txt", "linha um\n"))
		return w.as(bia).get(up.text("data.url"))
	},
	"public.validate": func(w *world) reply {
		w.enqueue(avanter)
		return w.anonymous().get("/api/v1/call/suporte/validate")
	},
	"public.join": func(w *world) reply {
		w.enqueue(avanter)
		return w.anonymous().post("/api/v1/call/suporte/join",
			raw(`{"name":"Maria","email":"maria@example.com","phone":"+5511988887777","reason":"Dúvida"}`))
	},
	"public.status": func(w *world) reply {
		v := w.enqueue(avanter)
		return w.customer(v).get("/api/v1/call/status/" + v.id)
	},
	"public.cancel": func(w *world) reply {
		v := w.enqueue(avanter)
		return w.customer(v).post("/api/v1/call/cancel/"+v.id, nil)
	},
	"public.evaluate": func(w *world) reply {
		v := w.callIn(avanter, call.Completed)
		return w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":5,"comment":"Excelente"}`))
	},
	"public.turn": func(w *world) reply {
		return w.customer(w.enqueue(avanter)).get("/api/v1/call/turn-credentials")
	},
}

// The reply of every route is written down, and a route without one is a failure.
func TestGolden(t *testing.T) {
	written, err := filepath.Glob(filepath.Join(goldenDir, "*.txt"))
	require.NoError(t, err)
	known := map[string]bool{}
	for _, op := range described(t).ops {
		known[op.ID] = true
		t.Run(op.ID, func(t *testing.T) {
			scenario := scenarios[op.ID]
			require.NotNil(t, scenario, "no scenario for this route: add one to golden_test.go")
			got := golden(scenario(newWorld(t)))
			name := filepath.Join(goldenDir, op.ID+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(goldenDir, 0o755))
				require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
				return
			}
			want, err := os.ReadFile(name)
			require.NoError(t, err, "no golden reply for this route: run go test -run TestGolden -update")
			assert.Equal(t, string(want), got)
		})
	}
	for _, name := range written {
		assert.True(t, known[strings.TrimSuffix(filepath.Base(name), ".txt")], "%s belongs to no route", name)
	}
}

// goldenHeaders are the headers that a client may rely on.
var goldenHeaders = []string{
	"Allow", "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Range", "Content-Type",
	"X-Content-Type-Options",
}

// golden is a reply in a form that does not change from run to run.
func golden(r reply) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", r.status)
	for _, name := range goldenHeaders {
		if v := r.header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	b.WriteByte('\n')
	var pretty bytes.Buffer
	if json.Indent(&pretty, r.body, "", "  ") == nil {
		r.body = pretty.Bytes()
	} else {
		r.body = fmt.Appendf(nil, "%q", r.body)
	}
	b.Write(bytes.TrimSpace(r.body))
	b.WriteByte('\n')
	return stable(b.String())
}

// volatile is what differs from run to run. Ids of the page begin otherwise than those minted now.
var volatile = []struct {
	found *regexp.Regexp
	as    string
}{
	{regexp.MustCompile(`\b01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b`), "<id %d>"},
	{regexp.MustCompile(`20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "<time>"},
	{regexp.MustCompile(`\[20\d\d-\d\d-\d\d \d\d:\d\d - `), "[<minute> - "},
	{regexp.MustCompile(`expires=\d+`), "expires=<time>"},
	{regexp.MustCompile(`signature=[A-Za-z0-9_.-]+`), "signature=<signature>"},
	{regexp.MustCompile(`"websocket_token": "[A-Za-z0-9_.-]+"`), `"websocket_token": "<token>"`},
	{regexp.MustCompile(`"username": "\d{10}:`), `"username": "<expiry>:`},
	{regexp.MustCompile(`"credential": "[A-Za-z0-9+/]{27}="`), `"credential": "<HMAC-SHA1>"`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "<host>"},
}

// pageTimes are the page's own, which stay as they are.
var pageTimes = regexp.MustCompile(`2026-02-(?:15T14:(?:29:48|30:00|35:45)|18T14:46:[03]0)Z`)

func stable(s string) string {
	for _, v := range volatile {
		numbers := map[string]int{}
		s = v.found.ReplaceAllStringFunc(s, func(found string) string {
			if pageTimes.MatchString(found) {
				return found
			}
			if !strings.Contains(v.as, "%d") {
				return v.as
			}
			if numbers[found] == 0 {
				numbers[found] = len(numbers) + 1
			}
			return fmt.Sprintf(v.as, numbers[found])
		})
	}
	return s
}

// seedPage brings in the call of the API page, by an import, with its tag, recording, transcript and summary.
func (w *world) seedPage() {
	w.t.Helper()
	w.importCalls(olga, thePageCall())
	ctx := w.t.Context()
	_, _, err := w.voki.Tags.Add(ctx, joao, pageCall, pageTag)
	require.NoError(w.t, err)
	_, err = w.voki.Media.PutRecording(ctx, joao, pageCall, 0, bytes.NewReader(webm))
	require.NoError(w.t, err)
	require.NoError(w.t, w.voki.AI.PutTranscript(ctx, ai.Transcript{
		Tenant: avanter, CallID: pageCall, Language: "pt-BR", GeneratedAt: at("2026-02-18T14:46:00Z"),
		Text: "Agent: Good morning, how can I help you?\nCustomer: I need technical support...",
	}))
	require.NoError(w.t, w.voki.AI.PutSummary(ctx, ai.Summary{
		Tenant: avanter, CallID: pageCall, Provider: "openai", Model: "gpt-4o-mini", GeneratedAt: at("2026-02-18T14:46:30Z"),
		Text: "The customer contacted us to resolve a configuration issue...",
	}))
}

// thePageCall is the call that the API page prints.
func thePageCall() call.Call {
	return call.Call{
		ID: pageCall, Status: call.Completed,
		Department: call.Ref{ID: pageDepartment, Name: "Suporte Técnico"},
		User:       call.Ref{ID: pageUser, Name: "João Silva"},
		Customer:   call.Customer{Name: "Carlos Ferreira", Email: "carlos@email.com", Phone: "+5511999998888"},
		Rating:     5, Notes: "Cliente precisava de ajuda com configuração",
		InsertedAt: at("2026-02-15T14:29:48Z"), StartedAt: at("2026-02-15T14:30:00Z"), EndedAt: at("2026-02-15T14:35:45Z"),
	}
}

// importCalls brings in calls that must all be taken.
func (w *world) importCalls(a call.Actor, calls ...call.Call) {
	w.t.Helper()
	results, err := w.voki.Calls.Import(w.t.Context(), a, calls)
	require.NoError(w.t, err)
	for i, r := range results {
		require.NoError(w.t, r.Err, "call %d", i)
	}
}
