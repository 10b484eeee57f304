package callindex

import (
	"math"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// Entry is what the index keeps of one call.
type Entry struct {
	id id

	status, department, user, rating ref

	// The customer's, folded. The address is cut at its last @, which most have, for there are few domains.
	name, local, domain string

	keeps keeps // what is not here, because the index has it

	times
}

// times are those of a call that the list needs.
type times struct {
	inserted           int64 // Unix time in microseconds, which the filter compares
	started, completed int64 // Unix times in seconds, as they are printed and sorted
}

// noTime stands for a time that is not set.
const noTime = math.MinInt64

// NewEntry makes the entry of a call. It needs no lock.
func NewEntry(c call.Call) Entry {
	local, domain := split(call.Fold(c.Customer.Email))
	return Entry{
		id:         newID(c.ID),
		status:     stated(c.Status),
		department: referred(c.Department),
		user:       referred(c.User),
		rating:     rated(c.Rating),
		name:       call.Fold(c.Customer.Name),
		local:      local,
		domain:     domain,
		times:      timesOf(&c),
	}
}

// ID is that of the call.
func (e *Entry) ID() ID { return e.id }

// Same reports whether a call is in the list what it was as old, as it is when its participants come and go.
func Same(old, c *call.Call) bool {
	return keep(old, c) == keeps{customer: true, department: true, user: true} &&
		old.Status == c.Status && old.Rating == c.Rating && timesOf(old) == timesOf(c)
}

// keeps says what a change of a call leaves as it is. All false: nothing.
type keeps struct{ customer, department, user bool }

func keep(old, c *call.Call) keeps {
	return keeps{
		customer:   old.Customer.Name == c.Customer.Name && old.Customer.Email == c.Customer.Email,
		department: old.Department == c.Department,
		user:       old.User == c.User,
	}
}

// NewChange makes the entry of a call that the index has as old. What is named as before is neither folded nor looked
// up. It needs no lock.
func NewChange(old, c *call.Call) Entry {
	e := Entry{
		id:     newID(c.ID),
		status: stated(c.Status),
		rating: rated(c.Rating),
		times:  timesOf(c),
		keeps:  keep(old, c),
	}
	if !e.keeps.customer {
		e.name = call.Fold(c.Customer.Name)
		e.local, e.domain = split(call.Fold(c.Customer.Email))
	}
	if !e.keeps.department {
		e.department = referred(c.Department)
	}
	if !e.keeps.user {
		e.user = referred(c.User)
	}
	return e
}

// Equal reports whether the list cannot tell the calls of two entries apart.
func (e Entry) Equal(o Entry) bool {
	same := e.id.compare(o.id) == 0
	e.id, o.id = id{}, id{} // which may hold a pointer
	return same && e == o
}

func split(email string) (local, domain string) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return email, ""
	}
	return email[:at], email[at:]
}

func timesOf(c *call.Call) times {
	return times{
		inserted:  unix(c.InsertedAt, time.Time.UnixMicro),
		started:   unix(c.StartedAt, time.Time.Unix),
		completed: unix(c.CompletedAt(), time.Time.Unix),
	}
}

func unix(t time.Time, in func(time.Time) int64) int64 {
	if t.IsZero() {
		return noTime
	}
	return in(t)
}
