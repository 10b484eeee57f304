package httpapi

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/tag"
)

// The forms below are the API page's, as encoding/json would write them.

type pageForm struct {
	Data []rowForm `json:"data"`
	Meta struct {
		CurrentPage int64 `json:"current_page"`
		PageSize    int   `json:"page_size"`
		TotalPages  int   `json:"total_pages"`
		TotalCount  int   `json:"total_count"`
	} `json:"meta"`
}

type rowForm struct {
	factsForm
	timesForm
}

type factsForm struct {
	ID             string      `json:"id"`
	Status         call.Status `json:"status"`
	DepartmentID   *string     `json:"department_id"`
	DepartmentName *string     `json:"department_name"`
	UserID         *string     `json:"user_id"`
	UserName       *string     `json:"user_name"`
	CustomerName   *string     `json:"customer_name"`
	CustomerEmail  *string     `json:"customer_email"`
	CustomerPhone  *string     `json:"customer_phone"`
	Duration       *int64      `json:"duration"`
	WaitTime       *int64      `json:"wait_time"`
	Rating         *int        `json:"rating"`
	Notes          *string     `json:"notes"`
	HasRecording   bool        `json:"has_recording"`
}

type timesForm struct {
	StartedAt   *string `json:"started_at"`
	CompletedAt *string `json:"completed_at"`
	InsertedAt  *string `json:"inserted_at"`
}

type detailsForm struct {
	factsForm
	RecordingURL *string   `json:"recording_url"`
	Tags         []tagWire `json:"tags"`
	timesForm
	DisconnectedAt *string `json:"disconnected_at"`
	ReconnectedAt  *string `json:"reconnected_at"`
	EndReason      *string `json:"end_reason"`
	ManagerNotes   *string `json:"manager_notes"`
}

func formOf(c call.Call) rowForm {
	duration, ended := c.Duration()
	wait, started := c.WaitTime()
	return rowForm{
		factsForm{
			ID: c.ID, Status: c.Status, DepartmentID: formOfText(c.Department.ID), DepartmentName: formOfText(c.Department.Name),
			UserID: formOfText(c.User.ID), UserName: formOfText(c.User.Name), CustomerName: formOfText(c.Customer.Name),
			CustomerEmail: formOfText(c.Customer.Email), CustomerPhone: formOfText(c.Customer.Phone),
			Duration: formOfNumber(int64(duration/time.Second), ended), WaitTime: formOfNumber(int64(wait/time.Second), started),
			Rating: formOfNumber(c.Rating, c.Rating != 0), Notes: formOfText(c.Notes), HasRecording: c.HasRecording,
		},
		timesForm{formOfTime(c.StartedAt), formOfTime(c.CompletedAt()), formOfTime(c.InsertedAt)},
	}
}

func formOfText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func formOfTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return formOfText(t.UTC().Format("2006-01-02T15:04:05Z"))
}

func formOfNumber[T any](n T, known bool) *T {
	if !known {
		return nil
	}
	return &n
}

// plain is what encoding/json writes without escapes for HTML, with its line break.
func plain(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(v))
	return b.String()
}

// The same bytes as encoding/json, whatever a call holds: in a list, on its own, and in the messages of sockets, which
// are escaped for HTML as well.
func FuzzEncodedCall(f *testing.F) {
	f.Add("plain", "Jo\u00e3o <\"\\/&'>", "a\x00\b\t\n\f\r\x1f\x7f", int64(1771165788), int64(345), uint8(0xff))
	f.Add("\xff", "\xed\xa0\x80 \xc0\x80", "\u2028\u2029\ufffd\U0001f600\u00a0", int64(-1), int64(0), uint8(0x0f))
	f.Add("", "", "", int64(0), int64(-5), uint8(0))
	f.Add("cut \xf0\x9f\x98", "\xe2\x80", "\xe2\x80\xa8", int64(1)<<40, int64(1)<<20, uint8(0x77))
	f.Fuzz(func(t *testing.T, a, b, c string, second, length int64, bits uint8) {
		second, length = second%(1<<42), length%(1<<32) // what a row can hold
		when := func(bit uint8, at int64) time.Time {
			if bits&bit == 0 {
				return time.Time{}
			}
			return time.Unix(at, 999_999_000)
		}
		status := call.Statuses()[int(bits)%len(call.Statuses())]
		if bits&0x80 != 0 {
			status = call.Completed
		}
		one := call.Call{
			ID: a, Status: status, Department: call.Ref{ID: b, Name: c}, User: call.Ref{ID: a + b, Name: b + c},
			Customer: call.Customer{Name: c + a, Email: b, Phone: a}, Notes: c + b, Rating: int(length), HasRecording: bits&1 != 0,
			InsertedAt: when(2, second), StartedAt: when(4, second+length), EndedAt: when(8, second+2*length),
			DisconnectedAt: when(16, second), ReconnectedAt: when(32, second), EndReason: call.EndReason(c),
		}
		form := formOf(one)

		page := pageForm{Data: []rowForm{form, form}}
		page.Meta.CurrentPage, page.Meta.PageSize, page.Meta.TotalPages, page.Meta.TotalCount = second, int(bits), int(length), 2
		shared := []*call.Shared{{Call: one}, {Call: one}}
		for range 3 { // written, written and remembered, as remembered
			got := appendPage(nil, shared, meta{second, int(bits), int(length), 2})
			assert.Equal(t, plain(t, page), string(got))
		}

		d := voki.Detail{Call: one, Notes: b + c}
		whole := detailsForm{
			factsForm: form.factsForm, Tags: []tagWire{}, timesForm: form.timesForm,
			DisconnectedAt: formOfTime(one.DisconnectedAt), ReconnectedAt: formOfTime(one.ReconnectedAt),
			EndReason: formOfText(c), ManagerNotes: formOfText(d.Notes),
		}
		if one.HasRecording {
			whole.RecordingURL = formOfText(recordingPath(a))
		}
		for range bits >> 6 {
			d.Tags, whole.Tags = append(d.Tags, tag.Tag{ID: a, Name: b, Color: c}), append(whole.Tags, tagWire{a, b, c})
		}
		assert.Equal(t, plain(t, whole), plain(t, newDetails(d)))
		assert.Equal(t, string(encode(form)), string(encode(row(one))))
		assert.Equal(t, string(encode(whole)), string(encode(newDetails(d))))
	})
}

func TestPageWithoutRows(t *testing.T) {
	assert.Equal(t, plain(t, pageForm{Data: []rowForm{}}), string(appendPage(nil, nil, meta{})))
}
