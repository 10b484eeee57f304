package apitest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
)

// artifacts gives a call a transcript and a summary, which its plan need not include.
func (w *world) artifacts(tenant, id string) {
	w.t.Helper()
	ctx := w.t.Context()
	require.NoError(w.t, w.voki.AI.PutTranscript(ctx, ai.Transcript{Tenant: tenant, CallID: id, Text: "Agent: segredo"}))
	require.NoError(w.t, w.voki.AI.PutSummary(ctx, ai.Summary{Tenant: tenant, CallID: id, Text: "segredo"}))
}

// Whatever is asked about a call of another company is answered, byte for byte, as if there were no such call, and
// changes nothing.
func TestForeignCallsDoNotExist(t *testing.T) {
	t.Parallel()
	for _, side := range []struct {
		owner    string
		stranger call.Actor
	}{{avanter, nina}, {padaria, olga}} {
		for operation, try := range attempts {
			if operation == "calls.list" || operation == "calls.export" || operation == "uploads.get" {
				continue
			}
			t.Run(fmt.Sprintf("%s of %s", operation, side.owner), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				v := w.furnished(side.owner, try.state)
				own := w.furnished(side.stranger.Tenant, try.state)
				stranger := w.as(side.stranger)
				w.unchanged(func() {
					foreign, missing := try.do(stranger, v), try.do(stranger, visit{id: nobody})
					assert.Equal(t, string(missing.body), string(foreign.body))
					assert.Equal(t, missing.status, foreign.status)
					assert.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, foreign.status)
					if side.stranger.Tenant == avanter { // which has the features
						assert.Equal(t, http.StatusNotFound, foreign.status)
					}
					assert.NotContains(t, string(foreign.body), "segredo")

					// Nor does the other company's name in the header help.
					stranger.tenant = side.owner
					assert.Equal(t, http.StatusForbidden, try.do(stranger, v).status)
				})
				stranger.tenant = side.stranger.Tenant
				if !strings.HasPrefix(operation, "calls.summary") && !strings.HasPrefix(operation, "calls.transcript") {
					assert.Equal(t, try.want, try.do(stranger, own).status, "the same on an own call")
				}
			})
		}
	}
}

// A list holds the calls of one company, whatever it is asked for.
func TestListsAreSeparate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := w.callIn(avanter, call.Assigned), w.callIn(padaria, call.Assigned)
	for _, query := range []string{
		"", "?search=Maria", "?user_id=" + pageUser, "?status=assigned", "?department_id=geral", "?tenant=padaria",
		"?date_from=2020-01-01", "?sort_by=user_name&sort_order=asc",
	} {
		r := w.as(olga).get("/api/v1/calls" + query)
		assert.NotContains(t, string(r.body), theirs.id, query)
		assert.NotContains(t, string(w.as(olga).get("/api/v1/export/calls.csv"+query).body), theirs.id, query)
		if !strings.Contains(query, "geral") {
			assert.Contains(t, string(r.body), ours.id, query)
			assert.InDelta(t, 1, r.value("meta.total_count"), 0, query)
		}
	}
}

// Two companies may have calls of the same id, which know nothing of each other.
func TestSameIDsInTwoCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := thePageCall(), thePageCall()
	theirs.Customer.Name, theirs.Department = "Outra Pessoa", call.Ref{ID: "geral", Name: "Geral"}
	w.importCalls(olga, ours)
	w.importCalls(nina, theirs)
	v := visit{id: pageCall}

	require.Equal(t, 201, w.as(olga).post(path(v, "/tags"), raw(`{"tag_id":"`+pageTag+`"}`)).status)
	require.Equal(t, 201, w.as(olga).post(path(v, "/upload"), file("a.txt", "nosso")).status)
	require.Equal(t, 200, w.as(olga).post(path(v, "/manager-notes"), raw(`{"notes":"Nossa."}`)).status)
	require.Equal(t, 201, w.as(olga).send("PUT", path(v, "/recording"), webm).status)
	w.artifacts(avanter, pageCall)

	r := w.as(nina).get(path(v, ""))
	assert.Equal(t, "Outra Pessoa", r.text("data.customer_name"))
	assert.Empty(t, r.value("data.tags"))
	assert.Nil(t, r.value("data.manager_notes"))
	assert.Equal(t, false, r.value("data.has_recording"))
	assert.Equal(t, 404, w.as(nina).get(path(v, "/recording")).status)
	assert.Equal(t, 404, w.as(nina).get(path(v, "/recording/download")).status)
	assert.Equal(t, "Carlos Ferreira", w.as(olga).get(path(v, "")).text("data.customer_name"))
}

// Tags, users, files and signatures of one company are nothing in another.
func TestForeignThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := w.furnished(avanter, call.Completed), w.callIn(padaria, call.Queued)
	w.unchanged(func() {
		r := w.as(nina).post(path(theirs, "/tags"), raw(`{"tag_id":"vip"}`)) // in avanter's catalogue only
		assert.Equal(t, 422, r.status, r)
		r = w.as(nina).post(path(theirs, "/assign"), raw(`{"user_id":"bia"}`))
		assert.Equal(t, 422, r.status, r)
		assert.NotNil(t, r.value("errors.user_id"))

		r = w.as(nina).get(w.uploaded(ours))
		assert.Equal(t, 404, r.status, r)

		signed := w.as(olga).get(path(ours, "/recording")).text("data.download_url")
		require.Equal(t, 200, w.anonymous().get(signed).status)
		for _, forged := range []string{
			strings.Replace(signed, "tenant=avanter", "tenant=padaria", 1),
			strings.Replace(signed, ours.id, theirs.id, 1),
			strings.Replace(signed, "expires=", "expires=9", 1),
			signed[:len(signed)-1],
			strings.Split(signed, "&signature=")[0],
		} {
			assert.Equal(t, 401, w.anonymous().get(forged).status, forged)
		}
	})
}

// The token of a customer opens one call and nothing else, and that of a user opens no customer's route.
func TestCustomersAndUsersAreSeparate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, other, foreign := w.enqueue(avanter), w.enqueue(avanter), w.enqueue(padaria)
	w.unchanged(func() {
		for _, v := range []visit{other, foreign} {
			for _, r := range []reply{
				w.customer(mine).get("/api/v1/call/status/" + v.id),
				w.customer(mine).post("/api/v1/call/cancel/"+v.id, nil),
				w.customer(mine).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":1}`)),
			} {
				assert.Equal(t, http.StatusForbidden, r.status, r)
			}
		}
		for _, a := range []call.Actor{joao, olga} {
			assert.Equal(t, 401, w.as(a).get("/api/v1/call/status/"+mine.id).status)
			assert.Equal(t, 401, w.as(a).post("/api/v1/call/cancel/"+mine.id, nil).status)
			assert.Equal(t, 401, w.as(a).get("/api/v1/call/turn-credentials").status)
		}
		for operation, try := range attempts {
			if operation == "uploads.get" {
				continue
			}
			c := w.customer(mine)
			c.tenant = avanter
			r := try.do(c, mine)
			assert.Equal(t, http.StatusUnauthorized, r.status, r)
		}
	})
}
