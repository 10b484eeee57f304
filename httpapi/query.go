package httpapi

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// listRequest is what the parameters of a list ask for.
type listRequest struct {
	query call.Query
	page  int64
}

const (
	maxPageSize = 100
	maxSearch   = 200 // characters
)

// listParams are the parameters of a list. Others are ignored.
var listParams = []string{
	"page", "page_size", "sort_by", "sort_order", "status", "department_id", "user_id", "date_from", "date_to", "search",
}

// parseList reads the parameters of a list; zone is that of dates without one. An empty parameter is as if it were not
// there; one that is given twice is refused, since either half of the answer would be wrong. Returns call.FieldErrors.
func parseList(rawQuery string, zone *time.Location) (listRequest, error) {
	wrong := call.FieldErrors{}
	given := queryValues(rawQuery, wrong)
	l := listRequest{page: wholeNumber(wrong, given, "page", 1, math.MaxInt64)}
	size := int(wholeNumber(wrong, given, "page_size", call.DefaultLimit, maxPageSize))
	l.query = parseFilters(wrong, given, zone)
	l.query.Offset, l.query.Limit = offset(l.page, size), size
	return l, wrong.Err()
}

// parseExport is parseList for all pages at once: to ask for one is refused, since more would come.
func parseExport(rawQuery string, zone *time.Location) (call.Query, error) {
	wrong := call.FieldErrors{}
	given := queryValues(rawQuery, wrong)
	for _, name := range []string{"page", "page_size"} {
		if _, ok := given[name]; ok {
			wrong.Add(name, "must not be given")
		}
	}
	q := parseFilters(wrong, given, zone)
	return q, wrong.Err()
}

// parseFilters reads what narrows a list, and its order.
func parseFilters(wrong call.FieldErrors, given map[string]string, zone *time.Location) call.Query {
	q := call.Query{
		Sort:   oneOf(wrong, given, "sort_by", call.Sorts()),
		Asc:    oneOf(wrong, given, "sort_order", []string{"asc", "desc"}) == "asc",
		Search: strings.TrimSpace(given["search"]),
	}
	if status := oneOf(wrong, given, "status", call.Statuses()); status != "" {
		q.Statuses = []call.Status{status}
	}
	q.Departments = identifier(wrong, given, "department_id")
	q.Users = identifier(wrong, given, "user_id")
	wrong.CheckText("search", q.Search, maxSearch)
	parsePeriod(wrong, given, zone, &q)
	return q
}

// queryValues returns the known parameters that are given and not empty, and notes those that are no text.
func queryValues(raw string, wrong call.FieldErrors) map[string]string {
	if raw == "" {
		return nil
	}
	given, seen := map[string]string{}, 0 // seen has a bit for each of listParams
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			wrong["query"] = []string{"is invalid"}
			continue
		}
		at := slices.Index(listParams, name)
		if at < 0 {
			continue
		}
		value, err = url.QueryUnescape(value)
		switch {
		case seen&(1<<at) != 0:
			wrong[name] = []string{"must be given once"}
			delete(given, name)
		case err != nil || !utf8.ValidString(value) || strings.ContainsRune(value, 0):
			wrong.Add(name, "is invalid")
		case value != "":
			given[name] = value
		}
		seen |= 1 << at
	}
	return given
}

// wholeNumber returns a parameter from 1 to most.
func wholeNumber(wrong call.FieldErrors, given map[string]string, name string, otherwise, most int64) int64 {
	s, ok := given[name]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || strings.HasPrefix(s, "+"):
		wrong.Add(name, "is invalid")
	case n < 1:
		wrong.Add(name, "must be greater than or equal to 1")
	case n > most:
		wrong.Add(name, "must be less than or equal to "+strconv.FormatInt(most, 10))
	default:
		return n
	}
	return otherwise
}

// offset is how many rows come before a page. More than any tenant has is as good as a larger one.
func offset(page int64, size int) int {
	if page-1 > math.MaxInt32/int64(size) {
		return math.MaxInt32
	}
	return int(page-1) * size
}

func oneOf[T ~string](wrong call.FieldErrors, given map[string]string, name string, choice []T) T {
	s := T(given[name])
	if s != "" && !slices.Contains(choice, s) {
		wrong.Add(name, "is invalid")
		return ""
	}
	return s
}

func identifier(wrong call.FieldErrors, given map[string]string, name string) []string {
	id, ok := given[name]
	if !ok {
		return nil
	}
	if !call.ValidID(id) {
		wrong.Add(name, "is invalid")
		return nil
	}
	return []string{id}
}
