package call_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestEnqueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{Directory: directory{departments: map[string]string{"support": "Support"}}})
		c := enqueue(t, s, maria)
		parsed, err := uuid.Parse(c.ID)
		require.NoError(t, err)
		assert.EqualValues(t, 7, parsed.Version())
		want := call.Call{
			Tenant: "acme", ID: c.ID, Status: call.Queued,
			Department: call.Ref{ID: "support", Name: "Support"}, Customer: maria.Customer, Reason: maria.Reason,
			InsertedAt: time.Now().UTC(), ChangedAt: time.Now().UTC(),
			Limits: call.Limits{Queue: 30 * time.Minute, Answer: time.Minute, Grace: time.Minute},
		}
		assert.Equal(t, want, c)
		assert.Equal(t, want, get(t, s, c.ID))
		events := requireHistory(t, s, c.ID, call.KindCreated)
		assert.Equal(t, call.Event{
			Tenant: "acme", Seq: 1, Time: c.InsertedAt, CallID: c.ID, Kind: call.KindCreated,
			Data: call.Data{To: call.Queued, DepartmentID: "support"},
		}, events[0])
	})
}

func TestEnqueueTrims(t *testing.T) {
	s := newService(t, call.Options{})
	in := maria
	in.Customer = call.Customer{Name: "  Maria da Silva\t", Email: " maria@example.com ", Phone: "\n+55 "}
	c := enqueue(t, s, in)
	assert.Equal(t, call.Customer{Name: "Maria da Silva", Email: "maria@example.com", Phone: "+55"}, c.Customer)
}

func TestEnqueueValidates(t *testing.T) {
	s := newService(t, call.Options{Directory: directory{departments: map[string]string{"support": "Support"}}})
	for name, test := range map[string]struct {
		change func(*call.Intake)
		want   []string
	}{
		"no name":            {func(in *call.Intake) { in.Customer.Name = "" }, []string{"name"}},
		"blank name":         {func(in *call.Intake) { in.Customer.Name = " \t\u00a0 " }, []string{"name"}},
		"name of two lines":  {func(in *call.Intake) { in.Customer.Name = "Maria\nBob" }, []string{"name"}},
		"line separator":     {func(in *call.Intake) { in.Customer.Name = "Maria\u2028Bob" }, []string{"name"}},
		"next line":          {func(in *call.Intake) { in.Customer.Name = "Maria\u0085Bob" }, []string{"name"}},
		"escape":             {func(in *call.Intake) { in.Customer.Name = "\x1b[31mMaria" }, []string{"name"}},
		"NUL":                {func(in *call.Intake) { in.Customer.Name = "Ma\x00ria" }, []string{"name"}},
		"invalid UTF-8":      {func(in *call.Intake) { in.Customer.Name = "Ma\xffria" }, []string{"name"}},
		"long name":          {func(in *call.Intake) { in.Customer.Name = strings.Repeat("é", 201) }, []string{"name"}},
		"no e-mail address":  {func(in *call.Intake) { in.Customer.Email = "maria" }, []string{"email"}},
		"no local part":      {func(in *call.Intake) { in.Customer.Email = "@example.com" }, []string{"email"}},
		"no domain":          {func(in *call.Intake) { in.Customer.Email = "maria@" }, []string{"email"}},
		"space in e-mail":    {func(in *call.Intake) { in.Customer.Email = "maria s@example.com" }, []string{"email"}},
		"header in e-mail":   {func(in *call.Intake) { in.Customer.Email = "m@example.com\r\nBcc: x@y.z" }, []string{"email"}},
		"long e-mail":        {func(in *call.Intake) { in.Customer.Email = strings.Repeat("m", 320) + "@b" }, []string{"email"}},
		"long phone":         {func(in *call.Intake) { in.Customer.Phone = strings.Repeat("1", 41) }, []string{"phone"}},
		"phone of two lines": {func(in *call.Intake) { in.Customer.Phone = "1\n2" }, []string{"phone"}},
		"long reason":        {func(in *call.Intake) { in.Reason = strings.Repeat("é", 20_001) }, []string{"reason"}},
		"NUL in reason":      {func(in *call.Intake) { in.Reason = "\x00" }, []string{"reason"}},
		"no department":      {func(in *call.Intake) { in.Department = "" }, []string{"department_id"}},
		"unknown department": {func(in *call.Intake) { in.Department = "sales" }, []string{"department_id"}},
		"hostile department": {func(in *call.Intake) { in.Department = strings.Repeat("x", 4000) }, []string{"department_id"}},
		"several": {func(in *call.Intake) {
			in.Customer = call.Customer{Email: "x", Phone: "\x01"}
			in.Reason = "\xff"
		}, []string{"name", "email", "phone", "reason"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := maria
			test.change(&in)
			_, err := s.Enqueue(t.Context(), in)
			requireFields(t, err, test.want...)
		})
	}
	page, err := s.List(t.Context(), attendant, call.Query{})
	require.NoError(t, err)
	assert.Zero(t, page.Total, "a refused call is there")
}

func TestEnqueueAccepts(t *testing.T) {
	s := newService(t, call.Options{})
	for _, in := range []call.Intake{
		{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"}},
		{Tenant: "acme", Department: "support", Customer: call.Customer{Name: strings.Repeat("é", 200)}},
		{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "李", Email: "li@例子.中国"}},
		{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "%_.*"}, Reason: "two\nlines\tand a tab"},
		{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Ana"}, Reason: strings.Repeat("é", 20_000)},
	} {
		c := enqueue(t, s, in)
		assert.Equal(t, in.Customer, c.Customer)
		assert.Equal(t, in.Reason, c.Reason)
	}
}

func TestEnqueueUnknownTenant(t *testing.T) {
	s := newService(t, call.Options{Tenants: tenants{"acme": {}}})
	for _, slug := range []string{"other", "", "\x00", strings.Repeat("x", 4000)} {
		in := maria
		in.Tenant = slug
		_, err := s.Enqueue(t.Context(), in)
		assert.ErrorIs(t, err, call.ErrTenantNotFound, "%q", slug)
	}
}

func TestQueueFull(t *testing.T) {
	s := newService(t, call.Options{Tenants: tenants{"acme": {MaxQueue: 2}, "other": {MaxQueue: 2}}})
	first := enqueue(t, s, maria)
	enqueue(t, s, maria)
	_, err := s.Enqueue(t.Context(), maria)
	require.ErrorIs(t, err, call.ErrQueueFull)

	elsewhere := maria
	elsewhere.Department = "sales"
	enqueue(t, s, elsewhere)
	elsewhere = maria
	elsewhere.Tenant = "other"
	enqueue(t, s, elsewhere)

	_, err = s.Assign(t.Context(), attendant, first.ID, "")
	require.NoError(t, err)
	enqueue(t, s, maria) // who is assigned no longer waits

	state, err := s.QueueState(t.Context(), "acme", "support")
	require.NoError(t, err)
	assert.Equal(t, 2, state.Size)
}

// TestHostErrors: what the host's own interfaces fail with is passed on, and nothing is written.
func TestHostErrors(t *testing.T) {
	down := errors.New("the directory is down")
	store := newStore(t)
	s := call.NewService(storageOf(store), call.Options{Directory: broken{down}})
	_, err := s.Enqueue(t.Context(), maria)
	require.ErrorIs(t, err, down)

	c := enqueue(t, call.NewService(storageOf(store), call.Options{}), maria)
	_, err = s.Assign(t.Context(), attendant, c.ID, "")
	require.ErrorIs(t, err, down)
	assert.Equal(t, call.Queued, get(t, s, c.ID).Status)

	s = call.NewService(storageOf(store), call.Options{Tenants: broken{down}})
	_, err = s.Enqueue(t.Context(), maria)
	require.ErrorIs(t, err, down)
}

// broken is a host that is down.
type broken struct{ err error }

func (b broken) User(context.Context, string, string) (call.Ref, error) { return call.Ref{}, b.err }
func (b broken) Department(context.Context, string, string) (call.Ref, error) {
	return call.Ref{}, b.err
}
func (b broken) Tenant(context.Context, string) (call.Tenant, error) { return call.Tenant{}, b.err }
