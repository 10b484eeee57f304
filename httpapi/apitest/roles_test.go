package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// attempt is a good request to a route for users.
type attempt struct {
	lowest call.Role
	state  call.Status // of the call that it is made on
	do     func(c client, v visit) reply
	want   int
}

// attempts are by operation id, with the lowest roles of the API page.
var attempts = map[string]attempt{
	"calls.list":     {call.RoleAttendant, call.Queued, func(c client, _ visit) reply { return c.get("/api/v1/calls") }, 200},
	"calls.get":      {call.RoleAttendant, call.Queued, func(c client, v visit) reply { return c.get(path(v, "")) }, 200},
	"calls.assign":   {call.RoleAttendant, call.Queued, func(c client, v visit) reply { return c.post(path(v, "/assign"), nil) }, 200},
	"calls.start":    {call.RoleAttendant, call.Assigned, func(c client, v visit) reply { return c.post(path(v, "/start"), nil) }, 200},
	"calls.complete": {call.RoleAttendant, call.Active, func(c client, v visit) reply { return c.post(path(v, "/complete"), nil) }, 200},
	"calls.upload": {call.RoleAttendant, call.Queued, func(c client, v visit) reply {
		return c.post(path(v, "/upload"), file("a.txt", "a"))
	}, 201},
	"calls.tags.list": {call.RoleAttendant, call.Queued, func(c client, v visit) reply { return c.get(path(v, "/tags")) }, 200},
	"calls.tags.add": {call.RoleAttendant, call.Queued, func(c client, v visit) reply {
		return c.post(path(v, "/tags"), raw(`{"tag_id":"`+pageTag+`"}`))
	}, 201},
	"calls.tags.remove": {call.RoleAttendant, call.Completed, func(c client, v visit) reply {
		return c.delete(path(v, "/tags/"+pageTag))
	}, 204},
	"calls.transcript": {call.RoleAttendant, call.Completed, func(c client, v visit) reply { return c.get(path(v, "/transcript")) }, 200},
	"calls.summary":    {call.RoleAttendant, call.Completed, func(c client, v visit) reply { return c.get(path(v, "/summary")) }, 200},
	"calls.notes.add": {call.RoleSupervisor, call.Completed, func(c client, v visit) reply {
		return c.post(path(v, "/manager-notes"), raw(`{"notes":"Bom."}`))
	}, 200},
	"recording.get": {call.RoleAttendant, call.Completed, func(c client, v visit) reply { return c.get(path(v, "/recording")) }, 200},
	"recording.put": {call.RoleSupervisor, call.Active, func(c client, v visit) reply {
		return c.send("PUT", path(v, "/recording"), webm)
	}, 201},
	"recording.delete": {call.RoleManager, call.Completed, func(c client, v visit) reply { return c.delete(path(v, "/recording")) }, 204},
	"recording.part": {call.RoleSupervisor, call.Active, func(c client, v visit) reply {
		return c.send("PUT", path(v, "/recording/agent/0"), webm)
	}, 201},
	"recording.finish": {call.RoleSupervisor, call.Active, func(c client, v visit) reply {
		return c.post(path(v, "/recording/finish"), nil)
	}, 201},
	"calls.export": {call.RoleSupervisor, call.Queued, func(c client, _ visit) reply { return c.get("/api/v1/export/calls.csv") }, 200},
	"recording.download": {call.RoleAttendant, call.Completed, func(c client, v visit) reply {
		return c.get(path(v, "/recording/download"))
	}, 200},
	"uploads.get": {call.RoleAttendant, call.Completed, func(c client, v visit) reply { return c.get(c.w.uploaded(v)) }, 200},
}

// customerAttempts are good requests to the customers' routes, by operation id.
var customerAttempts = map[string]struct {
	state call.Status
	do    func(w *world, v visit) reply
	want  int
}{
	"public.validate": {call.Queued, func(w *world, _ visit) reply { return w.anonymous().get("/api/v1/call/suporte/validate") }, 200},
	"public.join": {call.Queued, func(w *world, _ visit) reply {
		return w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria"}`))
	}, 200},
	"public.status": {call.Queued, func(w *world, v visit) reply { return w.customer(v).get("/api/v1/call/status/" + v.id) }, 200},
	"public.cancel": {call.Queued, func(w *world, v visit) reply { return w.customer(v).post("/api/v1/call/cancel/"+v.id, nil) }, 200},
	"public.evaluate": {call.Completed, func(w *world, v visit) reply {
		return w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":5}`))
	}, 200},
	"public.turn": {call.Active, func(w *world, v visit) reply { return w.customer(v).get("/api/v1/call/turn-credentials") }, 200},
}

// uploaded is the address of the first file of a call.
func (w *world) uploaded(v visit) string {
	w.t.Helper()
	files, err := w.voki.Media.Files(w.t.Context(), call.Actor{Tenant: v.tenant, ID: "x", Role: call.RoleOwner}, v.id)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, files)
	return "/uploads/calls/" + files[0].ID + "/" + files[0].Name
}

// furnished is a call in a state, with a tag, a file and, where it can have them, a recording and artifacts; an active
// one has the first part of a recording.
func (w *world) furnished(tenant string, state call.Status) visit {
	w.t.Helper()
	v := w.callIn(tenant, state)
	owner := w.as(map[string]call.Actor{avanter: olga, padaria: nina}[tenant])
	if state == call.Active {
		require.Equal(w.t, 201, owner.send("PUT", path(v, "/recording/mixed/0"), webm).status)
	}
	if state == call.Completed {
		require.Equal(w.t, 201, owner.post(path(v, "/tags"), raw(`{"tag_id":"`+pageTag+`"}`)).status)
		require.Equal(w.t, 201, owner.post(path(v, "/upload"), file("segredo.txt", "segredo de "+tenant)).status)
		require.Equal(w.t, 201, owner.send("PUT", path(v, "/recording"), webm).status)
		w.artifacts(tenant, v.id)
	}
	return v
}

// Every role on every route: those at or above the page's minimum are answered, those below get 403 and change
// nothing.
func TestRoles(t *testing.T) {
	t.Parallel()
	byRole := map[call.Role]call.Actor{
		call.RoleAttendant: bia, call.RoleSupervisor: ana, call.RoleManager: mario, call.RoleOwner: olga,
	}
	for _, op := range described(t).ops {
		if slices.ContainsFunc(httpapi.Routes(), func(r httpapi.Route) bool {
			return r.Public && r.Method == op.Method && r.Pattern == op.Pattern
		}) {
			continue
		}
		try, ok := attempts[op.ID]
		require.True(t, ok, "%s is not in the table of roles", op.ID)
		for _, role := range call.Roles() {
			t.Run(fmt.Sprintf("%s by %s", op.ID, role), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				v := w.furnished(avanter, try.state)
				if role.AtLeast(try.lowest) {
					r := try.do(w.as(byRole[role]), v)
					assert.Equal(t, try.want, r.status, r)
					return
				}
				w.unchanged(func() {
					r := try.do(w.as(byRole[role]), v)
					assert.Equal(t, http.StatusForbidden, r.status, r)
				})
			})
		}
	}
}

// The table of routes names the page's minimum roles.
func TestRoutesNameTheRoles(t *testing.T) {
	t.Parallel()
	lowest := map[string]call.Role{}
	for _, op := range described(t).ops {
		lowest[op.Method+" "+op.Pattern] = attempts[op.ID].lowest
	}
	for _, route := range []string{"PUT …", "PUT …/{track}/{n}", "POST …/finish"} { // the call's agent may
		lowest[strings.Replace(route, "…", "/api/v1/calls/{id}/recording", 1)] = call.RoleAttendant
	}
	for _, r := range httpapi.Routes() {
		assert.Equal(t, lowest[r.Method+" "+r.Pattern], r.Role, "%s %s", r.Method, r.Pattern)
		assert.Equal(t, r.Role == "", r.Public, "%s %s", r.Method, r.Pattern)
	}
}

// The agent of a call may put its recording without being a supervisor; another attendant may not.
func TestRecordingByTheAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	w.unchanged(func() {
		assert.Equal(t, http.StatusForbidden, w.as(bia).send("PUT", path(v, "/recording"), webm).status)
		assert.Equal(t, http.StatusForbidden, w.as(bia).send("PUT", path(v, "/recording/mixed/0"), webm).status)
		assert.Equal(t, http.StatusForbidden, w.as(bia).post(path(v, "/recording/finish"), nil).status)
	})
	assert.Equal(t, http.StatusCreated, w.as(joao).send("PUT", path(v, "/recording"), webm).status)
}

// Manager notes are shown to supervisors and above only.
func TestManagerNotesAreHiddenBelowSupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Completed)
	require.Equal(t, 200, w.as(ana).post(path(v, "/manager-notes"), raw(`{"notes":"Reservado."}`)).status)
	for _, a := range []call.Actor{joao, bia} {
		r := w.as(a).get(path(v, ""))
		assert.Nil(t, r.value("data.manager_notes"))
		assert.NotContains(t, string(r.body), "Reservado")
	}
	for _, a := range []call.Actor{ana, mario, olga} {
		assert.Contains(t, w.as(a).get(path(v, "")).text("data.manager_notes"), "- Ana Supervisor] Reservado.")
	}
}
