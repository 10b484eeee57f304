package call

import "context"

// Evaluate keeps the customer's rating, 1 to 5, and comment, which may be empty, of a completed call, once.
//
// Returns [FieldErrors], [ErrNotFound], [ErrRated], [ErrErased], and an error that Is [ErrRefused] if the call is not completed.
func (s *Service) Evaluate(ctx context.Context, tenant, id string, rating int, comment string) (Call, error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Call{}, ErrNotFound
	}
	wrong := FieldErrors{}
	if rating < 1 || rating > 5 {
		wrong.Add("rating", "must be between 1 and 5")
	}
	wrong.CheckText("comment", comment, MaxText)
	if err := wrong.Err(); err != nil {
		return Call{}, s.notFoundFirst(ctx, tenant, id, err)
	}

	now := Now()
	var rated Call
	err := s.store.Update(ctx, func(tx Tx) error {
		c, err := CurrentTx(tx, tenant, id, now)
		if err != nil {
			return err
		}
		if c.Erased() {
			return ErrErased
		}
		if c.Status != Completed {
			return &TransitionError{From: c.Status, Trigger: "evaluate"}
		}
		if c.Rating != 0 {
			return ErrRated
		}
		c, at := c.Changed(now)
		c.Rating, c.Comment = rating, comment
		rated = c
		return record(tx, c, []Event{{
			Tenant: tenant, Time: at, CallID: id, Kind: KindEvaluated,
			Data: Data{From: Completed, To: Completed, Side: SideCustomer, Rating: rating},
		}})
	})
	if err != nil {
		return Call{}, err
	}
	return rated, nil
}
