package callindex_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// naive is the plain answer to q: filter all, sort all, cut.
func naive(calls map[string]call.Call, q call.Query) (ids []string, total int) {
	var found []sorted
	for _, c := range calls {
		if matches(c, q) {
			found = append(found, sortedBy(c, q.Sort))
		}
	}
	slices.SortFunc(found, func(a, b sorted) int { return a.compare(b, q.Asc) })
	ids = []string{}
	skipped := 0
	for _, c := range found {
		switch {
		case q.After != nil && c.compare(sortedBy(*q.After, q.Sort), q.Asc) <= 0:
		case skipped < q.Offset:
			skipped++
		case len(ids) < q.Limit:
			ids = append(ids, c.id)
		}
	}
	return ids, len(found)
}

func matches(c call.Call, q call.Query) bool {
	search := call.Fold(q.Search)
	return (q.Statuses == nil || slices.Contains(q.Statuses, c.Status)) &&
		(q.Departments == nil || slices.Contains(q.Departments, c.Department.ID)) &&
		(q.Users == nil || slices.Contains(q.Users, c.User.ID)) &&
		(q.From.IsZero() || !c.InsertedAt.Before(q.From)) &&
		(q.Until.IsZero() || c.InsertedAt.Before(q.Until)) &&
		(strings.Contains(call.Fold(c.Customer.Name), search) || strings.Contains(call.Fold(c.Customer.Email), search))
}

// sorted is a call by what a list is sorted by.
type sorted struct {
	id, value string
	has       bool
}

func sortedBy(c call.Call, by call.Sort) sorted {
	value, has := printed(c, by)
	return sorted{c.ID, value, has}
}

// compare is the order of a list in the words of [call.Sort].
func (a sorted) compare(b sorted, asc bool) int {
	if a.has != b.has {
		if a.has {
			return -1
		}
		return 1
	}
	order := cmp.Compare(a.id, b.id)
	if a.has {
		order = cmp.Or(cmp.Compare(a.value, b.value), order)
	}
	if !asc {
		order = -order
	}
	return order
}

// printed is a call's value as a text that sorts as the value does.
func printed(c call.Call, by call.Sort) (value string, ok bool) {
	at := func(t time.Time) (string, bool) { return t.UTC().Format("2006-01-02T15:04:05"), !t.IsZero() }
	long := func(d time.Duration, ok bool) (string, bool) { return fmt.Sprintf("%012d", int(d.Seconds())+1e6), ok }
	name := func(s string) (string, bool) { return call.Fold(s), s != "" }
	switch by {
	case call.SortInsertedAt:
		return at(c.InsertedAt)
	case call.SortStartedAt:
		return at(c.StartedAt)
	case call.SortCompletedAt:
		return at(c.CompletedAt())
	case call.SortDuration:
		return long(c.Duration())
	case call.SortWaitTime:
		return long(c.WaitTime())
	case call.SortRating:
		return strconv.Itoa(c.Rating), c.Rating != 0
	case call.SortStatus:
		return name(string(c.Status))
	case call.SortCustomerName:
		return name(c.Customer.Name)
	case call.SortUserName:
		return name(c.User.Name)
	}
	return name(c.Department.Name)
}
