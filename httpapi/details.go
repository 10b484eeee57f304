package httpapi

import "github.com/avanter/voki"

// DetailJSON returns the details of a call as GET /api/v1/calls/{id} gives them under data.
func DetailJSON(d voki.Detail) []byte {
	wire := newDetails(d)
	return appendDetails(nil, &wire)
}
