package apitest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi"
)

// description is the OpenAPI document, as two libraries read it.
type description struct {
	kin *openapi3.T
	ops []operation // ordered by pattern, the more exact ones first

	pbMu sync.Mutex // nothing says that the second library may be asked by several at once
	pb   validator.Validator
}

var loadDescription = sync.OnceValues(func() (*description, error) {
	raw := httpapi.OpenAPI()
	kin, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("kin-openapi: %w", err)
	}
	doc, err := libopenapi.NewDocument(raw)
	if err != nil {
		return nil, fmt.Errorf("libopenapi: %w", err)
	}
	pb, errs := validator.NewValidator(doc, config.WithFormatAssertions())
	if len(errs) > 0 {
		return nil, fmt.Errorf("libopenapi-validator: %v", errs)
	}
	return &description{kin: kin, ops: operations(kin), pb: pb}, nil
})

func described(t testing.TB) *description {
	t.Helper()
	d, err := loadDescription()
	require.NoError(t, err)
	return d
}

// operation is one row of the description.
type operation struct {
	ID       string
	Method   string
	Pattern  string
	PathItem *openapi3.PathItem
	*openapi3.Operation
}

func operations(kin *openapi3.T) (all []operation) {
	for _, pattern := range kin.Paths.InMatchingOrder() {
		item := kin.Paths.Value(pattern)
		for method, op := range item.Operations() {
			all = append(all, operation{op.OperationID, method, pattern, item, op})
		}
	}
	return all
}

// find returns the operations of the pattern that fits an escaped path, and the values of its parameters. Where
// several fit, the one with a word where another has a parameter wins, from the left.
func (d *description) find(escapedPath string) (ops []operation, values map[string]string) {
	segments := strings.Split(escapedPath, "/")
	best := ""
	for _, op := range d.ops {
		wanted := strings.Split(op.Pattern, "/")
		got, ok := fit(wanted, segments)
		if !ok || best != "" && best != op.Pattern && !wordsFirst(op.Pattern, best) {
			continue
		}
		if best != op.Pattern {
			best, ops, values = op.Pattern, nil, got
		}
		ops = append(ops, op)
	}
	return ops, values
}

func fit(wanted, segments []string) (map[string]string, bool) {
	if len(wanted) != len(segments) {
		return nil, false
	}
	values := map[string]string{}
	for i, w := range wanted {
		plain, err := url.PathUnescape(segments[i])
		switch {
		case err != nil:
			return nil, false
		case strings.HasPrefix(w, "{"):
			if plain == "" {
				return nil, false
			}
			values[strings.Trim(w, "{}")] = plain
		case w != plain:
			return nil, false
		}
	}
	return values, true
}

func wordsFirst(a, b string) bool {
	other := strings.Split(b, "/")
	for i, segment := range strings.Split(a, "/") {
		if x, y := strings.HasPrefix(segment, "{"), strings.HasPrefix(other[i], "{"); x != y {
			return y
		}
	}
	return false
}

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	d := described(t)
	assert.NoError(t, d.kin.Validate(context.Background(), openapi3.EnableExamplesValidation()))
	ok, errs := d.pb.ValidateDocument()
	assert.True(t, ok, "libopenapi: %v", errs)
	assert.Equal(t, "3.1.0", d.kin.OpenAPI)
}

// Each operation says all that a client must know.
func TestDescriptionIsComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range described(t).ops {
		assert.Regexp(t, `^[a-z]+(\.[a-z]+)+$`, op.ID)
		assert.False(t, seen[op.ID], "%s: the operation id is used twice", op.ID)
		seen[op.ID] = true
		assert.NotEmpty(t, op.Summary, op.ID)
		assert.NotEmpty(t, op.Tags, op.ID)
		public := strings.HasPrefix(op.ID, "public.")
		if public {
			assert.Contains(t, op.Description, "No account", op.ID)
		} else {
			assert.Contains(t, op.Description, "Minimum role: ", op.ID)
		}
		statuses := op.Responses.Map()
		for _, status := range expectedStatuses(op, public) {
			assert.Contains(t, statuses, status, "%s lacks a status", op.ID)
		}
	}
}

// expectedStatuses are those that follow from what kind of operation it is.
func expectedStatuses(op operation, public bool) []string {
	want := []string{"405", "500", "503"}
	if public {
		want = append(want, "429")
	} else {
		want = append(want, "400", "401", "403")
	}
	if op.ID != "calls.list" && op.ID != "calls.export" && (!public || strings.Contains(op.Pattern, "{token}")) {
		want = append(want, "404")
	}
	if op.RequestBody != nil {
		want = append(want, "400", "413")
	}
	if op.Method != http.MethodGet {
		want = append(want, "507")
	}
	return want
}

func TestRoutesAndDescriptionAgree(t *testing.T) {
	t.Parallel()
	type row struct{ Method, Pattern string }
	inDescription, inTable := map[row]string{}, map[row]string{}
	for _, op := range described(t).ops {
		inDescription[row{op.Method, op.Pattern}] = op.ID
	}
	for _, r := range httpapi.Routes() {
		inTable[row{r.Method, r.Pattern}] = r.Operation
	}
	for r := range inTable {
		assert.Contains(t, inDescription, r, "a route that is not described")
	}
	for r := range inDescription {
		assert.Contains(t, inTable, r, "a description without a route")
	}
	for r, id := range inDescription {
		if operation, ok := inTable[r]; ok {
			assert.Equal(t, id, operation, "operation id of %v", r)
		}
	}
}
