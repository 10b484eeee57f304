package call

import (
	"cmp"
	"time"
)

// Limits says how long a call may stay in a state. In options and in a [Tenant], zero means the default and a negative
// duration turns a limit off; in a [Call] they are resolved, and zero means off. They are kept to the microsecond.
type Limits struct {
	Queue   time.Duration // from the join to the assignment. Defaults to 30 minutes
	Answer  time.Duration // from the assignment to the start. Defaults to 60 seconds
	Grace   time.Duration // how long a lost participant of an active call may stay away. Defaults to 60 seconds
	Longest time.Duration // from the start to the end. Defaults to none
}

// defaultLimits are used where neither the tenant nor the options say otherwise.
var defaultLimits = Limits{Queue: 30 * time.Minute, Answer: time.Minute, Grace: time.Minute, Longest: -1}

// Or fills the zero fields of l from fallback.
func (l Limits) Or(fallback Limits) Limits {
	return Limits{
		Queue:   cmp.Or(l.Queue, fallback.Queue),
		Answer:  cmp.Or(l.Answer, fallback.Answer),
		Grace:   cmp.Or(l.Grace, fallback.Grace),
		Longest: cmp.Or(l.Longest, fallback.Longest),
	}
}

// resolve fills what is still open with the defaults and writes "off" as zero, the form that is kept with a call.
func (l Limits) resolve() Limits {
	l = l.Or(defaultLimits)
	return Limits{
		Queue:   max(l.Queue, 0).Truncate(time.Microsecond),
		Answer:  max(l.Answer, 0).Truncate(time.Microsecond),
		Grace:   max(l.Grace, 0).Truncate(time.Microsecond),
		Longest: max(l.Longest, 0).Truncate(time.Microsecond),
	}
}

// Due is a limit of a call that will pass, or has.
type Due struct {
	At      time.Time
	Trigger Trigger
	Side    Side // of a grace
}

// Due returns the limit of c that passes first, and false if none is running. On a tie the grace comes before the
// longest duration, and the agent's before the customer's.
func (c Call) Due() (Due, bool) {
	var first Due
	consider := func(trigger Trigger, side Side, at time.Time) {
		if !at.IsZero() && (first.At.IsZero() || at.Before(first.At)) {
			first = Due{At: at, Trigger: trigger, Side: side}
		}
	}
	switch c.Status {
	case Queued:
		consider(QueueLimit, "", limitAt(c.InsertedAt, c.Limits.Queue))
	case Assigned:
		consider(AnswerLimit, "", limitAt(c.AssignedAt, c.Limits.Answer))
	case Active:
		for _, side := range []Side{SideAgent, SideCustomer} {
			if p := c.Participant(side); p.Away() {
				consider(GraceLimit, side, p.Deadline)
			}
		}
		consider(LongestLimit, "", limitAt(c.StartedAt, c.Limits.Longest))
	}
	return first, !first.At.IsZero()
}

func limitAt(from time.Time, limit time.Duration) time.Time {
	if limit <= 0 {
		return time.Time{}
	}
	return from.Add(limit)
}
