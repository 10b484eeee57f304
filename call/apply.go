package call

import "time"

// Change asks for a transition of a call.
type Change struct {
	Trigger Trigger
	At      time.Time
	Actor   string // id of the user who acts; empty for a customer and for a limit

	User  Ref    // Assign: the agent
	Notes string // Complete: the agent's notes, may be empty
	Side  Side   // Leave, Join, Lose, GraceLimit: whose
	Epoch uint64 // Lose, Leave: the join whose connection ended or hung up; a Leave without one is the participant's own
}

// Apply is the rule book: it returns the call as it is after the change and the events that report it, or a
// *[TransitionError] and the call as it was. It has no side effects and reads no clock.
//
// A repetition is answered with the call as it is, no event and no error: to assign to the user who has the assigned
// call, to start an active call, to complete a completed one (whose empty notes are filled by the given ones, which is
// a change), to lose a connection that a newer one has replaced or that is lost already, to hang up on one that a newer
// one has replaced.
//
// A change never lies before the ones already applied: where the clock was set back, the last known time counts.
// Notes for a call whose customer was erased are refused with [ErrErased].
//
// Limits that have passed are the caller's to apply first; see [Expire].
func Apply(c Call, ch Change) (Call, []Event, error) {
	if c.Erased() && ch.Notes != "" {
		return c, nil, ErrErased
	}
	if next, events, ok := repeat(c, ch); ok {
		return next, events, nil
	}
	row, ok := lookup(c.Status, ch.Trigger, ch.Side)
	if !ok {
		return c, nil, &TransitionError{From: c.Status, Trigger: ch.Trigger}
	}
	c, ch.At = c.Changed(ch.At)
	from := c.Status
	c.Status = row.To
	data := Data{From: from, To: row.To, Side: ch.Side}

	switch ch.Trigger {
	case Enqueue:
		c.InsertedAt = ch.At
		data.DepartmentID = c.Department.ID
		return c, c.events(ch, KindCreated, data), nil
	case Assign:
		c.User, c.AssignedAt = ch.User, ch.At
		data.UserID = ch.User.ID
		return c, c.events(ch, KindAssigned, data), nil
	case Start:
		c.StartedAt = ch.At
		return startAway(c, ch, c.events(ch, KindStarted, data))
	case Join:
		return join(c, ch, data)
	case Lose:
		return lose(c, ch, data)
	}

	// All that is left ends the call.
	c.EndedAt = ch.At
	kind := KindCompleted
	switch row.To {
	case Cancelled:
		kind = KindCancelled
	case Abandoned:
		kind, c.EndReason = KindAbandoned, EndAbandoned
	case Missed:
		kind, c.EndReason = KindMissed, EndTimeout
	default:
		c.EndReason = completion(ch.Trigger)
		if ch.Trigger == Complete {
			c.Notes = ch.Notes
		}
	}
	data.EndReason = c.EndReason
	return c, c.events(ch, kind, data), nil
}

// Expire applies the limit of c that had passed at now, if any, with the limit's own time. It reports whether there
// was one. All limits end the call, so there is at most one to apply.
func Expire(c Call, now time.Time) (Call, []Event, bool) {
	due, ok := c.Due()
	if !ok || due.At.After(now) {
		return c, nil, false
	}
	next, events, err := Apply(c, Change{Trigger: due.Trigger, At: due.At, Side: due.Side})
	if err != nil { // a limit that runs has a row in the table
		return c, nil, false
	}
	return next, events, true
}

// repeat answers what was done before.
func repeat(c Call, ch Change) (Call, []Event, bool) {
	switch {
	case ch.Trigger == Assign && c.Status == Assigned && c.User.ID == ch.User.ID:
		return c, nil, true
	case ch.Trigger == Start && c.Status == Active:
		return c, nil, true
	case ch.Trigger == Complete && c.Status == Completed:
		if c.Notes != "" || ch.Notes == "" {
			return c, nil, true
		}
		c, ch.At = c.Changed(ch.At)
		c.Notes = ch.Notes
		return c, c.events(ch, KindNoted, Data{From: Completed, To: Completed}), true
	case ch.Trigger == Lose && !c.Status.Ended() && c.Status != none:
		p := c.Participant(ch.Side)
		return c, nil, !p.Present || p.Epoch != ch.Epoch
	case ch.Trigger == Leave && ch.Epoch != 0 && !c.Status.Ended() && c.Status != none:
		return c, nil, c.Participant(ch.Side).Epoch != ch.Epoch
	}
	return c, nil, false
}

func completion(trigger Trigger) EndReason {
	switch trigger {
	case GraceLimit:
		return EndDisconnect
	case LongestLimit:
		return EndTimeout
	}
	return EndNormal
}

// join makes a side present with a new epoch. The call's pair of times is that of its newest loss, so the return from
// an earlier one leaves it alone.
func join(c Call, ch Change, data Data) (Call, []Event, error) {
	p := c.Participant(ch.Side)
	back := c.Status == Active && p.Away()
	c.setParticipant(ch.Side, Participant{Epoch: p.Epoch + 1, Present: true})
	data.Epoch = p.Epoch + 1
	if !back {
		return c, c.events(ch, KindJoined, data), nil
	}
	lostLast := func(p Participant) bool { return p.Away() && p.LostAt.Equal(c.DisconnectedAt) }
	if lostLast(p) && !lostLast(c.Participant(ch.Side.other())) {
		c.ReconnectedAt = ch.At
	}
	return c, c.events(ch, KindReconnected, data), nil
}

// lose marks a side as away; in an active call its grace begins.
func lose(c Call, ch Change, data Data) (Call, []Event, error) {
	p := c.Participant(ch.Side)
	p.Present, p.LostAt = false, ch.At
	data.Epoch = p.Epoch
	kind := KindLeft
	if c.Status == Active {
		kind = KindDisconnected
		p.Deadline = limitAt(ch.At, c.Limits.Grace)
		data.Deadline = p.Deadline
		c.DisconnectedAt, c.ReconnectedAt = ch.At, time.Time{}
	}
	c.setParticipant(ch.Side, p)
	return c, c.events(ch, kind, data), nil
}

// startAway begins the grace of those who were present once and are away when the call starts.
func startAway(c Call, ch Change, events []Event) (Call, []Event, error) {
	for _, side := range []Side{SideAgent, SideCustomer} {
		if !c.Participant(side).Away() {
			continue
		}
		var lost []Event
		c, lost, _ = lose(c, Change{At: ch.At, Side: side}, Data{From: Active, To: Active, Side: side})
		events = append(events, lost...)
	}
	return c, events, nil
}

func (c Call) events(ch Change, kind Kind, data Data) []Event {
	return []Event{{Tenant: c.Tenant, Time: ch.At, CallID: c.ID, Kind: kind, Actor: ch.Actor, Data: data}}
}

// Changed returns c as changed at t, in UTC and whole microseconds, or at the time of the change before if the clock was
// set back since.
func (c Call) Changed(t time.Time) (Call, time.Time) {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Before(c.ChangedAt) {
		t = c.ChangedAt
	}
	c.ChangedAt = t
	return c, t
}
