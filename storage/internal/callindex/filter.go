package callindex

import (
	"math"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// filter is the conditions of a query, resolved against a snapshot.
type filter struct {
	// first and end are the ranks between which all calls lie that came in between From and Until.
	first, end int
	// from and until are the same in microseconds, from ≤ t < until; they matter if exact is set, because one of them
	// lies within a second.
	from, until int64
	exact       bool

	// The refs that are allowed, by their n; nil for all.
	statuses, departments, users []bool

	search string // folded
}

func (s Snapshot) filter(q call.Query) filter {
	f := filter{
		end:         s.order.length,
		from:        math.MinInt64,
		until:       math.MaxInt64,
		departments: s.allowed(q.Departments),
		users:       s.allowed(q.Users),
		search:      call.Fold(q.Search),
	}
	if q.Statuses != nil {
		statuses := make([]string, len(q.Statuses))
		for i, status := range q.Statuses {
			statuses[i] = string(status)
		}
		f.statuses = s.allowed(statuses)
	}
	if !q.From.IsZero() {
		f.from = ceilMicro(q.From)
		f.first = s.order.rank(&Entry{second: q.From.Unix()})
		f.exact = q.From.Nanosecond() != 0
	}
	if !q.Until.IsZero() {
		f.until = ceilMicro(q.Until)
		f.end = s.order.rank(&Entry{second: q.Until.Add(time.Second - 1).Unix()})
		f.exact = f.exact || q.Until.Nanosecond() != 0
	}
	f.end = max(f.end, f.first)
	return f
}

// ceilMicro is the first microsecond that is not before t.
func ceilMicro(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// allowed resolves a set of ids; nil if it is nil, which allows all. An empty one allows none.
func (s Snapshot) allowed(ids []string) []bool {
	if ids == nil {
		return nil
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	allowed := make([]bool, len(s.refs))
	for n, r := range s.refs {
		allowed[n] = set[r.id]
	}
	return allowed
}

// all reports whether every entry between first and end matches.
func (f *filter) all() bool {
	return !f.exact && f.statuses == nil && f.departments == nil && f.users == nil && f.search == ""
}

// matches reports whether an entry between first and end matches.
func (f *filter) matches(e *Entry) bool {
	switch {
	case f.statuses != nil && !f.statuses[e.status.n],
		f.departments != nil && !f.departments[e.department.n],
		f.users != nil && !f.users[e.user.n],
		f.exact && (e.inserted < f.from || e.inserted >= f.until):
		return false
	}
	return f.search == "" || strings.Contains(e.name(), f.search) || strings.Contains(e.email(), f.search)
}
