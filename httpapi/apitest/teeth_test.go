package apitest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The check itself is checked: a reply that is not as described is noticed, by each of the two libraries alone.
func TestTheCheckBites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	good := w.as(ana).get("/api/v1/calls/" + pageCall)
	d := described(t)
	ops, _ := d.find("/api/v1/calls/" + pageCall)
	require.Len(t, ops, 1)
	req, _ := w.as(ana).request("GET", "/api/v1/calls/"+pageCall, nil)
	require.NoError(t, d.conforms(ops[0], req, good))

	change := func(old, replacement string) reply {
		r := good
		r.header = good.header.Clone()
		r.body = bytes.Replace(good.body, []byte(old), []byte(replacement), 1)
		require.NotEqual(t, good.body, r.body, old)
		return r
	}
	other := func(status int, body string) reply {
		return reply{status: status, header: good.header, body: []byte(body)}
	}
	bare := change(`"rating":5`, `"rating":4`)
	bare.header.Del("Cache-Control")
	challenge := other(http.StatusUnauthorized, `{"errors":{"detail":"x"}}`)

	for name, r := range map[string]reply{
		"a field too many":        change(`"rating":5`, `"rating":5,"color":"red"`),
		"a field too few":         change(`"rating":5,`, ``),
		"another name":            change(`"rating"`, `"stars"`),
		"absent instead of null":  change(`,"reconnected_at":null`, ``),
		"null without permission": change(`"status":"completed"`, `"status":null`),
		"empty instead of null":   change(`"customer_phone":"+5511999998888"`, `"customer_phone":""`),
		"another type":            change(`"rating":5`, `"rating":"5"`),
		"a fraction":              change(`"duration":345`, `"duration":345.5`),
		"out of range":            change(`"rating":5`, `"rating":6`),
		"unknown status":          change(`"status":"completed"`, `"status":"done"`),
		"fraction of a second":    change(`14:30:00Z`, `14:30:00.000Z`),
		"another zone":            change(`14:30:00Z`, `14:30:00+00:00`),
		"a field too many, deep":  change(`"color":"#3b82f6"`, `"color":"#3b82f6","tenant":"avanter"`),
		"no JSON":                 change(`{"data"`, `"data"`),
		"a missing header":        bare,
		"no challenge":            challenge,
		"unknown code":            other(http.StatusTeapot, `{"errors":{"detail":"x"}}`),
		"no envelope":             other(http.StatusNotFound, `{"error":"x"}`),
		"fields where a detail":   other(http.StatusNotFound, `{"errors":{"id":["x"]}}`),
		"envelope and more":       other(http.StatusNotFound, `{"errors":{"detail":"x"},"data":null}`),
		"empty detail":            other(http.StatusNotFound, `{"errors":{"detail":""}}`),
	} {
		assert.ErrorContains(t, d.conforms(ops[0], req, r), "kin-openapi", name)
		if !strings.Contains(name, "header") && name != "no challenge" {
			assert.ErrorContains(t, d.secondOpinion(ops[0], req, r), "libopenapi", name)
		}
	}
}
