package apitest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

const pageRow = `{
	"id": "1a2b3c4d-5e6f-7890-abcd-ef1234567890",
	"status": "completed",
	"department_id": "e5f6a7b8-c9d0-1234-efgh-567890123456",
	"department_name": "Suporte Técnico",
	"user_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
	"user_name": "João Silva",
	"customer_name": "Carlos Ferreira",
	"customer_email": "carlos@email.com",
	"customer_phone": "+5511999998888",
	"duration": 345,
	"wait_time": 12,
	"rating": 5,
	"notes": "Cliente precisava de ajuda com configuração",
	"has_recording": true,
	"started_at": "2026-02-15T14:30:00Z",
	"completed_at": "2026-02-15T14:35:45Z",
	"inserted_at": "2026-02-15T14:29:48Z"
}`

// The page's list: its row, to the letter, and its count of pages.
func TestPageList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	others := make([]call.Call, 141)
	for i := range others {
		c := thePageCall()
		c.ID = fmt.Sprintf("other-%03d", i)
		shift := time.Duration(i-150) * time.Hour
		c.InsertedAt, c.StartedAt, c.EndedAt = c.InsertedAt.Add(shift), c.StartedAt.Add(shift), c.EndedAt.Add(shift)
		others[i] = c
	}
	w.importCalls(olga, others...)
	older := thePageCall()
	older.ID, older.InsertedAt = "older", at("2026-01-31T23:59:59Z")
	older.StartedAt, older.EndedAt = older.InsertedAt, older.InsertedAt
	w.importCalls(olga, older)
	w.enqueue(avanter)

	r := w.as(joao).get("/api/v1/calls?page=1&page_size=10&status=completed&date_from=2026-02-01")
	require.Equal(t, http.StatusOK, r.status)
	assert.Len(t, r.value("data"), 10)
	assert.JSONEq(t, pageRow, jsonOf(r.value("data.0")))
	assert.JSONEq(t, `{"current_page":1,"page_size":10,"total_pages":15,"total_count":142}`, jsonOf(r.value("meta")))
	assertOrder(t, pageRow, string(r.body))
}

// The page's details, and what the specification adds to them.
func TestPageDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	r := w.as(joao).get("/api/v1/calls/" + pageCall)
	require.Equal(t, http.StatusOK, r.status)
	want := strings.TrimSuffix(strings.TrimSpace(pageRow), "}") + `,
		"recording_url": "/api/v1/calls/1a2b3c4d-5e6f-7890-abcd-ef1234567890/recording",
		"tags": [{"id": "t1a2b3c4-d5e6-7890-abcd-ef1234567890", "name": "Suporte", "color": "#3b82f6"}],
		"disconnected_at": null, "reconnected_at": null, "end_reason": "normal", "manager_notes": null
	}`
	assert.JSONEq(t, `{"data":`+want+`}`, string(r.body))
	assertOrder(t, `"has_recording" "recording_url" "tags" "started_at" "completed_at" "inserted_at"`, string(r.body))
}

// Assign, start and complete on a queued call that bears the page's id.
func TestPageLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := thePageCall()
	w.put(call.Call{
		Tenant: avanter, ID: c.ID, Status: call.Queued, Department: c.Department, Customer: c.Customer,
		InsertedAt: call.Now(),
	})
	a := w.as(joao)
	path := "/api/v1/calls/" + pageCall

	r := a.with("Content-Type", "application/json").post(path+"/assign", nil)
	assert.Equal(t, http.StatusOK, r.status)
	assertBody(t, `{"data":{"id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890","status":"assigned",`+
		`"user_id":"a1b2c3d4-e5f6-7890-abcd-ef1234567890","user_name":"João Silva"}}`, r)

	r = a.post(path+"/start", nil)
	assert.Equal(t, http.StatusOK, r.status)
	assertBody(t, `{"data":{"id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890","status":"active","started_at":"<time>"}}`, r)

	r = a.post(path+"/complete", raw(`{ "notes": "Problema resolvido. Cliente satisfeito." }`))
	assert.Equal(t, http.StatusOK, r.status)
	assertBody(t, `{"data":{"id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890","status":"completed","completed_at":"<time>"}}`, r)

	assert.Equal(t, "Problema resolvido. Cliente satisfeito.", a.get(path).text("data.notes"))
}

func TestPageUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	content := "%PDF-1.7\n" + strings.Repeat("x", 245678-9)
	r := w.as(joao).post("/api/v1/calls/"+pageCall+"/upload", file("document.pdf", content))
	assert.Equal(t, http.StatusCreated, r.status)
	assertBody(t, `{"data":{"id":"<id 1>","filename":"document.pdf","content_type":"application/pdf","size":245678,`+
		`"url":"/uploads/calls/<id 1>/document.pdf"}}`, r)
}

func TestPageTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.importCalls(olga, thePageCall())
	a := w.as(joao)
	path := "/api/v1/calls/" + pageCall + "/tags"
	const theTag = `{"id":"t1a2b3c4-d5e6-7890-abcd-ef1234567890","name":"Suporte","color":"#3b82f6"}`

	assertBody(t, `{"data":[]}`, a.get(path))
	r := a.post(path, raw(`{ "tag_id": "t1a2b3c4-d5e6-7890-abcd-ef1234567890" }`))
	assert.Equal(t, http.StatusCreated, r.status)
	assertBody(t, `{"data":`+theTag+`}`, r)
	r = a.post(path, raw(`{ "tag_id": "t1a2b3c4-d5e6-7890-abcd-ef1234567890" }`))
	assert.Equal(t, http.StatusOK, r.status, "it stands once")
	assertBody(t, `{"data":`+theTag+`}`, r)
	assertBody(t, `{"data":[`+theTag+`]}`, a.get(path))
	assert.Equal(t, http.StatusNoContent, a.delete(path+"/t1a2b3c4-d5e6-7890-abcd-ef1234567890").status)
	assertBody(t, `{"data":[]}`, a.get(path))
	assert.Equal(t, http.StatusNotFound, a.delete(path+"/t1a2b3c4-d5e6-7890-abcd-ef1234567890").status)
	assertBody(t, `{"errors":{"tag_id":["can't be blank"]}}`, a.post(path, raw(`{}`)))
}

func TestPageTranscriptAndSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	bare := w.callIn(avanter, call.Completed).id
	theirs := w.callIn(padaria, call.Completed).id
	for _, row := range []struct{ what, feature, want string }{
		{"transcript", "transcription", `{"data":{"call_id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890",` +
			`"transcript":"Agent: Good morning, how can I help you?\nCustomer: I need technical support...",` +
			`"language":"pt-BR","generated_at":"2026-02-18T14:46:00Z"}}`},
		{"summary", "ai_summaries", `{"data":{"call_id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890",` +
			`"summary":"The customer contacted us to resolve a configuration issue...",` +
			`"provider":"openai","model":"gpt-4o-mini","generated_at":"2026-02-18T14:46:30Z"}}`},
	} {
		r := w.as(joao).get("/api/v1/calls/" + pageCall + "/" + row.what)
		assert.Equal(t, http.StatusOK, r.status)
		assertBody(t, row.want, r)

		missing := fmt.Sprintf(`{"errors":{"detail":"Call not found or no %s available"}}`, row.what)
		for _, id := range []string{bare, nobody, "x%20y", strings.Repeat("a", 129)} {
			r = w.as(joao).get("/api/v1/calls/" + id + "/" + row.what)
			assert.Equal(t, http.StatusNotFound, r.status)
			assertBody(t, missing, r)
		}
		for _, id := range []string{theirs, nobody, pageCall} { // before anything about the call
			r = w.as(rui).get("/api/v1/calls/" + id + "/" + row.what)
			assert.Equal(t, http.StatusForbidden, r.status)
			assertBody(t, fmt.Sprintf(`{"errors":{"detail":"Feature %s not available in the plan"}}`, row.feature), r)
		}
	}
}

func TestPageManagerNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	path := "/api/v1/calls/" + pageCall + "/manager-notes"
	r := w.as(ana).post(path, raw(`{ "notes": "Excellent service. Request customer feedback." }`))
	assert.Equal(t, http.StatusOK, r.status)
	assertBody(t, `{"data":{"id":"1a2b3c4d-5e6f-7890-abcd-ef1234567890",`+
		`"manager_notes":"[<minute> - Ana Supervisor] Excellent service. Request customer feedback."}}`, r)
	first := r.text("data.manager_notes")

	r = w.as(mario).post(path, raw(`{"notes":"Agreed."}`))
	assert.Regexp(t, "^"+regexp.QuoteMeta(first)+`\n\[\d{4}-\d\d-\d\d \d\d:\d\d - Mário Gerente\] Agreed\.$`,
		r.text("data.manager_notes"), "added, not replaced")

	r = w.as(joao).post(path, raw(`{"notes":"x"}`))
	assert.Equal(t, http.StatusForbidden, r.status)
	assertBody(t, `{"errors":{"detail":"Only owner, manager, or supervisor can add notes"}}`, r)

	r = w.as(ana).post("/api/v1/calls/"+nobody+"/manager-notes", raw(`{"notes":"x"}`))
	assert.Equal(t, http.StatusNotFound, r.status)
	assertBody(t, `{"errors":{"detail":"Call not found"}}`, r)

	for _, body := range []raw{`{}`, `{"notes":""}`, `{"notes":null}`, `{"notes":" \n\t "}`} {
		r = w.as(ana).post(path, body)
		assert.Equal(t, http.StatusUnprocessableEntity, r.status, body)
		assertBody(t, `{"errors":{"notes":["Field notes is empty"]}}`, r)
	}
}

// assertBody compares a whole body, after what differs from run to run has been replaced.
func assertBody(t *testing.T, want string, r reply) {
	t.Helper()
	assert.Equal(t, want, stable(strings.TrimSuffix(string(r.body), "\n")), r.request)
}

var names = regexp.MustCompile(`"([a-z_]+)"(?::| "|$)`)

// assertOrder fails if the field names of want stand in another order in got.
func assertOrder(t *testing.T, want, got string) {
	t.Helper()
	last := -1
	for _, m := range names.FindAllStringSubmatch(want, -1) {
		i := strings.Index(got, `"`+m[1]+`":`)
		assert.Greater(t, i, last, "%s stands at another place than on the page", m[1])
		last = i
	}
}
