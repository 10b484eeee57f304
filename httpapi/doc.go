// Package httpapi serves Voki over HTTP: the routes of the API page, on any net/http mux.
//
// It translates and decides nothing: what a call may do stands in the domain packages, who a user is in the host's
// [Authenticator], which calls a user sees in its [Policy], what an access link opens in its [Links]. The package must
// never know how data is kept, how tokens of users are made, or what a plan costs.
//
// [New] gives a [Server], which serves the routes for users (/api/v1/calls…, /uploads/calls/…); [Server.Public] those
// for customers (/api/v1/call/…), which a host mounts or not. All routes stand in one table, see [Routes]; all replies
// to errors are one envelope, {"errors": …}, whose statuses stand in another.
//
// # Order of checks
//
// A request is refused for the first of these that applies: 429 (public routes), 404 (no such route), 405, 401, 400
// (X-Tenant missing), 403, 404 (no such call), 415/413/400 (body), 422, 409. A plan that lacks a feature is a 403
// before anything is said about the call.
//
// # Sockets
//
// [Server.Socket] speaks Phoenix Channels at [SocketPath], and [Server.Run] feeds its topics from the log, which is the
// only source of what the server says of calls: a socket sees what was done over HTTP, and the other way round. What
// participants say to each other is relayed in memory. docs/live.md is the page for those who write clients.
//
// The files live*.go hold a topic each; livefeed.go turns events of the log into messages, and livemember.go sees to it
// that each reaches a channel once, in order, and without a gap behind the snapshot that it joined with.
package httpapi
