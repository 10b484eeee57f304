package storagetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// list answers a query as [call.Query] and [call.Sort] describe it.
func (m *model) list(q call.Query) call.Page {
	matching := pick(m.calls, func(c call.Call) bool { return matches(c, q) })
	order := func(a, b call.Call) int {
		return comparePlaces(placeOf(a, q.Sort), placeOf(b, q.Sort), q.Asc)
	}
	slices.SortFunc(matching, order)
	page := call.Page{Total: len(matching)}
	for _, c := range matching {
		if q.After == nil || order(c, *q.After) > 0 {
			page.Calls = append(page.Calls, c)
		}
	}
	page.Calls = first(page.Calls[min(q.Offset, len(page.Calls)):], q.Limit)
	return page
}

func matches(c call.Call, q call.Query) bool {
	anyOf := func(wanted []string, value string) bool { return wanted == nil || slices.Contains(wanted, value) }
	search := call.Fold(q.Search)
	return c.Tenant == q.Tenant &&
		(q.Statuses == nil || slices.Contains(q.Statuses, c.Status)) &&
		anyOf(q.Departments, c.Department.ID) &&
		anyOf(q.Users, c.User.ID) &&
		(q.From.IsZero() || !c.InsertedAt.Before(q.From)) &&
		(q.Until.IsZero() || c.InsertedAt.Before(q.Until)) &&
		(strings.Contains(call.Fold(c.Customer.Name), search) || strings.Contains(call.Fold(c.Customer.Email), search))
}

// place is where a call stands in an order.
type place struct {
	missing bool // no value: last in both directions
	number  int64
	text    string
	id      string
}

func placeOf(c call.Call, by call.Sort) place {
	at := func(t time.Time) place { return place{missing: t.IsZero(), number: t.Unix(), id: c.ID} }
	long := func(d time.Duration, ok bool) place {
		return place{missing: !ok, number: int64(d / time.Second), id: c.ID}
	}
	named := func(name string) place { return place{missing: name == "", text: call.Fold(name), id: c.ID} }
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
		return place{missing: c.Rating == 0, number: int64(c.Rating), id: c.ID}
	case call.SortStatus:
		return place{text: string(c.Status), id: c.ID}
	case call.SortCustomerName:
		return named(c.Customer.Name)
	case call.SortUserName:
		return named(c.User.Name)
	case call.SortDepartmentName:
		return named(c.Department.Name)
	}
	panic("storagetest: the suite does not know the order " + string(by))
}

func comparePlaces(a, b place, asc bool) int {
	switch {
	case a.missing && !b.missing:
		return 1
	case b.missing && !a.missing:
		return -1
	}
	order := cmp.Compare(a.id, b.id)
	if !a.missing {
		order = cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text), order)
	}
	if asc {
		return order
	}
	return -order
}
