package httpapi

import (
	"bytes"
	_ "embed" // for the description
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the OpenAPI 3.1 description of every route, in YAML. The caller owns it.
func OpenAPI() []byte { return bytes.Clone(openAPI) }
