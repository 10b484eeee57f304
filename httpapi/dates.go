package httpapi

import (
	"regexp"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// parsePeriod reads date_from and date_to into q. Both bounds are part of the period, as they are written: a date is
// the whole day, a time without a fraction its whole second, since that is how times are printed.
func parsePeriod(wrong call.FieldErrors, given map[string]string, zone *time.Location, q *call.Query) {
	if s := given["date_from"]; s != "" {
		from, _, ok := parseDate(s, zone)
		if !ok {
			wrong.Add("date_from", "is invalid")
		}
		q.From = from
	}
	if s := given["date_to"]; s != "" {
		_, until, ok := parseDate(s, zone)
		if !ok {
			wrong.Add("date_to", "is invalid")
		}
		q.Until = until
	}
	if !q.From.IsZero() && !q.Until.IsZero() && !q.From.Before(q.Until) {
		wrong.Add("date_from", "must not be after date_to")
	}
}

// dateForm is the part of ISO 8601 that is understood: a date, or a date and a time with or without seconds, fraction
// and zone. A blank before the digits of a zone is a '+' that was not escaped in the address.
var dateForm = regexp.MustCompile(
	`^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?([Zz]|[-+ ]\d{2}(?::?\d{2})?)?)?$`)

// parseDate returns the period that a date or a date-time stands for: its first instant, and the first one after it,
// to the microsecond. What bears no zone is in the given one.
func parseDate(s string, zone *time.Location) (from, until time.Time, ok bool) {
	m := dateForm.FindStringSubmatch(s)
	if m == nil || strings.HasPrefix(s, "0000") {
		return time.Time{}, time.Time{}, false
	}
	date, clock, second, fraction, offset := m[1], m[2], m[3], m[4], m[5]
	if second == "" {
		if fraction != "" {
			return time.Time{}, time.Time{}, false
		}
		second = ":00"
	}
	if clock == "" {
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return time.Time{}, time.Time{}, false
		}
		from, _ = instants(day, zone)
		until, _ = instants(day.AddDate(0, 0, 1), zone)
		return from.UTC(), until.UTC(), true
	}

	// Read as if it were UTC; then moved to where the clock it was read from stands.
	wall, err := time.Parse("2006-01-02T15:04:05.999999999", date+"T"+clock+second+"."+(fraction+"0"))
	if err != nil {
		return time.Time{}, time.Time{}, false
	}
	step := time.Second
	if fraction != "" {
		step = time.Microsecond
		wall = wall.Truncate(step)
	}
	if offset == "" {
		first, last := instants(wall, zone)
		return first.UTC(), last.Add(step).UTC(), true
	}
	east, ok := parseOffset(offset)
	if !ok {
		return time.Time{}, time.Time{}, false
	}
	wall = wall.Add(-east)
	return wall, wall.Add(step), true
}

// parseOffset reads Z, +hh, +hhmm and +hh:mm.
func parseOffset(s string) (time.Duration, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits) == 2 {
		digits += "00"
	}
	clock, err := time.Parse("1504", digits)
	if err != nil {
		return 0, false
	}
	east := time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute
	if s[0] == '-' {
		east = -east
	}
	return east, true
}

// instants returns the first and the last instant at which clocks in zone show the wall time that wall has in UTC. They
// differ while clocks are set back. A wall time that is skipped while clocks are set forward stands for that moment.
func instants(wall time.Time, zone *time.Location) (first, last time.Time) {
	var candidates [2]time.Time
	for i, around := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(around).In(zone).Zone()
		candidates[i] = wall.Add(-time.Duration(offset) * time.Second)
	}
	for _, t := range candidates {
		_, offset := t.In(zone).Zone()
		if !t.Add(time.Duration(offset) * time.Second).Equal(wall) {
			continue
		}
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if last.IsZero() || t.After(last) {
			last = t
		}
	}
	if !first.IsZero() {
		return first, last
	}
	early := candidates[0]
	if candidates[1].Before(early) {
		early = candidates[1]
	}
	_, change := early.In(zone).ZoneBounds()
	if change.IsZero() {
		change = early
	}
	return change, change
}
