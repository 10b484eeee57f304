package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// Row is a call as an import brings it: by the field names of the API page, and some more. Fields that are not here
// are ignored; so are duration and wait_time, which are taken from the times, and has_recording.
type Row struct {
	ID             string     `json:"id"`
	Status         string     `json:"status"`
	DepartmentID   string     `json:"department_id"`
	DepartmentName *string    `json:"department_name"`
	UserID         *string    `json:"user_id"`
	UserName       *string    `json:"user_name"`
	CustomerName   *string    `json:"customer_name"`
	CustomerEmail  *string    `json:"customer_email"`
	CustomerPhone  *string    `json:"customer_phone"`
	Rating         *int       `json:"rating"`
	Notes          *string    `json:"notes"`
	StartedAt      *time.Time `json:"started_at"`
	CompletedAt    *time.Time `json:"completed_at"`
	InsertedAt     *time.Time `json:"inserted_at"`

	AssignedAt     *time.Time `json:"assigned_at"`
	DisconnectedAt *time.Time `json:"disconnected_at"`
	ReconnectedAt  *time.Time `json:"reconnected_at"`
	EndReason      *string    `json:"end_reason"`
	Reason         *string    `json:"reason"`
	Comment        *string    `json:"comment"`

	// Tags must be in the catalogue; their ids count.
	Tags []struct {
		ID string `json:"id"`
	} `json:"tags"`
}

// parseRow reads a row and says in words what is wrong with it.
func parseRow(line []byte) (Row, error) {
	var r Row
	if !utf8.Valid(line) {
		return r, errors.New("is not valid UTF-8")
	}
	err := json.Unmarshal(line, &r)
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return r, errors.New("is no JSON object")
	case errors.As(err, &wrongType):
		return r, fmt.Errorf("%s cannot be a %s", wrongType.Field, wrongType.Value)
	case errors.As(err, &wrongTime):
		return r, fmt.Errorf("%q is no time such as 2026-02-15T14:30:00Z", wrongTime.Value)
	case err != nil:
		return r, fmt.Errorf("is no JSON object: %w", err)
	}
	return r, nil
}

// Call returns the call that the row describes.
func (r Row) Call() call.Call {
	return call.Call{
		ID:         r.ID,
		Status:     call.Status(r.Status),
		Department: call.Ref{ID: r.DepartmentID, Name: value(r.DepartmentName)},
		User:       call.Ref{ID: value(r.UserID), Name: value(r.UserName)},
		Customer: call.Customer{
			Name: value(r.CustomerName), Email: value(r.CustomerEmail), Phone: value(r.CustomerPhone),
		},
		Reason:         value(r.Reason),
		Notes:          value(r.Notes),
		Rating:         value(r.Rating),
		Comment:        value(r.Comment),
		InsertedAt:     value(r.InsertedAt),
		AssignedAt:     value(r.AssignedAt),
		StartedAt:      value(r.StartedAt),
		EndedAt:        value(r.CompletedAt),
		EndReason:      call.EndReason(value(r.EndReason)),
		DisconnectedAt: value(r.DisconnectedAt),
		ReconnectedAt:  value(r.ReconnectedAt),
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
