package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
)

// at imports a completed call that was inserted at a time, and is named by it.
func (w *world) at(id string, inserted time.Time) {
	w.t.Helper()
	results, err := w.v.Calls.Import(context.Background(), moe, []call.Call{{
		ID: id, Status: call.Completed, Department: call.Ref{ID: "support"}, User: call.Ref{ID: "ana"},
		Customer:   call.Customer{Name: "João " + id, Email: id + "@x.org"},
		InsertedAt: inserted, StartedAt: inserted.Add(time.Second), EndedAt: inserted.Add(time.Minute),
	}})
	require.NoError(w.t, err)
	require.NoError(w.t, results[0].Err)
}

// list returns the ids of a list.
func (w *world) list(query string) []string {
	w.t.Helper()
	got := w.do("GET", calls+"?"+query, "", w.as(ana)...)
	require.Equal(w.t, 200, got.StatusCode, "%s: %s", query, got.body)
	var v struct{ Data []struct{ ID string } }
	require.NoError(w.t, json.Unmarshal([]byte(got.body), &v))
	ids := make([]string, len(v.Data))
	for i, row := range v.Data {
		ids[i] = row.ID
	}
	return ids
}

func TestListParameters(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.at(fmt.Sprint("c", i), time.Date(2026, 2, 1+i, 12, 0, 0, 0, time.UTC))
	}
	queued := w.in(call.Queued)
	tests := map[string][]string{
		"page_size=2&sort_order=asc":              {"c0", "c1"},
		"page_size=2&sort_order=asc&page=4":       {"c6", queued.ID},
		"page=99":                                 {},
		"page=9223372036854775807&page_size=100":  {},
		"page=2147483648":                         {},
		"status=queued":                           {queued.ID},
		"status=abandoned":                        {},
		"status=&page=&search=&date_to=&user_id=": {queued.ID, "c6", "c5", "c4", "c3", "c2", "c1", "c0"},
		"user_id=ana&page_size=1":                 {"c6"},
		"user_id=bia":                             {},
		"department_id=sales":                     {},
		"search=JOAO+c3":                          {"c3"},
		"search=%20%20c4@X%20":                    {"c4"},
		"search=%25":                              {},
		"search=_":                                {},
		"search=.*":                               {},
		"sort_by=customer_name&sort_order=asc&search=@": {"c0", "c1", "c2", "c3", "c4", "c5", "c6", queued.ID},
		"sort_by=duration&page_size=1&sort_order=asc":   {"c0"},
		"unknown=1&unknown=2&page_size=1&;":             {queued.ID},
		"page_size=1&pa%67e=2":                          {"c6"},
		"page=007&page_size=1":                          {"c1"},
	}
	for query, want := range tests {
		t.Run(query, func(t *testing.T) { assert.Equal(t, want, w.list(query)) })
	}
}

func TestListParametersRefused(t *testing.T) {
	w := newWorld(t)
	tests := map[string][]string{
		"page=0":                                  {"page"},
		"page=-1":                                 {"page"},
		"%zz=1":                                   {"query"},
		"%ff=1&page=0":                            {"query", "page"},
		"page=+1":                                 {"page"},
		"page=1.0":                                {"page"},
		"page=x&page_size=y":                      {"page", "page_size"},
		"page=9223372036854775808":                {"page"},
		"page_size=0":                             {"page_size"},
		"page_size=101":                           {"page_size"},
		"page_size=1e2":                           {"page_size"},
		"sort_by=id":                              {"sort_by"},
		"sort_by=INSERTED_AT":                     {"sort_by"},
		"sort_order=up":                           {"sort_order"},
		"status=done":                             {"status"},
		"status=queued,active":                    {"status"},
		"status=queued&status=active":             {"status"},
		"status=x&status=y":                       {"status"},
		"department_id=a%20b":                     {"department_id"},
		"user_id=" + strings.Repeat("a", 129):     {"user_id"},
		"user_id=%00":                             {"user_id"},
		"search=%ff":                              {"search"},
		"search=a%00b":                            {"search"},
		"search=%zz":                              {"search"},
		"search=" + strings.Repeat("é", 201):      {"search"},
		"date_from=yesterday":                     {"date_from"},
		"date_from=2026-02-30":                    {"date_from"},
		"date_from=2026-2-3":                      {"date_from"},
		"date_from=0000-01-01":                    {"date_from"},
		"date_from=20260201":                      {"date_from"},
		"date_to=2026-02-01T25:00:00Z":            {"date_to"},
		"date_to=2026-02-01T10:00:60Z":            {"date_to"},
		"date_to=2026-02-01T10:00:00%2B24:00":     {"date_to"},
		"date_to=2026-02-01T10:00.5":              {"date_to"},
		"date_to=99999-01-01":                     {"date_to"},
		"date_from=2026-02-02&date_to=2026-02-01": {"date_from"},
		"date_from=2026-02-01T10:00:01Z&date_to=2026-02-01T10:00:00Z": {"date_from"},
	}
	for query, want := range tests {
		t.Run(query, func(t *testing.T) {
			got := w.do("GET", calls+"?"+query, "", w.as(ana)...)
			require.Equal(t, 422, got.StatusCode, got.body)
			var e struct{ Errors map[string][]string }
			require.NoError(t, json.Unmarshal([]byte(got.body), &e))
			fields := []string{}
			for f, messages := range e.Errors {
				fields = append(fields, f)
				assert.Len(t, messages, 1, "%s: %v", f, messages)
			}
			assert.ElementsMatch(t, want, fields, got.body)
		})
	}
}

func TestDatesOfAList(t *testing.T) {
	w := newWorld(t)
	w.at("a", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	w.at("b", time.Date(2026, 2, 1, 23, 59, 59, 999_999_000, time.UTC))
	w.at("c", time.Date(2026, 2, 2, 10, 0, 0, 500_000_000, time.UTC))
	w.at("d", time.Date(2026, 2, 2, 10, 0, 1, 0, time.UTC))
	tests := map[string]string{
		"date_from=2026-02-01&date_to=2026-02-01":                     "ab",
		"date_to=2026-02-01":                                          "ab",
		"date_from=2026-02-02":                                        "cd",
		"date_from=2026-02-01T00:00:01Z":                              "bcd",
		"date_to=2026-02-02T10:00:00Z":                                "abc",
		"date_to=2026-02-02T10:00":                                    "abc",
		"date_to=2026-02-02T10:00:00.4Z":                              "ab",
		"date_to=2026-02-02T10:00:00.500000Z":                         "abc",
		"date_from=2026-02-02T10:00:00.5Z":                            "cd",
		"date_from=2026-02-02T10:00:00.500001Z":                       "d",
		"date_from=2026-02-02t10:00:01z":                              "d",
		"date_from=" + url.QueryEscape("2026-02-02T13:00:01+03:00"):   "d",
		"date_from=2026-02-02T13:00:01+03:00":                         "d", // the + arrives as a blank
		"date_from=2026-02-02T13:00:01+0300":                          "d",
		"date_from=2026-02-02T13:00:01+03":                            "d",
		"date_from=2026-02-02T07:00:01-03:00":                         "d",
		"date_from=2026-02-02%2010:00:01":                             "d",
		"date_from=0001-01-01&date_to=9999-12-31":                     "abcd",
		"date_to=1969-12-31":                                          "",
		"date_from=9999-12-31T23:59:59Z":                              "",
		"date_from=2026-02-02T10:00:01Z&date_to=2026-02-02T10:00:01Z": "d",
		"date_from=2026-02-01T00:00:00Z&date_to=" + url.QueryEscape("2026-02-01T03:00:00+03:00"): "a",
	}
	for query, want := range tests {
		t.Run(query, func(t *testing.T) {
			assert.Equal(t, want, strings.Join(w.list("sort_order=asc&"+query), ""))
		})
	}
}

// Days are as long as they are where the company is: with an hour more or less, begun at an hour that does not exist
// or that comes twice.
func TestDaysInTheZoneOfTheCompany(t *testing.T) {
	tests := map[string]struct {
		zone, day   string
		first, last string // seconds of that day
	}{
		"plain":                {"America/Sao_Paulo", "2026-02-01", "2026-02-01T03:00:00Z", "2026-02-02T02:59:59Z"},
		"23 hours":             {"Europe/Lisbon", "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T22:59:59Z"},
		"25 hours":             {"Europe/Lisbon", "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-25T23:59:59Z"},
		"no midnight":          {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59Z"},
		"before no midnight":   {"America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T02:59:59Z"},
		"23 h comes twice":     {"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T02:59:59Z"},
		"midnight comes twice": {"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T04:59:59Z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			require.NoError(t, err)
			w := newWorld(t, func(h *company, _ *voki.Options, _ *httpapi.Options) { h.zone = zone })
			first, err := time.Parse(time.RFC3339, test.first)
			require.NoError(t, err)
			last, err := time.Parse(time.RFC3339, test.last)
			require.NoError(t, err)
			w.at("before", first.Add(-time.Microsecond))
			w.at("first", first)
			w.at("last", last.Add(999_999*time.Microsecond))
			w.at("after", last.Add(time.Second))
			query := "sort_order=asc&date_from=" + test.day + "&date_to=" + test.day
			assert.Equal(t, []string{"first", "last"}, w.list(query))
		})
	}
}

// An hour that comes twice is meant whole: from its first beginning to its last end.
func TestTimesThatComeTwice(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Lisbon")
	require.NoError(t, err)
	w := newWorld(t, func(h *company, _ *voki.Options, _ *httpapi.Options) { h.zone = zone })
	w.at("summer", time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC))
	w.at("winter", time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC))
	assert.Equal(t, []string{"summer", "winter"},
		w.list("sort_order=asc&date_from=2026-10-25T01:30:00&date_to=2026-10-25T01:30:00"))
	assert.Equal(t, []string{"winter"}, w.list("date_from=2026-10-25T01:30:00Z&date_to=2026-10-25T01:30:00Z"))
}
