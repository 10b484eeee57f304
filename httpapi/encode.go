package httpapi

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
)

// This file is what a call looks like on the wire, in a list and on its own. It appends, since a page of rows is what is
// asked for most, and costs several times as much by reflection. All else is left to encoding/json, which gives the
// same bytes; a test holds the two against each other.

// row is a call in a list: the fields of the API page, in its order.
type row call.Call

// MarshalJSON is for messages that hold a row.
func (r row) MarshalJSON() ([]byte, error) { return appendRow(nil, (*call.Call)(&r)), nil }

// details is a call on its own: the row, and what lists leave out.
type details struct {
	voki.Detail
	recordingURL string // empty is null
}

func newDetails(d voki.Detail) details {
	if !d.Call.HasRecording {
		return details{Detail: d}
	}
	return details{d, recordingPath(d.Call.ID)}
}

// MarshalJSON is the only way in which details are encoded.
func (d details) MarshalJSON() ([]byte, error) { return appendDetails(nil, &d), nil }

// listForm is that of a row. It depends on the call alone, so that a store may remember it.
var listForm = &call.Form{Append: appendRow}

// appendPage appends the whole reply to a list.
func appendPage(b []byte, calls []*call.Shared, m meta) []byte {
	b = append(b, `{"data":[`...)
	for i, c := range calls {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.AppendForm(b, listForm)
	}
	b = strconv.AppendInt(append(b, `],"meta":{"current_page":`...), m.currentPage, 10)
	b = strconv.AppendInt(append(b, `,"page_size":`...), int64(m.pageSize), 10)
	b = strconv.AppendInt(append(b, `,"total_pages":`...), int64(m.totalPages), 10)
	b = strconv.AppendInt(append(b, `,"total_count":`...), int64(m.totalCount), 10)
	return append(b, "}}\n"...)
}

func appendRow(b []byte, c *call.Call) []byte {
	b = appendFacts(append(b, '{'), c)
	b = appendTimes(append(b, ','), c)
	return append(b, '}')
}

func appendDetails(b []byte, d *details) []byte {
	b = appendFacts(append(b, '{'), &d.Call)
	b = appendText(append(b, `,"recording_url":`...), d.recordingURL)
	b = append(b, `,"tags":[`...)
	for i, t := range d.Tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"id":`...), t.ID)
		b = appendString(append(b, `,"name":`...), t.Name)
		b = appendString(append(b, `,"color":`...), t.Color)
		b = append(b, '}')
	}
	b = appendTimes(append(b, `],`...), &d.Call)
	b = appendStamp(append(b, `,"disconnected_at":`...), d.Call.DisconnectedAt)
	b = appendStamp(append(b, `,"reconnected_at":`...), d.Call.ReconnectedAt)
	b = appendText(append(b, `,"end_reason":`...), string(d.Call.EndReason))
	b = appendText(append(b, `,"manager_notes":`...), d.Notes)
	return append(b, '}')
}

// appendFacts appends the members that come first in a row and in details.
func appendFacts(b []byte, c *call.Call) []byte {
	b = appendString(append(b, `"id":`...), c.ID)
	b = appendString(append(b, `,"status":`...), string(c.Status))
	b = appendText(append(b, `,"department_id":`...), c.Department.ID)
	b = appendText(append(b, `,"department_name":`...), c.Department.Name)
	b = appendText(append(b, `,"user_id":`...), c.User.ID)
	b = appendText(append(b, `,"user_name":`...), c.User.Name)
	b = appendText(append(b, `,"customer_name":`...), c.Customer.Name)
	b = appendText(append(b, `,"customer_email":`...), c.Customer.Email)
	b = appendText(append(b, `,"customer_phone":`...), c.Customer.Phone)
	duration, ended := c.Duration()
	b = appendSeconds(append(b, `,"duration":`...), duration, ended)
	wait, started := c.WaitTime()
	b = appendSeconds(append(b, `,"wait_time":`...), wait, started)
	b = appendRating(append(b, `,"rating":`...), c.Rating)
	b = appendText(append(b, `,"notes":`...), c.Notes)
	return strconv.AppendBool(append(b, `,"has_recording":`...), c.HasRecording)
}

// appendTimes appends the members that come last in a row.
func appendTimes(b []byte, c *call.Call) []byte {
	b = appendStamp(append(b, `"started_at":`...), c.StartedAt)
	b = appendStamp(append(b, `,"completed_at":`...), c.CompletedAt())
	return appendStamp(append(b, `,"inserted_at":`...), c.InsertedAt)
}

func appendNull(b []byte) []byte { return append(b, "null"...) }

// appendText appends a string; empty is null, as [text] has it.
func appendText(b []byte, s string) []byte {
	if s == "" {
		return appendNull(b)
	}
	return appendString(b, s)
}

// appendStamp appends a time as [stamp] has it.
func appendStamp(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return appendNull(b)
	}
	b = appendTime(append(b, '"'), t)
	return append(b, '"')
}

// appendSeconds appends a duration as [known] has it.
func appendSeconds(b []byte, d time.Duration, ok bool) []byte {
	if !ok {
		return appendNull(b)
	}
	return strconv.AppendInt(b, seconds(d), 10)
}

// appendNumber appends a number; none is null.
func appendNumber(b []byte, n *int64) []byte {
	if n == nil {
		return appendNull(b)
	}
	return strconv.AppendInt(b, *n, 10)
}

// appendRating appends the customer's rating; 0 is null.
func appendRating(b []byte, n int) []byte {
	if n == 0 {
		return appendNull(b)
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// appendString appends a string as encoding/json does, without its escapes for HTML: what is not UTF-8 is replaced, and
// the two line breaks that JavaScript once did not take within a string are escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	done := 0 // what of s is appended
	for i := 0; i < len(s); {
		c := s[i]
		if unescaped[c] {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = appendEscape(append(b, s[done:i]...), r)
		i += size
		done = i
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}

// unescaped are the bytes that stand for themselves in a string.
var unescaped = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

func appendEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
