package call

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ImportResult says what became of one call of an import.
type ImportResult struct {
	Err     error // why it was not taken; nil if it was
	Existed bool  // it was there before, the same in every field that was given
}

// Import takes over calls that were made elsewhere, whole, with their ids and times. All must have ended. Those that
// can be taken are written in one transaction with one event each, those that cannot are reported at their place in
// the result, and a call that is there already, the same in all that the row gives, is left alone: an import may be
// repeated. It does not bring back a customer who was erased: that is an [ErrErased] at the call's place. Names that a
// call bears are kept; those it lacks are asked of the directory.
//
// Only an owner or a manager may import.
func (s *Service) Import(ctx context.Context, a Actor, calls []Call) ([]ImportResult, error) {
	if err := a.Require(RoleManager); err != nil {
		return nil, err
	}
	checked := make([]Call, len(calls))
	invalid := make([]error, len(calls))
	for i, c := range calls {
		c.Tenant = a.Tenant
		checked[i], invalid[i] = importable(c)
		if invalid[i] != nil {
			continue
		}
		var err error
		if checked[i], err = s.named(ctx, checked[i]); err != nil {
			return nil, err
		}
	}
	now := Now()
	var results []ImportResult
	err := s.store.Update(ctx, func(tx Tx) error {
		results = make([]ImportResult, len(calls))
		for i, c := range checked {
			if results[i].Err = invalid[i]; results[i].Err != nil {
				continue
			}
			there, err := tx.Call(c.Tenant, c.ID)
			switch {
			case errors.Is(err, ErrNotFound):
				err = record(tx, c, []Event{{
					Tenant: c.Tenant, Time: now, CallID: c.ID, Kind: KindImported, Actor: a.ID,
					Data: Data{To: c.Status, EndReason: c.EndReason, DepartmentID: c.Department.ID, UserID: c.User.ID},
				}})
			case err != nil:
			case there.Erased():
				results[i].Err = ErrErased
			default:
				if differ := differences(there, calls[i]); len(differ) > 0 {
					results[i].Err = Invalid("id", "is taken by a call that differs in "+strings.Join(differ, ", "))
				} else {
					results[i].Existed = true
				}
			}
			if err != nil {
				return fmt.Errorf("import call %s: %w", c.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// differences names the fields, as the API page does, in which a row of an import differs from the call that is there.
// What the row does not give is not compared, nor is what an import computes or ignores; a time given in whole seconds,
// as the API prints them, equals one within that second.
func differences(there, row Call) (fields []string) {
	compare := func(field, there, row string) {
		if row != "" && row != there {
			fields = append(fields, field)
		}
	}
	compareTime := func(field string, there, row time.Time) {
		if row.Truncate(time.Second).Equal(row) {
			there = there.Truncate(time.Second)
		}
		if !row.IsZero() && !row.Truncate(time.Microsecond).Equal(there) {
			fields = append(fields, field)
		}
	}
	row.Customer = row.Customer.trimmed()
	compare("status", string(there.Status), string(row.Status))
	compare("department_id", there.Department.ID, row.Department.ID)
	compare("department_name", there.Department.Name, row.Department.Name)
	compare("user_id", there.User.ID, row.User.ID)
	compare("user_name", there.User.Name, row.User.Name)
	compare("customer_name", there.Customer.Name, row.Customer.Name)
	compare("customer_email", there.Customer.Email, row.Customer.Email)
	compare("customer_phone", there.Customer.Phone, row.Customer.Phone)
	compare("reason", there.Reason, row.Reason)
	compare("notes", there.Notes, row.Notes)
	compare("comment", there.Comment, row.Comment)
	compare("end_reason", string(there.EndReason), string(row.EndReason))
	if row.Rating != 0 && row.Rating != there.Rating {
		fields = append(fields, "rating")
	}
	compareTime("inserted_at", there.InsertedAt, row.InsertedAt)
	compareTime("assigned_at", there.AssignedAt, row.AssignedAt)
	compareTime("started_at", there.StartedAt, row.StartedAt)
	compareTime("completed_at", there.EndedAt, row.EndedAt)
	compareTime("disconnected_at", there.DisconnectedAt, row.DisconnectedAt)
	compareTime("reconnected_at", there.ReconnectedAt, row.ReconnectedAt)
	return fields
}

// importable completes c and says what is wrong with it.
func importable(c Call) (Call, error) {
	wrong := FieldErrors{}
	if !ValidID(c.ID) {
		wrong.Add("id", "is invalid")
	}
	c.HasRecording, c.Limits, c.ChangedAt, c.ErasedAt = false, Limits{}, time.Time{}, time.Time{}
	c.Customer = c.Customer.trimmed()
	c.AgentConn, c.CustomerConn = Participant{}, Participant{}
	for _, t := range []*time.Time{
		&c.InsertedAt, &c.AssignedAt, &c.StartedAt, &c.EndedAt, &c.DisconnectedAt, &c.ReconnectedAt,
	} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	checkImportedTexts(wrong, &c)
	checkImportedTimes(wrong, c)
	checkImportedEnd(wrong, &c)
	return c, wrong.Err()
}

func checkImportedTexts(wrong FieldErrors, c *Call) {
	for field, id := range map[string]string{"department_id": c.Department.ID, "user_id": c.User.ID} {
		if id != "" && !ValidID(id) {
			wrong.Add(field, "is invalid")
		}
	}
	if c.Department.ID == "" {
		wrong.Add("department_id", "can't be blank")
	}
	wrong.CheckLine("department_name", c.Department.Name, MaxName)
	wrong.CheckLine("user_name", c.User.Name, MaxName)
	if blank(c.Customer.Name) {
		wrong.Add("customer_name", "can't be blank")
	}
	wrong.CheckLine("customer_name", c.Customer.Name, MaxName)
	wrong.CheckLine("customer_email", c.Customer.Email, MaxEmail)
	wrong.CheckLine("customer_phone", c.Customer.Phone, MaxPhone)
	wrong.CheckText("reason", c.Reason, MaxText)
	wrong.CheckText("notes", c.Notes, MaxText)
	wrong.CheckText("comment", c.Comment, MaxText)
	if c.Rating < 0 || c.Rating > 5 {
		wrong.Add("rating", "must be between 1 and 5")
	}
}

func checkImportedTimes(wrong FieldErrors, c Call) {
	inOrder := func(field string, before, at time.Time) {
		if !at.IsZero() && at.Before(before) {
			wrong.Add(field, "is before the time it follows")
		}
	}
	if c.InsertedAt.IsZero() {
		wrong.Add("inserted_at", "can't be blank")
	}
	if c.Status == Completed && c.StartedAt.IsZero() {
		wrong.Add("started_at", "can't be blank")
	}
	if c.Status == Completed && c.EndedAt.IsZero() {
		wrong.Add("completed_at", "can't be blank")
	}
	if c.Status.Ended() && c.Status != Completed && !c.StartedAt.IsZero() {
		wrong.Add("started_at", "must be empty for a call that is "+string(c.Status))
	}
	inOrder("assigned_at", c.InsertedAt, c.AssignedAt)
	inOrder("started_at", c.InsertedAt, c.StartedAt)
	inOrder("completed_at", c.StartedAt, c.EndedAt)
	inOrder("completed_at", c.InsertedAt, c.EndedAt)
	for field, t := range map[string]time.Time{
		"inserted_at": c.InsertedAt, "assigned_at": c.AssignedAt, "started_at": c.StartedAt, "completed_at": c.EndedAt,
		"disconnected_at": c.DisconnectedAt, "reconnected_at": c.ReconnectedAt,
	} {
		if y := t.Year(); !t.IsZero() && (y < 1970 || y > 9999) {
			wrong.Add(field, "is out of range")
		}
	}
}

func checkImportedEnd(wrong FieldErrors, c *Call) {
	allowed := map[Status][]EndReason{
		Completed: {EndNormal, EndTimeout, EndDisconnect},
		Missed:    {EndTimeout},
		Abandoned: {EndAbandoned},
		Cancelled: {""},
	}
	reasons, ended := allowed[c.Status]
	if !ended {
		wrong.Add("status", "must be one of completed, missed, cancelled, abandoned")
		return
	}
	if c.EndReason == "" {
		c.EndReason = reasons[0]
	}
	for _, reason := range reasons {
		if c.EndReason == reason {
			return
		}
	}
	wrong.Add("end_reason", "does not fit the status "+string(c.Status))
}

// named fills the names that an imported call lacks; what the directory does not know stays without.
func (s *Service) named(ctx context.Context, c Call) (Call, error) {
	if c.Department.Name == "" {
		ref, err := s.directory.Department(ctx, c.Tenant, c.Department.ID)
		if err != nil && !errors.Is(err, ErrDepartmentNotFound) {
			return c, fmt.Errorf("directory: %w", err)
		}
		c.Department.Name = ref.Name
	}
	if c.User.ID != "" && c.User.Name == "" {
		ref, err := s.directory.User(ctx, c.Tenant, c.User.ID)
		if err != nil && !errors.Is(err, ErrUserNotFound) {
			return c, fmt.Errorf("directory: %w", err)
		}
		c.User.Name = ref.Name
	}
	return c, nil
}
