package call

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"
)

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use.
//
// All methods that take an actor return an error that Is [ErrForbidden] if the actor has no role, and [ErrNotFound]
// for a call of another tenant. Errors of the store and of the host's own interfaces are passed on, wrapped.
type Service struct {
	store     Store
	directory Directory
	tenants   Tenants
	agents    Agents
	limits    Limits
	log       *slog.Logger
}

// Options configure a [Service]; the zero value works.
type Options struct {
	Directory Directory    // Defaults to one that knows every id, and no names
	Tenants   Tenants      // Defaults to one that knows every slug
	Agents    Agents       // for the estimate of waits. Defaults to one that sees nobody
	Limits    Limits       // for tenants that set none. Zero fields default as [Limits] says
	Logger    *slog.Logger // Defaults to one that discards
}

// NewService returns a service on store.
func NewService(store Store, o Options) *Service {
	s := &Service{
		store: store, directory: o.Directory, tenants: o.Tenants, agents: o.Agents, limits: o.Limits, log: o.Logger,
	}
	if s.directory == nil {
		s.directory = openDirectory{}
	}
	if s.tenants == nil {
		s.tenants = openTenants{}
	}
	if s.agents == nil {
		s.agents = noAgents{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Get returns a call. Returns [ErrNotFound].
func (s *Service) Get(ctx context.Context, a Actor, id string) (Call, error) {
	if err := a.Require(RoleAttendant); err != nil {
		return Call{}, err
	}
	return s.get(ctx, a.Tenant, id)
}

// OfCustomer returns a call as its customer may read it, who has no actor: whoever calls it has checked the right to
// it, by a token of that call. Returns [ErrNotFound].
func (s *Service) OfCustomer(ctx context.Context, tenant, id string) (Call, error) {
	return s.get(ctx, tenant, id)
}

func (s *Service) get(ctx context.Context, tenant, id string) (c Call, err error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Call{}, ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		c, err = tx.Call(tenant, id)
		return err
	})
	return c, err
}

// List returns the calls of the actor's tenant that match q. It returns [FieldErrors] for a query that makes no sense.
func (s *Service) List(ctx context.Context, a Actor, q Query) (Page, error) {
	q, err := q.of(a)
	if err != nil {
		return Page{}, err
	}
	return s.store.ListCalls(ctx, q)
}

// Share is [Service.List] without copies, for who only reads: it appends the calls to room, and returns how many match
// q. They are the store's, which gives them to others as well; nobody may change them.
func (s *Service) Share(ctx context.Context, a Actor, q Query, room []*Shared) (calls []*Shared, total int, err error) {
	if q, err = q.of(a); err != nil {
		return nil, 0, err
	}
	return s.store.ShareCalls(ctx, q, room)
}

// All iterates over every call that matches q, in q's order and without regard to its limit. It reads in portions,
// each behind the last row of the one before: calls that come in meanwhile neither repeat nor hide a row. An error
// ends the iteration.
func (s *Service) All(ctx context.Context, a Actor, q Query) iter.Seq2[Call, error] {
	return func(yield func(Call, error) bool) {
		q.Limit = MaxLimit
		for {
			page, err := s.List(ctx, a, q)
			if err != nil {
				yield(Call{}, err)
				return
			}
			for _, c := range page.Calls {
				if !yield(c, nil) {
					return
				}
			}
			if len(page.Calls) < q.Limit {
				return
			}
			q.Offset, q.After = 0, &page.Calls[len(page.Calls)-1]
		}
	}
}

// Assign gives a queued call to an agent: the user with the given id, or the actor if it is empty. To assign again to
// the same user changes nothing and is no error.
//
// Returns [FieldErrors] for a user the directory does not know, and a *[TransitionError] if the call is not queued:
// of two agents who take a call at once, exactly one gets it.
func (s *Service) Assign(ctx context.Context, a Actor, id, userID string) (Call, error) {
	if err := a.Require(RoleAttendant); err != nil {
		return Call{}, err
	}
	if _, err := s.get(ctx, a.Tenant, id); err != nil { // before a question to the directory about the user
		return Call{}, err
	}
	user, err := s.user(ctx, a, userID)
	if err != nil {
		return Call{}, err
	}
	return s.change(ctx, a.Tenant, id, Change{Trigger: Assign, Actor: a.ID, User: user})
}

// Start marks the beginning of the video call. To start an active call changes nothing and is no error. Returns a
// *[TransitionError] in any other state than assigned.
func (s *Service) Start(ctx context.Context, a Actor, id string) (Call, error) {
	if err := a.Require(RoleAttendant); err != nil {
		return Call{}, err
	}
	return s.change(ctx, a.Tenant, id, Change{Trigger: Start, Actor: a.ID})
}

// Complete ends an active call, with the agent's notes if there are any. To complete a completed call changes nothing
// and is no error, but sets the notes if it has none. Returns a *[TransitionError] in any other state, and
// [FieldErrors] for notes that cannot be kept.
func (s *Service) Complete(ctx context.Context, a Actor, id, notes string) (Call, error) {
	if err := a.Require(RoleAttendant); err != nil {
		return Call{}, err
	}
	wrong := FieldErrors{}
	wrong.CheckText("notes", notes, MaxText)
	if err := wrong.Err(); err != nil {
		return Call{}, s.notFoundFirst(ctx, a.Tenant, id, err)
	}
	return s.change(ctx, a.Tenant, id, Change{Trigger: Complete, Actor: a.ID, Notes: notes})
}

// Leave is a participant who hangs up: an active call is completed, a queued or assigned one that the customer leaves
// is cancelled. Everything else is refused with a *[TransitionError].
func (s *Service) Leave(ctx context.Context, tenant, id string, side Side) (Call, error) {
	return s.changeSide(ctx, tenant, id, Change{Trigger: Leave, Side: side})
}

// Join makes a participant present: for the first time, again, or by a connection that takes over from an older one.
// The returned call holds the new epoch, by which the connection is to be lost. A participant who comes back at the
// deadline or later is too late: the call has ended. Returns a *[TransitionError] for an ended call.
func (s *Service) Join(ctx context.Context, tenant, id string, side Side) (Call, error) {
	return s.changeSide(ctx, tenant, id, Change{Trigger: Join, Side: side})
}

// Lose says that the connection with the given epoch is gone. If a newer one has taken over, or the side is away
// already, nothing changes. Returns a *[TransitionError] for an ended call.
func (s *Service) Lose(ctx context.Context, tenant, id string, side Side, epoch uint64) (Call, error) {
	return s.changeSide(ctx, tenant, id, Change{Trigger: Lose, Side: side, Epoch: epoch})
}

func (s *Service) changeSide(ctx context.Context, tenant, id string, ch Change) (Call, error) {
	if !ch.Side.Valid() {
		return Call{}, Invalid("participant", "is invalid")
	}
	return s.change(ctx, tenant, id, ch)
}

// change applies ch, at the present time, in a transaction of its own.
func (s *Service) change(ctx context.Context, tenant, id string, ch Change) (Call, error) {
	if !ValidID(id) || !ValidID(tenant) {
		return Call{}, ErrNotFound
	}
	ch.At = Now()
	var c Call
	var refused error
	err := s.store.Update(ctx, func(tx Tx) error {
		var err error
		c, err = ChangeTx(tx, tenant, id, ch)
		if refused = nil; errors.Is(err, ErrRefused) {
			// A limit that had passed was applied all the same, and is to be kept.
			refused, err = err, nil
		}
		return err
	})
	if err != nil {
		return Call{}, err
	}
	return c, refused
}

// ChangeTx applies ch to a call inside a transaction, for a host that composes one of its own. A limit that had passed
// at ch.At is applied first, so that what is decided never depends on when it was noticed.
//
// An error that Is [ErrRefused] comes with the call as it is now; the transaction should still commit, because a
// limit may have been applied.
func ChangeTx(tx Tx, tenant, id string, ch Change) (Call, error) {
	if ch.At.IsZero() {
		return Call{}, errors.New("call: Change.At is required")
	}
	c, err := CurrentTx(tx, tenant, id, ch.At)
	if err != nil {
		return Call{}, err
	}
	next, events, err := Apply(c, ch)
	if err != nil || len(events) == 0 {
		return next, err
	}
	if err := record(tx, next, events); err != nil {
		return Call{}, err
	}
	if ch.Trigger == Start {
		return next, addWait(tx, next)
	}
	return next, nil
}

// CurrentTx returns a call as it is at a time: if a limit had passed by then that nobody applied yet, it is applied.
// Whoever decides something by the state of a call inside a transaction reads it so. Returns [ErrNotFound].
func CurrentTx(tx RowTx, tenant, id string, now time.Time) (Call, error) {
	c, err := tx.Call(tenant, id)
	if err != nil {
		return Call{}, err
	}
	late, events, ok := Expire(c, now)
	if !ok {
		return c, nil
	}
	return late, record(tx, late, events)
}

// record writes a changed call and the events that report the change.
func record(tx RowTx, c Call, events []Event) error {
	for _, e := range events {
		if _, err := tx.AppendEvent(e); err != nil {
			return fmt.Errorf("append %s: %w", e.Kind, err)
		}
	}
	return tx.PutCall(c)
}

// notFoundFirst returns [ErrNotFound] if there is no such call, and err otherwise.
func (s *Service) notFoundFirst(ctx context.Context, tenant, id string, err error) error {
	if _, missing := s.get(ctx, tenant, id); missing != nil {
		return missing
	}
	return err
}
