package call_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var (
	attendant = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	colleague = call.Actor{Tenant: "acme", ID: "bob", Name: "Bob", Role: call.RoleAttendant}
	manager   = call.Actor{Tenant: "acme", ID: "eva", Name: "Eva", Role: call.RoleManager}
	stranger  = call.Actor{Tenant: "other", ID: "ana", Name: "Ana", Role: call.RoleOwner}
)

var maria = call.Intake{
	Tenant: "acme", Department: "support",
	Customer: call.Customer{Name: "Maria", Email: "maria@example.com", Phone: "+55 11 99999"},
	Reason:   "it does not start",
}

// newStore returns a store that lasts as long as the test.
func newStore(t testing.TB) storage.Store {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return store
}

// newService returns a service on a store of its own.
func newService(t testing.TB, o call.Options) *call.Service {
	t.Helper()
	return call.NewService(storageOf(newStore(t)), o)
}

func enqueue(t testing.TB, s *call.Service, in call.Intake) call.Call {
	t.Helper()
	c, err := s.Enqueue(t.Context(), in)
	require.NoError(t, err)
	return c
}

// activate brings a new call to the state active, with Ana as the agent.
func activate(t testing.TB, s *call.Service) call.Call {
	t.Helper()
	c := enqueue(t, s, maria)
	_, err := s.Assign(t.Context(), attendant, c.ID, "")
	require.NoError(t, err)
	c, err = s.Start(t.Context(), attendant, c.ID)
	require.NoError(t, err)
	return c
}

func get(t testing.TB, s *call.Service, id string) call.Call {
	t.Helper()
	c, err := s.Get(t.Context(), attendant, id)
	require.NoError(t, err)
	return c
}

// requireHistory checks the kinds of all that the log has about a call.
func requireHistory(t testing.TB, s *call.Service, id string, want ...call.Kind) []call.Event {
	t.Helper()
	events, err := s.Timeline(t.Context(), attendant, id)
	require.NoError(t, err)
	requireKinds(t, want, events)
	return events
}

// requireFields checks which fields an input was refused for.
func requireFields(t testing.TB, err error, want ...string) {
	t.Helper()
	var wrong call.FieldErrors
	require.ErrorAs(t, err, &wrong)
	var got []string
	for field, messages := range wrong.Fields() {
		got = append(got, field)
		assert.NotEmpty(t, messages)
	}
	assert.ElementsMatch(t, want, got)
}

// directory knows users and departments by their ids.
type directory struct{ users, departments map[string]string }

func (d directory) User(_ context.Context, _, id string) (call.Ref, error) {
	if name, ok := d.users[id]; ok {
		return call.Ref{ID: id, Name: name}, nil
	}
	return call.Ref{}, call.ErrUserNotFound
}

func (d directory) Department(_ context.Context, _, id string) (call.Ref, error) {
	if name, ok := d.departments[id]; ok {
		return call.Ref{ID: id, Name: name}, nil
	}
	return call.Ref{}, call.ErrDepartmentNotFound
}

// tenants knows companies by their slugs.
type tenants map[string]call.Tenant

func (t tenants) Tenant(_ context.Context, slug string) (call.Tenant, error) {
	if tenant, ok := t[slug]; ok {
		return tenant, nil
	}
	return call.Tenant{}, call.ErrTenantNotFound
}

// operations is every method that names a call, as a manager and on behalf of participants.
func operations(s *call.Service) map[string]func(ctx context.Context, a call.Actor, id string) error {
	return map[string]func(ctx context.Context, a call.Actor, id string) error{
		"Get": func(ctx context.Context, a call.Actor, id string) error { _, err := s.Get(ctx, a, id); return err },
		"Assign": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Assign(ctx, a, id, "")
			return err
		},
		"Start": func(ctx context.Context, a call.Actor, id string) error { _, err := s.Start(ctx, a, id); return err },
		"Complete": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Complete(ctx, a, id, "")
			return err
		},
		"Complete with unusable notes": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Complete(ctx, a, id, "\x00")
			return err
		},
		"Timeline": func(ctx context.Context, a call.Actor, id string) error { _, err := s.Timeline(ctx, a, id); return err },
		"Leave": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Leave(ctx, a.Tenant, id, call.SideCustomer)
			return err
		},
		"Join": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Join(ctx, a.Tenant, id, call.SideCustomer)
			return err
		},
		"Lose": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Lose(ctx, a.Tenant, id, call.SideCustomer, 1)
			return err
		},
		"Evaluate": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Evaluate(ctx, a.Tenant, id, 5, "")
			return err
		},
		"Evaluate with an unusable rating": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Evaluate(ctx, a.Tenant, id, 6, "")
			return err
		},
		"Waiting": func(ctx context.Context, a call.Actor, id string) error {
			_, err := s.Waiting(ctx, a.Tenant, id)
			return err
		},
	}
}

// TestNotFound: a call of another tenant is no call, and neither is an id that none can have.
func TestNotFound(t *testing.T) {
	s := newService(t, call.Options{})
	c := enqueue(t, s, maria)
	for name, operation := range operations(s) {
		t.Run(name, func(t *testing.T) {
			assert.ErrorIs(t, operation(t.Context(), stranger, c.ID), call.ErrNotFound)
			for _, id := range []string{
				"", "no-such-call", "\x00", "\xff", "a b", c.ID + "\n", strings.Repeat("x", 4000), "../" + c.ID, c.ID[:8],
			} {
				assert.ErrorIs(t, operation(t.Context(), manager, id), call.ErrNotFound, "%q", id)
			}
		})
	}
	assert.Equal(t, c, get(t, s, c.ID))
	requireHistory(t, s, c.ID, call.KindCreated)

	page, err := s.List(t.Context(), stranger, call.Query{})
	require.NoError(t, err)
	assert.Zero(t, page.Total)
}

// TestWithoutRole: who has no role, or one that is none, may nothing, and learns nothing.
func TestWithoutRole(t *testing.T) {
	s := newService(t, call.Options{})
	c := enqueue(t, s, maria)
	for _, role := range []call.Role{"", "admin"} {
		nobody := call.Actor{Tenant: "acme", ID: "ana", Role: role}
		for _, id := range []string{c.ID, "no-such-call"} {
			for _, name := range []string{"Get", "Assign", "Start", "Complete", "Timeline"} {
				assert.ErrorIs(t, operations(s)[name](t.Context(), nobody, id), call.ErrForbidden, name)
			}
		}
		_, err := s.List(t.Context(), nobody, call.Query{})
		assert.ErrorIs(t, err, call.ErrForbidden)
		_, err = s.Import(t.Context(), nobody, nil)
		assert.ErrorIs(t, err, call.ErrForbidden)
		for _, err := range s.All(t.Context(), nobody, call.Query{}) {
			assert.ErrorIs(t, err, call.ErrForbidden)
		}
	}
	for _, a := range []call.Actor{attendant, {Tenant: "acme", ID: "sam", Role: call.RoleSupervisor}} {
		_, err := s.Import(t.Context(), a, nil)
		assert.ErrorIs(t, err, call.ErrForbidden)
	}
}

// TestEveryStateAgainstEveryOperation drives the service, on stored calls, through what the pure table says.
func TestEveryStateAgainstEveryOperation(t *testing.T) {
	allowed := map[string][]call.Status{
		"Assign":   {call.Queued, call.Assigned},
		"Start":    {call.Assigned, call.Active},
		"Complete": {call.Active, call.Completed},
		"Leave":    {call.Queued, call.Assigned, call.Active},
		"Join":     {call.Queued, call.Assigned, call.Active},
		"Lose":     {call.Queued, call.Assigned, call.Active},
		"Evaluate": {call.Completed},
	}
	for _, status := range call.Statuses() {
		for name, in := range allowed {
			t.Run(string(status)+"/"+name, func(t *testing.T) {
				s := newService(t, call.Options{})
				c := stored(t, s, status)
				before, err := s.Timeline(t.Context(), attendant, c.ID)
				require.NoError(t, err)

				err = operations(s)[name](t.Context(), attendant, c.ID)
				for _, ok := range in {
					if status == ok {
						assert.NoError(t, err)
						return
					}
				}
				var refused *call.TransitionError
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, status, refused.From)
				assert.Equal(t, c, get(t, s, c.ID))
				after, err := s.Timeline(t.Context(), attendant, c.ID)
				require.NoError(t, err)
				assert.Equal(t, before, after)
			})
		}
	}
}

// stored brings a new call into a state, through the service alone.
func stored(t testing.TB, s *call.Service, status call.Status) call.Call {
	t.Helper()
	var c call.Call
	var err error
	switch status {
	case call.Queued:
		return enqueue(t, s, maria)
	case call.Assigned:
		c, err = s.Assign(t.Context(), attendant, enqueue(t, s, maria).ID, "")
	case call.Active:
		return activate(t, s)
	case call.Completed:
		c, err = s.Complete(t.Context(), attendant, activate(t, s).ID, "")
	case call.Cancelled:
		c, err = s.Leave(t.Context(), "acme", enqueue(t, s, maria).ID, call.SideCustomer)
	default: // those that only time brings about are imported
		c = finished(string(status))
		c.Status, c.EndReason, c.StartedAt = status, "", time.Time{}
		var results []call.ImportResult
		results, err = s.Import(t.Context(), manager, []call.Call{c})
		require.NoError(t, err)
		require.NoError(t, results[0].Err)
		c = get(t, s, c.ID)
	}
	require.NoError(t, err)
	require.Equal(t, status, c.Status)
	return c
}

func storageOf(s storage.Store) call.Store { return storage.NarrowCalls(s) }
