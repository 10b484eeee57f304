package callindex

import (
	"cmp"
	"strings"

	"github.com/avanter/voki/call"
)

// value is what a call is sorted by: a number or a text, or none.
type value struct {
	none   bool
	number int64
	text   string
}

func (v value) compare(o value) int {
	if v.number != o.number {
		return cmp.Compare(v.number, o.number)
	}
	return strings.Compare(v.text, o.text)
}

// The orders of a tenant's documents that are kept. Other sorts have few values and are told by a [group].
const (
	byInserted = iota
	byStarted
	byCompleted
	byDuration
	byWait
	byName
	orders
)

// kept is where the order of a sort is kept.
var kept = map[call.Sort]int{
	"":                    byInserted,
	call.SortInsertedAt:   byInserted,
	call.SortStartedAt:    byStarted,
	call.SortCompletedAt:  byCompleted,
	call.SortDuration:     byDuration,
	call.SortWaitTime:     byWait,
	call.SortCustomerName: byName,
}

// grouped is the group that tells a sort.
var grouped = map[call.Sort]int{
	call.SortStatus:         byStatus,
	call.SortDepartmentName: byDepartment,
	call.SortUserName:       byUser,
	call.SortRating:         byRating,
}

// value returns what a document is sorted by in one of the orders.
func (t *calls) value(by int, doc uint32) value {
	if by == byName {
		return textValue(t.names.of(doc))
	}
	return t.records.at(doc).value(by)
}

// value is that of any order but byName.
func (r *record) value(by int) value {
	switch by {
	case byInserted:
		return timeValue(r.second())
	case byStarted:
		return timeValue(r.started)
	case byCompleted:
		return timeValue(r.completed)
	case byDuration:
		return between(r.started, r.completed)
	default:
		return between(r.second(), r.started)
	}
}

func textValue(s string) value { return value{none: s == "", text: s} }

func timeValue(second int64) value { return value{none: second == noTime, number: second} }

func between(from, to int64) value {
	if from == noTime || to == noTime {
		return value{none: true}
	}
	return value{number: to - from}
}

// key is the place of a call in an order: what it is sorted by, and its identifier.
type key struct {
	value
	id id
}

func (k key) compare(o key) int {
	if c := k.value.compare(o.value); c != 0 {
		return c
	}
	return k.id.compare(o.id)
}
