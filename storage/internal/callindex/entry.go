package callindex

import (
	"math"
	"time"

	"github.com/avanter/voki/call"
)

// Entry is what the index keeps of one call. Two are equal if the list cannot tell their calls apart.
type Entry struct {
	id string

	status, department, user, rating ref

	// The customer's, folded.
	name, email string

	inserted           int64 // Unix time in microseconds, which the filter compares
	started, completed int64 // Unix times in seconds, as they are printed and sorted
}

// noTime stands for a time that is not set.
const noTime = math.MinInt64

// NewEntry makes the entry of a call. It needs no lock.
func NewEntry(c call.Call) Entry {
	return Entry{
		id:         c.ID,
		status:     ref{id: string(c.Status), name: string(c.Status)},
		department: ref{id: c.Department.ID, name: call.Fold(c.Department.Name)},
		user:       ref{id: c.User.ID, name: call.Fold(c.User.Name)},
		rating:     rated(c.Rating),
		name:       call.Fold(c.Customer.Name),
		email:      call.Fold(c.Customer.Email),
		inserted:   unix(c.InsertedAt, time.Time.UnixMicro),
		started:    unix(c.StartedAt, time.Time.Unix),
		completed:  unix(c.CompletedAt(), time.Time.Unix),
	}
}

func unix(t time.Time, in func(time.Time) int64) int64 {
	if t.IsZero() {
		return noTime
	}
	return in(t)
}
