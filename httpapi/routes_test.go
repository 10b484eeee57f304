package httpapi_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

func TestRoutesAreDescribed(t *testing.T) {
	description := string(httpapi.OpenAPI())
	operations, places := map[string]bool{}, map[string]bool{}
	for _, route := range httpapi.Routes() {
		assert.False(t, operations[route.Operation], route.Operation)
		assert.False(t, places[route.Method+route.Pattern], route.Pattern)
		operations[route.Operation], places[route.Method+route.Pattern] = true, true
		assert.Equal(t, route.Public, route.Role == call.Role(""), route.Operation)

		assert.Regexp(t, `(?m)^  `+regexp.QuoteMeta(route.Pattern)+`:$`, description)
		assert.Regexp(t, `(?m)^      operationId: `+regexp.QuoteMeta(route.Operation)+`$`, description)
	}
	assert.Len(t, regexp.MustCompile(`operationId: `).FindAllString(description, -1), len(operations))
	httpapi.OpenAPI()[0] = '!'
	assert.Equal(t, description, string(httpapi.OpenAPI()), "the caller owns what it gets")
}
