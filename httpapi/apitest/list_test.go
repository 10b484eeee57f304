package apitest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// seedList brings in calls of every state, full of ties, of missing values, and of names that differ by case and
// accents only.
func (w *world) seedList() {
	w.t.Helper()
	customers := []string{"João", "joao", "JOÃO", "Ana", "Ângela", "Zé", "Émile", "émile", "ß", "SS", "Łukasz"}
	users := []call.Ref{{ID: pageUser, Name: "João Silva"}, {ID: "bia", Name: "Bia Souza"}, {ID: "x1", Name: "Bia souza"}, {ID: "x2"}}
	departments := []call.Ref{{ID: pageDepartment, Name: "Suporte Técnico"}, {ID: "vendas", Name: "Vendas"}, {ID: "sem-nome"}}
	base := at("2026-03-01T12:00:00Z")
	var ended []call.Call
	for i := range 120 {
		c := call.Call{
			ID: fmt.Sprintf("call-%03d", (i*37)%120), Department: departments[i%3],
			Customer:   call.Customer{Name: customers[i%len(customers)], Email: fmt.Sprintf("c%d@example.com", i%7)},
			InsertedAt: base.Add(time.Duration(i%9)*time.Minute + time.Duration(i%4)*250*time.Millisecond),
			Rating:     i % 4,
		}
		c.Status = []call.Status{call.Completed, call.Missed, call.Cancelled, call.Abandoned, call.Completed}[i%5]
		if c.Status != call.Cancelled && c.Status != call.Abandoned {
			c.User = users[i%4]
		}
		c.EndedAt = c.InsertedAt.Add(time.Minute)
		if c.Status == call.Completed {
			c.StartedAt = c.InsertedAt.Add(time.Duration(i%3) * 10 * time.Second)
			c.EndedAt = c.StartedAt.Add(time.Duration(i%2) * time.Minute)
			c.Notes = strings.Repeat("x", i%2)
		}
		ended = append(ended, c)
	}
	w.importCalls(olga, ended...)
	for _, s := range []call.Status{call.Queued, call.Queued, call.Assigned, call.Active} {
		w.callIn(avanter, s)
	}
}

type rowOf = map[string]any

func rows(t *testing.T, r reply) []rowOf {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r)
	list, ok := r.value("data").([]any)
	require.True(t, ok, r)
	all := make([]rowOf, len(list))
	for i, v := range list {
		all[i] = v.(rowOf)
	}
	return all
}

func id(r rowOf) string { return r["id"].(string) }

// walk reads a whole list page by page, and checks what each page says of itself.
func (w *world) walk(query string, size int) (all []rowOf) {
	w.t.Helper()
	for page := 1; ; page++ {
		r := w.as(joao).get(fmt.Sprintf("/api/v1/calls?page=%d&page_size=%d&%s", page, size, query))
		got := rows(w.t, r)
		total := int(r.value("meta.total_count").(float64))
		assert.InDelta(w.t, page, r.value("meta.current_page"), 0)
		assert.InDelta(w.t, size, r.value("meta.page_size"), 0)
		assert.InDelta(w.t, (total+size-1)/size, r.value("meta.total_pages"), 0)
		all = append(all, got...)
		if len(got) < size {
			assert.Len(w.t, all, total)
			return all
		}
	}
}

// sortKey compares two rows that have a value in a field.
func sortKey(field string, a, b rowOf) int {
	x, y := a[field], b[field]
	if n, ok := x.(float64); ok {
		return cmp.Compare(n, y.(float64))
	}
	if strings.HasSuffix(field, "_name") {
		return cmp.Compare(call.Fold(x.(string)), call.Fold(y.(string)))
	}
	return cmp.Compare(x.(string), y.(string)) // times as they are printed, and words
}

// In every order, both ways: the pages hold every row once, rows are in order by what is printed, those without a
// value come last, and ties go by id in the direction of the sort.
func TestListOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedList()
	everything := w.walk("", 100)
	require.Len(t, everything, 124)
	for _, field := range call.Sorts() {
		for _, direction := range []string{"asc", "desc"} {
			t.Run(fmt.Sprintf("%s %s", field, direction), func(t *testing.T) {
				sign := 1
				if direction == "desc" {
					sign = -1
				}
				want := slices.Clone(everything)
				slices.SortFunc(want, func(a, b rowOf) int {
					x, y := a[string(field)], b[string(field)]
					switch {
					case x == nil && y != nil:
						return 1
					case x != nil && y == nil:
						return -1
					case x == nil && y == nil:
						return sign * cmp.Compare(id(a), id(b))
					}
					return sign * cmp.Or(sortKey(string(field), a, b), cmp.Compare(id(a), id(b)))
				})
				for _, size := range []int{7, 50} {
					got := w.walk(fmt.Sprintf("sort_by=%s&sort_order=%s", field, direction), size)
					assert.Equal(t, want, got, "pages of %d", size)
				}
			})
		}
	}
}

// Without parameters: the newest first, 20 a page.
func TestListDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedList()
	a, b := w.as(joao).get("/api/v1/calls"),
		w.as(joao).get("/api/v1/calls?page=1&page_size=20&sort_by=inserted_at&sort_order=desc&status=&search=&user_id=")
	assert.Equal(t, string(a.body), string(b.body), "an empty parameter is as if it were absent")
	assert.Len(t, rows(t, a), 20)
	assert.JSONEq(t, `{"current_page":1,"page_size":20,"total_pages":7,"total_count":124}`, jsonOf(a.value("meta")))

	past := w.as(joao).get("/api/v1/calls?page=1000")
	assert.Empty(t, rows(t, past))
	assert.JSONEq(t, `{"current_page":1000,"page_size":20,"total_pages":7,"total_count":124}`, jsonOf(past.value("meta")))

	none := w.as(nina).get("/api/v1/calls")
	assert.JSONEq(t, `{"data":[],"meta":{"current_page":1,"page_size":20,"total_pages":0,"total_count":0}}`, string(none.body))
}

// Filters, alone and together, against a plain filter over all rows.
func TestListFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seedList()
	everything := w.walk("", 100)
	is := func(field, value string) func(rowOf) bool { return func(r rowOf) bool { return r[field] == value } }
	since := func(s string) func(rowOf) bool { return func(r rowOf) bool { return r["inserted_at"].(string) >= s } }
	before := func(s string) func(rowOf) bool { return func(r rowOf) bool { return r["inserted_at"].(string) < s } }
	contains := func(part string) func(rowOf) bool {
		return func(r rowOf) bool {
			email, _ := r["customer_email"].(string)
			return strings.Contains(call.Fold(r["customer_name"].(string)), part) || strings.Contains(call.Fold(email), part)
		}
	}
	today := time.Now().UTC().Format(time.DateOnly)
	type filter struct {
		query string
		keep  func(rowOf) bool
	}
	filters := []filter{
		{"department_id=vendas", is("department_id", "vendas")},
		{"department_id=" + pageDepartment, is("department_id", pageDepartment)},
		{"department_id=unknown", is("department_id", "unknown")},
		{"user_id=bia", is("user_id", "bia")},
		{"user_id=" + pageUser, is("user_id", pageUser)},
		{"search=joao", contains("joao")},
		{"search=JO%C3%83O", contains("joao")},
		{"search=example.com", contains("example.com")},
		{"search=C3@", contains("c3@")},
		{"search=emile", contains("emile")},
		{"search=ss", contains("ss")},
		{"search=nobody", contains("nobody")},
		{"date_from=2026-03-01", since("2026-03-01T00:00:00Z")},
		{"date_to=2026-03-01", before("2026-03-02T00:00:00Z")},
		{"date_to=2026-02-28", before("2026-03-01T00:00:00Z")},
		{"date_from=2026-03-01T12:03:00Z", since("2026-03-01T12:03:00Z")},
		{"date_from=2026-03-01T12:03:00", since("2026-03-01T12:03:00Z")},
		{"date_from=" + url.QueryEscape("2026-03-01T09:03:00-03:00"), since("2026-03-01T12:03:00Z")},
		{"date_to=2026-03-01T12:03:00Z", before("2026-03-01T12:03:01Z")},
		{"date_from=" + today, since(today)},
		{"date_from=2026-03-01&date_to=2026-03-01", before("2026-03-02T00:00:00Z")},
	}
	for _, s := range call.Statuses() {
		filters = append(filters, filter{"status=" + string(s), is("status", string(s))})
	}
	check := func(query string, keep ...func(rowOf) bool) {
		var want []rowOf
		for _, r := range everything {
			if !slices.ContainsFunc(keep, func(k func(rowOf) bool) bool { return !k(r) }) {
				want = append(want, r)
			}
		}
		assert.Equal(t, want, w.walk(query, 100), query)
	}
	for i, f := range filters {
		check(f.query, f.keep)
		other := filters[(i*5+3)%len(filters)]
		if parameter := func(q string) string { name, _, _ := strings.Cut(q, "="); return name }; parameter(f.query) != parameter(other.query) {
			if !strings.HasPrefix(f.query, "date") || !strings.HasPrefix(other.query, "date") {
				check(f.query+"&"+other.query, f.keep, other.keep)
			}
		}
	}
}

// A date without a zone is in the company's.
func TestListZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, inserted := range []string{"2026-03-01T02:59:59Z", "2026-03-01T03:00:00Z", "2026-03-02T02:59:59Z", "2026-03-02T03:00:00Z"} {
		c := thePageCall()
		c.ID, c.InsertedAt = fmt.Sprintf("c%d", i), at(inserted)
		c.StartedAt, c.EndedAt = c.InsertedAt, c.InsertedAt
		w.importCalls(nina, c)
		w.importCalls(olga, c)
	}
	ids := func(a call.Actor, query string) string {
		var all []string
		for _, r := range rows(t, w.as(a).get("/api/v1/calls?sort_order=asc&"+query)) {
			all = append(all, id(r))
		}
		return strings.Join(all, " ")
	}
	assert.Equal(t, "c1 c2", ids(nina, "date_from=2026-03-01&date_to=2026-03-01"), "three hours west of Greenwich")
	assert.Equal(t, "c0 c1", ids(olga, "date_from=2026-03-01&date_to=2026-03-01"), "in Greenwich")
	assert.Equal(t, "c3", ids(nina, "date_from=2026-03-02T00:00:00"))
	assert.Equal(t, "c2 c3", ids(nina, "date_from=2026-03-02T00:00:00Z"))
}
