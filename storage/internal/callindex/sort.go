package callindex

import (
	"cmp"
	"strings"

	"github.com/avanter/voki/call"
)

// order is what a query sorts by.
type order struct {
	value func(*Entry) value
	desc  bool
}

// value is what an entry is sorted by: a number or a text, or none.
type value struct {
	none   bool
	number int64
	text   string
}

func orderOf(q call.Query) order {
	v, known := values[q.Sort]
	if !known {
		v = values[call.SortInsertedAt]
	}
	return order{value: v, desc: !q.Asc}
}

var values = map[call.Sort]func(*Entry) value{
	call.SortInsertedAt: func(e *Entry) value {
		return value{none: e.second == noSecond, number: e.second}
	},
	call.SortStartedAt:   func(e *Entry) value { return value{none: e.started == noSecond, number: e.started} },
	call.SortCompletedAt: func(e *Entry) value { return value{none: e.completed == noSecond, number: e.completed} },
	call.SortDuration: func(e *Entry) value {
		return value{
			none:   e.started == noSecond || e.completed == noSecond,
			number: e.completed - e.started,
		}
	},
	call.SortWaitTime: func(e *Entry) value {
		return value{
			none:   e.second == noSecond || e.started == noSecond,
			number: e.started - e.second,
		}
	},
	call.SortRating:         func(e *Entry) value { return value{none: e.rating == 0, number: int64(e.rating)} },
	call.SortStatus:         func(e *Entry) value { return textValue(e.status.name) },
	call.SortCustomerName:   func(e *Entry) value { return textValue(e.name()) },
	call.SortUserName:       func(e *Entry) value { return textValue(e.user.name) },
	call.SortDepartmentName: func(e *Entry) value { return textValue(e.department.name) },
}

func textValue(s string) value { return value{none: s == "", text: s} }

// compare is the order in which the list shows a and b. Entries without a value are last in both directions.
func (o order) compare(a, b *Entry) int {
	va, vb := o.value(a), o.value(b)
	if va.none != vb.none {
		if vb.none {
			return -1
		}
		return 1
	}
	c := 0
	if !va.none {
		c = cmp.Or(cmp.Compare(va.number, vb.number), strings.Compare(va.text, vb.text))
	}
	if c == 0 {
		c = strings.Compare(a.id, b.id)
	}
	if o.desc {
		return -c
	}
	return c
}
