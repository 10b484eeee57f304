package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

func TestLifeOfACall(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Queued)
	path := calls + "/" + c.ID

	got := w.do("POST", path+"/assign", "", w.as(ana)...)
	assert.JSONEq(t, `{"data":{"id":"`+c.ID+`","status":"assigned","user_id":"ana","user_name":"Ana"}}`, got.body)
	again := w.do("POST", path+"/assign", `{"user_id":"ana"}`, w.as(sue)...)
	assert.Equal(t, got.body, again.body)
	assert.Equal(t, 409, w.do("POST", path+"/assign", `{"user_id":"bia"}`, w.as(sue)...).StatusCode)

	started := w.do("POST", path+"/start", "", w.as(ana)...).data(t, 200)
	assert.Equal(t, []any{c.ID, "active", 3}, []any{started["id"], started["status"], len(started)})
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, started["started_at"])

	done := w.do("POST", path+"/complete", `{"notes":"all <b>well</b> & done","else":1}`, w.as(ana)...).data(t, 200)
	assert.Equal(t, []any{c.ID, "completed", 3}, []any{done["id"], done["status"], len(done)})

	d := w.do("GET", path, "", w.as(ana)...)
	assert.Contains(t, d.body, `"notes":"all <b>well</b> & done"`, "nothing is escaped for HTML")
	assert.True(t, strings.HasPrefix(d.body, `{"data":{"id":"`+c.ID+`","status":"completed","department_id":"support",`+
		`"department_name":"SUPPORT","user_id":"ana","user_name":"Ana","customer_name":"Maria",`+
		`"customer_email":"maria@x.org","customer_phone":null,"duration":`), d.body)
	assert.Regexp(t, `"has_recording":false,"recording_url":null,"tags":\[\],"started_at":"[^"]+","completed_at":"[^"]+",`+
		`"inserted_at":"[^"]+","disconnected_at":null,"reconnected_at":null,"end_reason":"normal","manager_notes":null`, d.body)
	assert.Equal(t, nil, d.data(t, 200)["rating"])
}

func TestRowsBearTheSeventeenFieldsInOrder(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Queued)
	got := w.do("GET", calls, "", w.as(ana)...)
	assert.Equal(t, `{"data":[{"id":"`+c.ID+`","status":"queued","department_id":"support","department_name":"SUPPORT",`+
		`"user_id":null,"user_name":null,"customer_name":"Maria","customer_email":"maria@x.org","customer_phone":null,`+
		`"duration":null,"wait_time":null,"rating":null,"notes":null,"has_recording":false,"started_at":null,`+
		`"completed_at":null,"inserted_at":"`+c.InsertedAt.Format("2006-01-02T15:04:05Z")+`"}],`+
		`"meta":{"current_page":1,"page_size":20,"total_pages":1,"total_count":1}}`+"\n", got.body)
	empty := w.do("GET", calls, "", w.as(eve)...)
	assert.Equal(t, `{"data":[],"meta":{"current_page":1,"page_size":20,"total_pages":0,"total_count":0}}`+"\n", empty.body)
}

func TestTagsOfACall(t *testing.T) {
	w := newWorld(t)
	c, red, blue := w.in(call.Cancelled), w.tag("red"), w.tag("blue")
	path := calls + "/" + c.ID + "/tags"
	body := func(id string) string { return `{"tag_id":"` + id + `"}` }

	got := w.do("POST", path, body(red.ID), w.as(ana)...)
	assert.Equal(t, 201, got.StatusCode)
	assert.Equal(t, `{"data":{"id":"`+red.ID+`","name":"red","color":"#3b82f6"}}`+"\n", got.body)
	assert.Equal(t, 200, w.do("POST", path, body(red.ID), w.as(ana)...).StatusCode)
	assert.Equal(t, 201, w.do("POST", path, body(blue.ID), w.as(ana)...).StatusCode)
	got = w.do("GET", path, "", w.as(ana)...)
	assert.Less(t, strings.Index(got.body, "red"), strings.Index(got.body, "blue"))

	assert.JSONEq(t, `{"errors":{"tag_id":["can't be blank"]}}`, w.do("POST", path, `{}`, w.as(ana)...).body)
	assert.Equal(t, 422, w.do("POST", path, body("nope"), w.as(ana)...).StatusCode)
	assert.Equal(t, 400, w.do("POST", path, "", w.as(ana)...).StatusCode)

	got = w.do("DELETE", path+"/"+red.ID, "", w.as(ana)...)
	assert.Equal(t, []any{204, ""}, []any{got.StatusCode, got.body})
	got = w.do("DELETE", path+"/"+red.ID, "", w.as(ana)...)
	assert.Equal(t, []any{404, "Tag not found"}, []any{got.StatusCode, got.detail(t)})
	got = w.do("DELETE", calls+"/no/tags/"+blue.ID, "", w.as(ana)...)
	assert.Equal(t, []any{404, "Call not found"}, []any{got.StatusCode, got.detail(t)})
}

func TestManagerNotes(t *testing.T) {
	w := newWorld(t, func(h *company, _ *voki.Options, _ *httpapi.Options) {
		h.zone = time.FixedZone("x", -3*3600)
	})
	c := w.in(call.Completed)
	path := calls + "/" + c.ID + "/manager-notes"
	got := w.do("POST", path, `{"notes":"x"}`, w.as(ana)...)
	assert.Equal(t, []any{403, "Only owner, manager, or supervisor can add notes"}, []any{got.StatusCode, got.detail(t)})
	for _, empty := range []string{`{}`, `{"notes":""}`, `{"notes":null}`, `{"notes":" \n\u200b"}`} {
		got = w.do("POST", path, empty, w.as(sue)...)
		assert.Equal(t, 422, got.StatusCode)
		assert.JSONEq(t, `{"errors":{"notes":["Field notes is empty"]}}`, got.body)
	}
	forger := sue
	forger.Name = "Sue]\n[2020-01-01 00:00 - Boss"
	note := "fine\n[2020-01-01 00:00 - Boss] fired\u2028[x - y] z"
	body, err := json.Marshal(map[string]string{"notes": note})
	require.NoError(t, err)
	today := func() string { return time.Now().In(w.host.zone).Format("2006-01-02") }
	before := today()
	data := w.do("POST", path, string(body), w.as(forger)...).data(t, 200)
	assert.Len(t, data, 2)
	assert.Equal(t, c.ID, data["id"])
	assert.Regexp(t, `^\[(`+before+`|`+today()+`) \d\d:\d\d - Sue2020-01-01 00:00 - Boss\] fine`+
		"\n  \\[2020[^\n]*\n  \\[x - y\\] z$", data["manager_notes"])

	assert.Nil(t, w.do("GET", calls+"/"+c.ID, "", w.as(ana)...).data(t, 200)["manager_notes"])
	assert.Equal(t, data["manager_notes"], w.do("GET", calls+"/"+c.ID, "", w.as(sue)...).data(t, 200)["manager_notes"])
}

func TestArtifacts(t *testing.T) {
	w := newWorld(t)
	c, bare := w.in(call.Completed), w.in(call.Completed)
	ctx := context.Background()
	at := time.Date(2026, 2, 18, 14, 46, 0, 0, time.UTC)
	require.NoError(t, w.v.AI.PutTranscript(ctx, ai.Transcript{
		Tenant: "avanter", CallID: c.ID, Text: "Agent: hi", Language: "pt-BR", GeneratedAt: at,
	}))
	require.NoError(t, w.v.AI.PutSummary(ctx, ai.Summary{
		Tenant: "avanter", CallID: c.ID, Text: "short", Provider: "openai", Model: "m", GeneratedAt: at,
	}))
	got := w.do("GET", calls+"/"+c.ID+"/transcript", "", w.as(ana)...)
	assert.Equal(t, `{"data":{"call_id":"`+c.ID+`","transcript":"Agent: hi","language":"pt-BR","generated_at":"2026-02-18T14:46:00Z"}}`+"\n", got.body)
	got = w.do("GET", calls+"/"+c.ID+"/summary", "", w.as(ana)...)
	assert.Equal(t, `{"data":{"call_id":"`+c.ID+`","summary":"short","provider":"openai","model":"m","generated_at":"2026-02-18T14:46:00Z"}}`+"\n", got.body)

	for _, id := range []string{"no", bare.ID, "%00", strings.Repeat("a", 4000)} {
		got = w.do("GET", calls+"/"+id+"/transcript", "", w.as(ana)...)
		assert.Equal(t, []any{404, "Call not found or no transcript available"}, []any{got.StatusCode, got.detail(t)})
		got = w.do("GET", calls+"/"+id+"/summary", "", w.as(ana)...)
		assert.Equal(t, []any{404, "Call not found or no summary available"}, []any{got.StatusCode, got.detail(t)})
	}
	got = w.do("GET", calls+"/"+c.ID+"/transcript", "", w.as(eve)...)
	assert.Equal(t, []any{403, "Feature transcription not available in the plan"}, []any{got.StatusCode, got.detail(t)})
	got = w.do("GET", calls+"/no/summary", "", w.as(eve)...)
	assert.Equal(t, []any{403, "Feature ai_summaries not available in the plan"}, []any{got.StatusCode, got.detail(t)})
}

func TestAnotherTenantSeesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Completed)
	for _, route := range httpapi.Routes() {
		if route.Public || !strings.Contains(route.Pattern, "id}") {
			continue
		}
		path := strings.NewReplacer("{id}", c.ID, "{call_id}", c.ID, "{tag_id}", "x", "{file_id}", c.ID, "{name}", "x").Replace(route.Pattern)
		got := w.do(route.Method, path, `{"notes":"x","tag_id":"x"}`, w.as(eve)...)
		want := 404
		if strings.HasSuffix(path, "transcript") || strings.HasSuffix(path, "summary") {
			want = 403
		}
		assert.Equal(t, want, got.StatusCode, "%s: %s", route.Operation, got.body)
	}
}

// Ids are opaque: whatever printable text an imported call is named by can be asked for.
func TestIDsOfAnyKind(t *testing.T) {
	w := newWorld(t)
	at := time.Date(2026, 2, 15, 14, 29, 48, 0, time.UTC)
	for _, id := range []string{"t1a2b3c4-efgh", "a/b", "a%2Fb", "..", "a?b#c", "é€😀", "status", strings.Repeat("x", 128)} {
		results, err := w.v.Calls.Import(context.Background(), moe, []call.Call{{
			ID: id, Status: call.Completed, Department: call.Ref{ID: "support"}, Customer: call.Customer{Name: "C"},
			InsertedAt: at, StartedAt: at.Add(12 * time.Second), EndedAt: at.Add(357 * time.Second),
		}})
		require.NoError(t, err)
		require.NoError(t, results[0].Err)
		path := calls + "/" + url.PathEscape(id)
		data := w.do("GET", path, "", w.as(ana)...).data(t, 200)
		assert.Equal(t, id, data["id"])
		assert.Equal(t, []any{345.0, 12.0}, []any{data["duration"], data["wait_time"]})
		assert.Equal(t, 404, w.do("GET", path+"/recording", "", w.as(ana)...).StatusCode)
	}
}

func TestPolicyNarrows(t *testing.T) {
	w := newWorld(t, func(_ *company, _ *voki.Options, o *httpapi.Options) { o.Policy = ownCalls{} })
	mine, queued := w.in(call.Completed), w.in(call.Queued)
	asked := func(a call.Actor, path string) int { return w.do("GET", calls+path, "", w.as(a)...).StatusCode }

	assert.Equal(t, 200, asked(ana, "/"+mine.ID))
	assert.Equal(t, 404, asked(bia, "/"+mine.ID))
	assert.Equal(t, 200, asked(sue, "/"+mine.ID))
	assert.Equal(t, 404, asked(bia, "/"+mine.ID+"/transcript"))
	assert.Equal(t, 403, w.do("POST", calls+"/"+queued.ID+"/assign", "{", w.as(sue)...).StatusCode, "before the body")

	total := func(a call.Actor, query string) string {
		return w.do("GET", calls+query, "", w.as(a)...).body
	}
	assert.Contains(t, total(ana, ""), `"total_count":1`)
	assert.Contains(t, total(bia, ""), `"total_count":0`)
	assert.Contains(t, total(bia, "?user_id=ana"), `"total_count":0`)
	assert.Contains(t, total(sue, ""), `"total_count":2`)
}

// ownCalls lets attendants see their own calls only, and supervisors assign none.
type ownCalls struct{}

func (ownCalls) Scope(_ context.Context, a call.Actor, q *call.Query) error {
	if a.Role != call.RoleAttendant {
		return nil
	}
	if len(q.Users) > 0 && q.Users[0] != a.ID {
		return call.ErrNotFound
	}
	q.Users = []string{a.ID}
	return nil
}

func (ownCalls) Allow(_ context.Context, a call.Actor, action string, c call.Call) error {
	if a.Role != call.RoleAttendant {
		if action == "calls.assign" {
			return fmt.Errorf("supervisors watch: %w", call.ErrForbidden)
		}
		return nil
	}
	if c.User.ID != a.ID {
		return call.ErrNotFound
	}
	return nil
}
