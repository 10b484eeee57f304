package httpapi

import (
	"net/url"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/tag"
)

// row is a call in a list: the fields of the API page, in its order.
type row struct {
	rowFacts
	rowTimes
}

type rowFacts struct {
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

type rowTimes struct {
	StartedAt   *string `json:"started_at"`
	CompletedAt *string `json:"completed_at"`
	InsertedAt  *string `json:"inserted_at"`
}

func newRow(c call.Call) row {
	return row{
		rowFacts{
			ID:             c.ID,
			Status:         c.Status,
			DepartmentID:   text(c.Department.ID),
			DepartmentName: text(c.Department.Name),
			UserID:         text(c.User.ID),
			UserName:       text(c.User.Name),
			CustomerName:   text(c.Customer.Name),
			CustomerEmail:  text(c.Customer.Email),
			CustomerPhone:  text(c.Customer.Phone),
			Duration:       known(c.Duration()),
			WaitTime:       known(c.WaitTime()),
			Rating:         positive(c.Rating),
			Notes:          text(c.Notes),
			HasRecording:   c.HasRecording,
		},
		rowTimes{
			StartedAt:   stamp(c.StartedAt),
			CompletedAt: stamp(c.CompletedAt()),
			InsertedAt:  stamp(c.InsertedAt),
		},
	}
}

// details is a call on its own: the row, and what lists leave out.
type details struct {
	rowFacts
	RecordingURL *string   `json:"recording_url"`
	Tags         []tagWire `json:"tags"`
	rowTimes
	DisconnectedAt *string `json:"disconnected_at"`
	ReconnectedAt  *string `json:"reconnected_at"`
	EndReason      *string `json:"end_reason"`
	ManagerNotes   *string `json:"manager_notes"`
}

func newDetails(d voki.Detail) details {
	r := newRow(d.Call)
	out := details{
		rowFacts:       r.rowFacts,
		Tags:           newTags(d.Tags),
		rowTimes:       r.rowTimes,
		DisconnectedAt: stamp(d.Call.DisconnectedAt),
		ReconnectedAt:  stamp(d.Call.ReconnectedAt),
		EndReason:      text(string(d.Call.EndReason)),
		ManagerNotes:   text(d.Notes),
	}
	if d.Call.HasRecording {
		out.RecordingURL = text(recordingPath(d.Call.ID))
	}
	return out
}

type tagWire struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

func newTag(t tag.Tag) tagWire { return tagWire{ID: t.ID, Name: t.Name, Color: t.Color} }

func newTags(tags []tag.Tag) []tagWire {
	out := make([]tagWire, len(tags)) // an empty list, and never null
	for i, t := range tags {
		out[i] = newTag(t)
	}
	return out
}

// recordingPath is where the data of a call's recording is.
func recordingPath(callID string) string {
	return callsPath + "/" + url.PathEscape(callID) + "/recording"
}

// text is a string on the wire; empty is null.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is a time on the wire: RFC 3339, UTC, whole seconds; the zero time is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return text(t.UTC().Format("2006-01-02T15:04:05Z"))
}

// known is a duration on the wire, in whole seconds; null if it is not known.
func known(d time.Duration, ok bool) *int64 {
	if !ok {
		return nil
	}
	n := seconds(d)
	return &n
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// positive is a number on the wire; 0 is null.
func positive(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
