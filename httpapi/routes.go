package httpapi

import (
	"net/http"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/notes"
)

// Route is one row of the table of routes, as it is documented.
type Route struct {
	Method    string
	Pattern   string    // as /api/v1/calls/{id}/assign: what is in braces stands for one segment
	Operation string    // the operationId of the OpenAPI description, and the action that a [Policy] is asked about
	Role      call.Role // the lowest that may use it; empty on public routes
	Public    bool      // served by [Server.Public]
}

// Routes lists all routes of the package. HEAD is answered where GET is, and OPTIONS everywhere.
func Routes() []Route {
	all := endpoints()
	routes := make([]Route, len(all))
	for i, e := range all {
		routes[i] = e.Route
	}
	return routes
}

// endpoint is a route with what serves it.
type endpoint struct {
	Route
	segments []string // of the pattern

	// access finds out who asks, and refuses those who may not.
	access func(*request) error
	// forbidden refuses a role below the route's. Defaults to call.ErrForbidden.
	forbidden error
	// call: the first parameter names a call, which is loaded and asked of the Policy before the body is read.
	call bool

	handle func(*request) error
}

const (
	callsPath   = "/api/v1/calls"
	linkPath    = "/api/v1/call"
	exportPath  = "/api/v1/export"
	uploadsPath = "/uploads/calls"
)

// endpoints is the table of routes.
func endpoints() []endpoint {
	const (
		get, post = http.MethodGet, http.MethodPost
		put, del  = http.MethodPut, http.MethodDelete
	)
	user := func(method, pattern, operation string, handle func(*request) error) endpoint {
		return endpoint{
			Route:    Route{Method: method, Pattern: pattern, Operation: operation, Role: call.RoleAttendant},
			segments: cutPath(pattern), access: (*request).byUser, call: true, handle: handle,
		}
	}
	withoutCall := func(e endpoint) endpoint { e.call = false; return e }
	orSigned := func(e endpoint) endpoint { e.access = (*request).byUserOrSignature; return withoutCall(e) }
	supervisor := func(e endpoint, forbidden error) endpoint {
		e.Role, e.forbidden = call.RoleSupervisor, forbidden
		return e
	}
	manager := func(e endpoint) endpoint { e.Role = call.RoleManager; return e }
	customer := func(method, pattern, operation string, access, handle func(*request) error) endpoint {
		return endpoint{
			Route:    Route{Method: method, Pattern: pattern, Operation: operation, Public: true},
			segments: cutPath(pattern), access: access, handle: handle,
		}
	}
	byLink, byToken, byCall := (*request).byLink, (*request).byWebsocketToken, (*request).byWebsocketTokenOfCall

	return []endpoint{
		withoutCall(user(get, callsPath, "calls.list", (*request).listCalls)),
		user(get, callsPath+"/{id}", "calls.get", (*request).getCall),
		user(post, callsPath+"/{id}/assign", "calls.assign", (*request).assignCall),
		user(post, callsPath+"/{id}/start", "calls.start", (*request).startCall),
		user(post, callsPath+"/{id}/complete", "calls.complete", (*request).completeCall),
		user(post, callsPath+"/{call_id}/upload", "calls.upload", (*request).uploadFile),
		user(get, callsPath+"/{call_id}/tags", "calls.tags.list", (*request).listTags),
		user(post, callsPath+"/{call_id}/tags", "calls.tags.add", (*request).addTag),
		user(del, callsPath+"/{call_id}/tags/{tag_id}", "calls.tags.remove", (*request).removeTag),
		withoutCall(user(get, callsPath+"/{call_id}/transcript", "calls.transcript", (*request).getTranscript)),
		withoutCall(user(get, callsPath+"/{call_id}/summary", "calls.summary", (*request).getSummary)),
		supervisor(user(post, callsPath+"/{id}/manager-notes", "calls.notes.add", (*request).addNote), notes.ErrRole),
		user(get, callsPath+"/{id}/recording", "recording.get", (*request).getRecording),
		user(put, callsPath+"/{id}/recording", "recording.put", (*request).putRecording),
		manager(user(del, callsPath+"/{id}/recording", "recording.delete", (*request).deleteRecording)),
		user(put, callsPath+"/{id}/recording/{track}/{n}", "recording.part", (*request).putPart),
		user(post, callsPath+"/{id}/recording/finish", "recording.finish", (*request).finishRecording),
		orSigned(user(get, callsPath+"/{id}/recording/download", "recording.download", (*request).downloadRecording)),
		withoutCall(supervisor(user(get, exportPath+"/calls.csv", "calls.export", (*request).exportCalls), nil)),
		withoutCall(user(get, uploadsPath+"/{file_id}/{name}", "uploads.get", (*request).downloadFile)),

		customer(get, linkPath+"/{token}/validate", "public.validate", byLink, (*request).validateLink),
		customer(post, linkPath+"/{token}/join", "public.join", byLink, (*request).joinQueue),
		customer(get, linkPath+"/status/{call_id}", "public.status", byCall, (*request).callStatus),
		customer(post, linkPath+"/cancel/{call_id}", "public.cancel", byCall, (*request).cancelCall),
		customer(post, linkPath+"/evaluate/{call_id}", "public.evaluate", byCall, (*request).evaluateCall),
		customer(get, linkPath+"/turn-credentials", "public.turn", byToken, (*request).turnCredentials),
	}
}
