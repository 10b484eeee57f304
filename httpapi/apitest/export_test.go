package apitest

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

const export = "/api/v1/export/calls.csv"

// rows reads an export.
func (r reply) rows(t *testing.T) [][]string {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r)
	rows, err := csv.NewReader(strings.NewReader(string(r.body))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, strings.Split("id,status,department,attendant,customer_name,customer_email,duration,wait_time,rating,started_at,completed_at", ","), rows[0])
	return rows[1:]
}

func TestExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedPage()
	waiting := w.enqueue(avanter)
	c := w.as(ana)
	assert.Equal(t, [][]string{
		{waiting.id, "queued", "Suporte Técnico", "", "Maria", "", "", "", "", "", ""},
		{
			pageCall, "completed", "Suporte Técnico", "João Silva", "Carlos Ferreira", "carlos@email.com", "345", "12", "5",
			"2026-02-15T14:30:00Z", "2026-02-15T14:35:45Z",
		},
	}, c.get(export).rows(t))
	for query, ids := range map[string][]string{
		"?status=queued": {waiting.id}, "?search=joao": nil, "?search=CARLOS": {pageCall}, "?date_to=2026-02-15": {pageCall},
		"?sort_by=customer_name&sort_order=asc": {pageCall, waiting.id}, "?user_id=" + pageUser: {pageCall},
		"?department_id=vendas": nil, "?page=&page_size=": {waiting.id, pageCall},
	} {
		var got []string
		for _, row := range c.get(export + query).rows(t) {
			got = append(got, row[0])
		}
		assert.Equal(t, ids, got, query)
	}
	for _, query := range []string{"?page=1", "?page_size=10", "?status=x", "?date_from=x", "?sort_by=id"} {
		w.refused(query, func() reply { return c.get(export + query) }, 422)
	}
	head := c.send("HEAD", export, nil)
	assert.Equal(t, http.StatusOK, head.status)
	assert.Empty(t, head.body)
	assert.Empty(t, w.as(eva).get(export).rows(t), "of another company")
}

// Whatever stands in a cell, no spreadsheet runs it.
func TestExportRunsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "\u00a0\u200b=1": "'\u00a0\u200b=1",
		"\ufeff=1": "'\ufeff=1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "\u2212" + "1": "'\u2212" + "1",
		"\t=1": "'\t=1", "\tx": "'\tx", "\rx": "'x", "a;=1": "a;'=1", "a;b; =1": "a;b;' =1", "a\n=1": "a\n'=1", "x\t@y": "x\t'@y",
		`"=1`: `"=1`, `a"b,c`: `a"b,c`, "Ana-Maria": "Ana-Maria", "'=1": "'=1", "a=1": "a=1", "João": "João", "日本": "日本",
	} {
		w.put(call.Call{
			Tenant: avanter, ID: call.NewID(), Status: call.Completed, Customer: call.Customer{Name: text, Email: text},
			User: call.Ref{ID: "x", Name: text}, Department: call.Ref{ID: "d", Name: text}, InsertedAt: call.Now(),
		})
		row := w.as(ana).get(export).rows(t)[0]
		for _, cell := range row[2:6] {
			assert.Equal(t, strings.ReplaceAll(want, "\r\n", "\n"), strings.ReplaceAll(cell, "\r\n", "\n"), "%q", text)
		}
	}
}

// own is a policy by which users see their own calls alone.
type own struct{}

func (own) Allow(context.Context, call.Actor, string, call.Call) error { return nil }
func (own) Scope(_ context.Context, a call.Actor, q *call.Query) error {
	if a.ID == olga.ID {
		return call.ErrNotFound
	}
	q.Users = []string{a.ID}
	return nil
}

func TestExportKeepsToThePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *setup) { s.options.Policy = own{} })
	w.callIn(avanter, call.Assigned)
	v := w.enqueue(avanter)
	require.Equal(t, 200, w.as(ana).post(path(v, "/assign"), nil).status)
	rows := w.as(ana).get(export).rows(t)
	require.Len(t, rows, 1)
	assert.Equal(t, v.id, rows[0][0])
	assert.Empty(t, w.as(olga).get(export).rows(t))
}

// brittle is a store whose lists fail after the first.
type brittle struct {
	storage.Store
	lists atomic.Int64
}

func (b *brittle) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	if b.lists.Add(1) > 1 {
		return call.Page{}, storage.ErrFailed
	}
	return b.Store.ListCalls(ctx, q)
}

// An export that fails midway does not end as one that is whole does.
func TestExportThatFailsIsCutOff(t *testing.T) {
	t.Parallel()
	store := &brittle{Store: memory.New()}
	w := newWorld(t, func(s *setup) { s.store = store })
	require.NoError(t, store.Update(t.Context(), func(tx storage.Tx) error {
		for i := range call.MaxLimit + 1 {
			c := call.Call{
				Tenant: avanter, ID: fmt.Sprintf("c%06d", i), Status: call.Completed, Customer: call.Customer{Name: "Maria"},
				InsertedAt: call.Now().Add(-time.Duration(i) * time.Second),
			}
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	}))
	c := w.as(ana)
	req, _ := c.request("GET", export, nil)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Greater(t, strings.Count(string(body), "\n"), call.MaxLimit/2)
}

var _ httpapi.Policy = own{}
