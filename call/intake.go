package call

import (
	"context"
	"strings"
	"unicode"
)

// Intake is a customer who asks for a call.
type Intake struct {
	Tenant     string
	Department string // id
	Customer   Customer
	Reason     string // may be empty
}

// The most characters that texts may have.
const (
	MaxName  = 200
	MaxEmail = 320 // RFC 3696, section 3
	MaxPhone = 40
	MaxText  = 20_000 // reasons, comments and notes
)

// Enqueue puts a new call at the end of its department's queue.
//
// Returns [FieldErrors] for missing or unusable fields and an unknown department, [ErrTenantNotFound], and
// [ErrQueueFull].
func (s *Service) Enqueue(ctx context.Context, in Intake) (Call, error) {
	tenant, err := s.Tenant(ctx, in.Tenant)
	if err != nil {
		return Call{}, err
	}
	in.Customer = in.Customer.trimmed()
	wrong := FieldErrors{}
	checkCustomer(wrong, in.Customer)
	wrong.CheckText("reason", in.Reason, MaxText)
	if err := wrong.Err(); err != nil {
		return Call{}, err
	}
	department, err := s.department(ctx, in.Tenant, in.Department)
	if err != nil {
		return Call{}, err
	}

	c := Call{
		Tenant: in.Tenant, ID: NewID(), Department: department, Customer: in.Customer, Reason: in.Reason,
		Limits: tenant.Limits.resolve(),
	}
	c, events, err := Apply(c, Change{Trigger: Enqueue, At: Now()})
	if err != nil {
		return Call{}, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if tenant.MaxQueue > 0 {
			queue, err := tx.Queue(c.Tenant, c.Department.ID)
			if err != nil {
				return err
			}
			if len(queue) >= tenant.MaxQueue {
				return ErrQueueFull
			}
		}
		return record(tx, c, events)
	})
	if err != nil {
		return Call{}, err
	}
	return c, nil
}

func (c Customer) trimmed() Customer {
	return Customer{
		Name:  strings.TrimSpace(c.Name),
		Email: strings.TrimSpace(c.Email),
		Phone: strings.TrimSpace(c.Phone),
	}
}

func checkCustomer(wrong FieldErrors, c Customer) {
	if blank(c.Name) {
		wrong.Add("name", "can't be blank")
	}
	wrong.CheckLine("name", c.Name, MaxName)
	wrong.CheckLine("phone", c.Phone, MaxPhone)
	wrong.CheckLine("email", c.Email, MaxEmail)
	if local, domain, ok := strings.Cut(c.Email, "@"); c.Email != "" &&
		(!ok || local == "" || domain == "" || strings.ContainsFunc(c.Email, unicode.IsSpace)) {
		wrong.Add("email", "has invalid format")
	}
}
