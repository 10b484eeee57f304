package main_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCSVOfTheDemo: the export has the rows that the list counts, and what a spreadsheet would run is text.
func TestCSVOfTheDemo(t *testing.T) {
	p := serve(t, t.TempDir(), "--demo")
	const export = "/api/v1/export/calls.csv"
	rows, err := csv.NewReader(bytes.NewReader(p.must(200, "GET", export+"?status=completed&date_from=2026-02-01", supervisor, ""))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+142)
	assert.Equal(t, "id,status,department,attendant,customer_name,customer_email,duration,wait_time,rating,started_at,completed_at",
		strings.Join(rows[0], ","))
	assert.Contains(t, rows, strings.Split(pageCallID+",completed,Suporte Técnico,João Silva,Carlos Ferreira,carlos@email.com,"+
		"345,12,5,2026-02-15T14:30:00Z,2026-02-15T14:35:45Z", ","))
	p.must(403, "GET", export, attendant, "")

	p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "=HYPERLINK(\"http://evil\")"}`)
	rows, err = csv.NewReader(bytes.NewReader(p.must(200, "GET", export+"?search=hyperlink", supervisor, ""))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	assert.Equal(t, `'=HYPERLINK("http://evil")`, rows[1][4])
}
