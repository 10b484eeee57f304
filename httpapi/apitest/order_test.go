package apitest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
)

// wrong is a way in which a request can be wrong.
type wrong int

// The ways, in the order in which they are found.
const (
	wrongMethod wrong = iota
	noToken
	noTenant
	forbidden
	notFound
	badBody
	invalid
	conflict
)

var wrongStatus = []int{405, 401, 400, 403, 404, 0, 422, 409} // a bad body has several

// faulty is a route, and how a request to it can be made wrong.
type faulty struct {
	operation string
	method    string
	path      func(v visit) string
	ways      []wrong // that it has beside method, token and tenant

	who       call.Actor     // who may; empty: a supervisor
	lowRole   call.Actor     // who may not; empty: whoever comes with the token of another tenant
	state     call.Status    // in which it is a conflict
	body      any            // good
	badFields any            // readable, with a field that is wrong
	badBodies map[string]int // unreadable, with their statuses, by name; see unreadable
}

func callPath(rest string) func(visit) string { return func(v visit) string { return path(v, rest) } }

var jsonBodies = map[string]int{
	"cut off": 400, "no object": 400, "two values": 400, "too large": 413, "too large, chunked": 413,
}

var routesWithFaults = []faulty{
	{operation: "calls.list", method: "GET", path: func(visit) string { return "/api/v1/calls?page=0" }, ways: []wrong{forbidden, invalid}},
	{operation: "calls.get", method: "GET", path: callPath(""), ways: []wrong{forbidden, notFound}},
	{
		operation: "calls.assign", method: "POST", path: callPath("/assign"), ways: []wrong{forbidden, notFound, badBody, invalid, conflict},
		state: call.Active, badFields: raw(`{"user_id":"nobody"}`), badBodies: jsonBodies,
	},
	{
		operation: "calls.start", method: "POST", path: callPath("/start"), ways: []wrong{forbidden, notFound, badBody, conflict},
		state: call.Queued, badBodies: jsonBodies,
	},
	{
		operation: "calls.complete", method: "POST", path: callPath("/complete"), ways: []wrong{forbidden, notFound, badBody, invalid, conflict},
		state: call.Queued, badFields: raw(`{"notes":7}`), badBodies: jsonBodies,
	},
	{
		operation: "calls.upload", method: "POST", path: callPath("/upload"), ways: []wrong{forbidden, notFound, badBody, invalid},
		state: call.Queued, badFields: newForm(part{field: "other", content: "x"}),
		badBodies: map[string]int{"not multipart": 415, "form cut off": 400, "file too large": 413, "file too large, chunked": 413},
	},
	{operation: "calls.tags.list", method: "GET", path: callPath("/tags"), ways: []wrong{forbidden, notFound}},
	{
		operation: "calls.tags.add", method: "POST", path: callPath("/tags"), ways: []wrong{forbidden, notFound, badBody, invalid},
		badFields: raw(`{"tag_id":"nothing"}`), badBodies: jsonBodies,
	},
	{operation: "calls.tags.remove", method: "DELETE", path: callPath("/tags/vip"), ways: []wrong{forbidden, notFound}},
	{operation: "calls.transcript", method: "GET", path: callPath("/transcript"), ways: []wrong{forbidden, notFound}, lowRole: rui},
	{operation: "calls.summary", method: "GET", path: callPath("/summary"), ways: []wrong{forbidden, notFound}, lowRole: rui},
	{
		operation: "calls.notes.add", method: "POST", path: callPath("/manager-notes"), ways: []wrong{forbidden, notFound, badBody, invalid, conflict},
		lowRole: joao, state: call.Active, body: raw(`{"notes":"Bom."}`), badFields: raw(`{"notes":""}`), badBodies: jsonBodies,
	},
	{operation: "recording.get", method: "GET", path: callPath("/recording"), ways: []wrong{forbidden, notFound}},
	{
		operation: "recording.put", method: "PUT", path: callPath("/recording"), ways: []wrong{forbidden, notFound, badBody, conflict},
		state: call.Queued, body: webm, badBodies: map[string]int{"recording too large": 413},
	},
	{operation: "recording.delete", method: "DELETE", path: callPath("/recording"), ways: []wrong{forbidden, notFound}, who: mario, lowRole: ana},
	{
		operation: "recording.part", method: "PUT", path: callPath("/recording/mixed/0"), ways: []wrong{forbidden, notFound, badBody, conflict},
		state: call.Queued, body: webm, badBodies: map[string]int{"recording too large": 413},
	},
	{
		operation: "recording.finish", method: "POST", path: callPath("/recording/finish"), ways: []wrong{forbidden, notFound, badBody, invalid, conflict},
		state: call.Queued, badFields: raw(`{"parts":7}`), badBodies: jsonBodies,
	},
	{
		operation: "calls.export", method: "GET", path: func(visit) string { return "/api/v1/export/calls.csv?status=x" },
		ways: []wrong{forbidden, invalid}, lowRole: joao,
	},
	{operation: "recording.download", method: "GET", path: callPath("/recording/download"), ways: []wrong{forbidden, notFound}},
	{
		operation: "uploads.get", method: "GET", path: func(visit) string { return "/uploads/calls/" + nobody + "/a.txt" },
		ways: []wrong{forbidden, notFound},
	},
}

// unreadable makes a body that cannot be read.
func unreadable(name string) any {
	big := `{"notes":"` + strings.Repeat("x", 3<<20) + `"}`
	switch name {
	case "cut off":
		return raw(`{"notes":"x`)
	case "no object":
		return raw(`["notes"]`)
	case "two values":
		return raw(`{} {}`)
	case "too large":
		return raw(big)
	case "too large, chunked":
		return stream{"application/json", big}
	case "not multipart":
		return raw(`{"file":"x"}`)
	case "form cut off":
		f := file("a.txt", "aaaa")
		f.content = f.content[:len(f.content)-20]
		return f
	case "file too large":
		return file("a.bin", strings.Repeat("x", maxUpload+1))
	case "file too large, chunked":
		f := file("a.bin", strings.Repeat("x", maxUpload+1))
		return stream{f.contentType, string(f.content)}
	case "recording too large":
		return make([]byte, maxRecording+1)
	}
	panic("no such body: " + name)
}

// A request that is wrong in several ways is answered for the first; when that is put right, for the next.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, f := range routesWithFaults {
		covered[f.operation] = true
		bodies := f.badBodies
		if len(bodies) == 0 {
			bodies = map[string]int{"": 0}
		}
		for name, status := range bodies {
			t.Run(strings.TrimSpace(f.operation+" "+name), func(t *testing.T) {
				t.Parallel()
				ways := append([]wrong{wrongMethod, noToken, noTenant}, f.ways...)
				w := newWorld(t)
				state := f.state
				if state == "" {
					state = call.Completed
				}
				v := w.callIn(avanter, state)
				for first := range ways {
					want := wrongStatus[ways[first]]
					if ways[first] == badBody {
						want = status
					}
					w.unchanged(func() {
						r := f.send(w, v, ways[first:], name)
						assert.Equal(t, want, r.status, "wrong in the ways %v: %s", ways[first:], r)
					})
				}
			})
		}
	}
	for _, op := range described(t).ops {
		if !strings.HasPrefix(op.ID, "public.") {
			assert.True(t, covered[op.ID], "%s is not in this test", op.ID)
		}
	}
}

// send makes a request that is wrong in the given ways.
func (f faulty) send(w *world, v visit, ways []wrong, bodyName string) reply {
	is := map[wrong]bool{}
	for _, way := range ways {
		is[way] = true
	}
	who := ana
	if f.who.ID != "" {
		who = f.who
	}
	if is[forbidden] && f.lowRole.ID != "" {
		who = f.lowRole
	}
	c := w.as(who)
	if is[forbidden] && f.lowRole.ID == "" {
		c.tenant = padaria
	}
	if is[noTenant] {
		c.tenant = ""
	}
	if is[noToken] {
		c.bearer = ""
	}
	if is[notFound] {
		v.id = nobody
	}
	body := f.body
	switch {
	case is[badBody]:
		body = unreadable(bodyName)
	case is[invalid] && f.badFields != nil:
		body = f.badFields
	}
	method := f.method
	if is[wrongMethod] {
		method = http.MethodPatch
	}
	return c.send(method, f.path(v), body)
}

// The same for customers, whose token stands for tenant and call.
func TestOrderOfChecksForCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queued, other := w.callIn(avanter, call.Queued), w.callIn(avanter, call.Completed)
	ended := w.callIn(avanter, call.Cancelled)
	const cutOff = raw(`{"rating":`)
	for i, row := range []struct {
		client client
		method string
		path   string
		body   any
		want   int
	}{
		{w.anonymous(), "DELETE", "/api/v1/call/nolink/validate", nil, 405},
		{w.anonymous(), "GET", "/api/v1/call/nolink/validate", nil, 404},

		{w.anonymous(), "GET", "/api/v1/call/nolink/join", cutOff, 405},
		{w.anonymous(), "POST", "/api/v1/call/nolink/join", cutOff, 404},
		{w.anonymous(), "POST", "/api/v1/call/suporte/join", unreadable("too large"), 413},
		{w.anonymous(), "POST", "/api/v1/call/suporte/join", cutOff, 400},
		{w.anonymous(), "POST", "/api/v1/call/suporte/join", nil, 400},
		{w.anonymous(), "POST", "/api/v1/call/suporte/join", raw(`{"name":""}`), 422},

		{w.anonymous(), "POST", "/api/v1/call/status/" + queued.id, nil, 405},
		{w.anonymous(), "GET", "/api/v1/call/status/" + nobody, nil, 401},
		{w.customer(other), "GET", "/api/v1/call/status/" + queued.id, nil, 403},

		{w.anonymous(), "GET", "/api/v1/call/cancel/" + ended.id, nil, 405},
		{w.anonymous(), "POST", "/api/v1/call/cancel/" + ended.id, nil, 401},
		{w.customer(other), "POST", "/api/v1/call/cancel/" + ended.id, nil, 403},
		{w.customer(ended), "POST", "/api/v1/call/cancel/" + ended.id, unreadable("too large"), 413},
		{w.customer(ended), "POST", "/api/v1/call/cancel/" + ended.id, cutOff, 400},
		{w.customer(ended), "POST", "/api/v1/call/cancel/" + ended.id, nil, 409},

		{w.anonymous(), "POST", "/api/v1/call/turn-credentials", nil, 405},
		{w.anonymous(), "GET", "/api/v1/call/turn-credentials", nil, 401},

		{w.anonymous(), "PUT", "/api/v1/call/evaluate/" + queued.id, cutOff, 405},
		{w.anonymous(), "POST", "/api/v1/call/evaluate/" + queued.id, cutOff, 401},
		{w.customer(other), "POST", "/api/v1/call/evaluate/" + queued.id, cutOff, 403},
		{w.customer(queued), "POST", "/api/v1/call/evaluate/" + queued.id, unreadable("too large"), 413},
		{w.customer(queued), "POST", "/api/v1/call/evaluate/" + queued.id, cutOff, 400},
		{w.customer(queued), "POST", "/api/v1/call/evaluate/" + queued.id, nil, 400},
		{w.customer(queued), "POST", "/api/v1/call/evaluate/" + queued.id, raw(`{"rating":6}`), 422},
		{w.customer(queued), "POST", "/api/v1/call/evaluate/" + queued.id, raw(`{"rating":5}`), 409},
	} {
		t.Run(fmt.Sprintf("%02d %s %d", i, row.method, row.want), func(t *testing.T) {
			w.unchanged(func() {
				r := row.client.send(row.method, row.path, row.body)
				assert.Equal(t, row.want, r.status, r)
			})
		})
	}

	w.host.setMaxQueue(1) // the queued call is there
	w.unchanged(func() {
		r := w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":""}`))
		assert.Equal(t, 422, r.status, r)
		r = w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria"}`))
		assert.Equal(t, 409, r.status, r)
	})
}

// A wrong method is told which are right, on every path.
func TestWrongMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byPattern := map[string]map[string]bool{}
	for _, op := range described(t).ops {
		if byPattern[op.Pattern] == nil {
			byPattern[op.Pattern] = map[string]bool{}
		}
		byPattern[op.Pattern][op.Method] = true
	}
	for pattern, methods := range byPattern {
		concrete := strings.NewReplacer("{id}", nobody, "{call_id}", nobody, "{tag_id}", "vip", "{file_id}", nobody,
			"{name}", "a.txt", "{token}", "suporte").Replace(pattern)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if methods[method] {
				continue
			}
			w.unchanged(func() {
				r := w.anonymous().send(method, concrete, nil)
				assert.Equal(t, http.StatusMethodNotAllowed, r.status, r)
				for want := range methods {
					assert.Contains(t, strings.Split(r.header.Get("Allow"), ", "), want, r)
				}
				assert.NotContains(t, strings.Split(r.header.Get("Allow"), ", "), method, r)
			})
		}
	}
}
