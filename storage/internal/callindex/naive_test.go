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
	order := func(a, b call.Call) int { return compare(a, b, q.Sort, q.Asc) }
	var found []call.Call
	for _, c := range calls {
		if matches(c, q) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, order)
	ids = []string{}
	skipped := 0
	for _, c := range found {
		switch {
		case q.After != nil && order(c, *q.After) <= 0:
		case skipped < q.Offset:
			skipped++
		case len(ids) < q.Limit:
			ids = append(ids, c.ID)
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

// compare is the order of q in the words of [call.Sort].
func compare(a, b call.Call, by call.Sort, asc bool) int {
	av, ahas := printed(a, by)
	bv, bhas := printed(b, by)
	if ahas != bhas {
		if ahas {
			return -1
		}
		return 1
	}
	order := cmp.Compare(a.ID, b.ID)
	if ahas {
		order = cmp.Or(cmp.Compare(av, bv), order)
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
