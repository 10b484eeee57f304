// Package apitest proves that the HTTP API does what its description says.
//
// It has tests only. They send real requests over real sockets to a Voki on the memory store, and hold every single
// reply against httpapi/openapi.yaml with two independent validators; what the description cannot say (which status
// in which state, in which order mistakes are found, that a refused request changes nothing, that one tenant never
// sees another) stands in the tests themselves.
//
// It is a module of its own so that no host inherits the validators.
package apitest
