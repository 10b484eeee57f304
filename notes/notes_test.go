package notes_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var (
	attendant  = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	supervisor = call.Actor{Tenant: "acme", ID: "sam", Name: "Sam Supervisor", Role: call.RoleSupervisor}
	manager    = call.Actor{Tenant: "acme", ID: "eva", Name: "Eva", Role: call.RoleManager}
	stranger   = call.Actor{Tenant: "other", ID: "eva", Name: "Eva", Role: call.RoleOwner}
)

// office is the notes, and the calls that they are about, on a store of their own.
type office struct {
	*notes.Service
	store notes.Store
	calls *call.Service
}

func newOffice(t testing.TB) office {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	narrow := storage.Narrow[notes.Tx](store)
	return office{
		Service: notes.NewService(narrow),
		store:   narrow,
		calls:   call.NewService(storage.NarrowCalls(store), call.Options{}),
	}
}

func (o office) enqueue(t testing.TB) string {
	t.Helper()
	c, err := o.calls.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	return c.ID
}

func (o office) completed(t testing.TB) string {
	t.Helper()
	id := o.enqueue(t)
	_, err := o.calls.Assign(t.Context(), attendant, id, "")
	require.NoError(t, err)
	_, err = o.calls.Start(t.Context(), attendant, id)
	require.NoError(t, err)
	_, err = o.calls.Complete(t.Context(), attendant, id, "")
	require.NoError(t, err)
	return id
}

func textsOf(all []notes.Note) (texts []string) {
	for _, n := range all {
		texts = append(texts, n.Text)
	}
	return texts
}

// Of two who write at once, the one who began first may come second.
func TestNotesRiseInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		id := o.completed(t)
		late := notes.NewService(lateStore{o.store})
		slow := make(chan error)
		go func() {
			_, err := late.Add(t.Context(), supervisor, id, "began first")
			slow <- err
		}()
		time.Sleep(lateBy / 2)
		_, err := o.Add(t.Context(), supervisor, id, "came first")
		require.NoError(t, err)
		require.NoError(t, <-slow)

		all, err := o.List(t.Context(), supervisor, id)
		require.NoError(t, err)
		assert.Equal(t, []string{"came first", "began first"}, textsOf(all))
		assert.Equal(t, all[0].Time, all[1].Time)
		events, err := o.calls.Timeline(t.Context(), attendant, id)
		require.NoError(t, err)
		assert.True(t, slices.IsSortedFunc(events, func(a, b call.Event) int { return a.Time.Compare(b.Time) }))
	})
}

const lateBy = time.Second

// lateStore begins its transactions late.
type lateStore struct{ notes.Store }

func (s lateStore) Update(ctx context.Context, fn func(notes.Tx) error) error {
	time.Sleep(lateBy)
	return s.Store.Update(ctx, fn)
}

func TestAdd(t *testing.T) {
	o := newOffice(t)
	id := o.completed(t)
	before := call.Now()
	all, err := o.Add(t.Context(), supervisor, id, "Excellent service.")
	require.NoError(t, err)
	require.Len(t, all, 1)
	first := all[0]
	assert.False(t, first.Time.Before(before))
	assert.Equal(t, notes.Note{
		Tenant: "acme", CallID: id, Seq: first.Seq, ID: first.ID, Time: first.Time,
		AuthorID: "sam", AuthorName: "Sam Supervisor", Text: "Excellent service.",
	}, first)

	all, err = o.Add(t.Context(), manager, id, "Request customer feedback.")
	require.NoError(t, err)
	assert.Equal(t, []string{"Excellent service.", "Request customer feedback."}, textsOf(all))
	assert.Equal(t, first, all[0], "what was written stays as it was")
	listed, err := o.List(t.Context(), supervisor, id)
	require.NoError(t, err)
	assert.Equal(t, all, listed)

	events, err := o.calls.Timeline(t.Context(), attendant, id)
	require.NoError(t, err)
	for i, e := range events[len(events)-2:] {
		assert.Equal(t, call.KindNoteAdded, e.Kind)
		assert.Equal(t, all[i].AuthorID, e.Actor)
		assert.Equal(t, call.Data{Subject: all[i].ID}, e.Data)
	}
}

// TestOrder: notes stand in the order in which they were committed, whoever writes them at once.
func TestOrder(t *testing.T) {
	o := newOffice(t)
	id := o.completed(t)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			_, err := o.Add(t.Context(), supervisor, id, "note")
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	all, err := o.List(t.Context(), supervisor, id)
	require.NoError(t, err)
	require.Len(t, all, 32)
	for i := 1; i < len(all); i++ {
		require.Greater(t, all[i].Seq, all[i-1].Seq)
	}
}

// TestOrderOfChecks: role, call, text, state.
func TestOrderOfChecks(t *testing.T) {
	o := newOffice(t)
	queued, done := o.enqueue(t), o.completed(t)
	for name, test := range map[string]struct {
		actor call.Actor
		id    string
		text  string
		want  error
	}{
		"attendant":                      {attendant, done, "text", notes.ErrRole},
		"attendant, no call, no text":    {attendant, "unknown", "", notes.ErrRole},
		"no role":                        {call.Actor{Tenant: "acme"}, done, "text", notes.ErrRole},
		"unknown role":                   {call.Actor{Tenant: "acme", Role: "admin"}, done, "text", notes.ErrRole},
		"no call":                        {supervisor, "unknown", "text", call.ErrNotFound},
		"no call, no text":               {supervisor, "unknown", "", call.ErrNotFound},
		"no id":                          {supervisor, "", "text", call.ErrNotFound},
		"hostile id":                     {supervisor, strings.Repeat("x", 4000), "text", call.ErrNotFound},
		"call of another tenant":         {stranger, done, "text", call.ErrNotFound},
		"no text":                        {supervisor, done, "", notes.ErrEmpty},
		"no text, call not completed":    {supervisor, queued, "", notes.ErrEmpty},
		"call that is not completed yet": {supervisor, queued, "text", notes.ErrNotCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := o.Add(t.Context(), test.actor, test.id, test.text)
			require.ErrorIs(t, err, test.want)
		})
	}
	all, err := o.List(t.Context(), supervisor, done)
	require.NoError(t, err)
	assert.Empty(t, all)

	// The sentinels are kinds of the general ones, and read as the page of the API words them.
	assert.ErrorIs(t, notes.ErrRole, call.ErrForbidden)
	assert.ErrorIs(t, notes.ErrNotCompleted, call.ErrRefused)
	assert.EqualError(t, notes.ErrRole, "Only owner, manager, or supervisor can add notes")
	var fields interface{ Fields() map[string][]string }
	require.ErrorAs(t, notes.ErrEmpty, &fields)
	assert.Equal(t, map[string][]string{"notes": {"Field notes is empty"}}, fields.Fields())
}

func TestRoles(t *testing.T) {
	o := newOffice(t)
	id := o.completed(t)
	for _, role := range call.Roles() {
		a := call.Actor{Tenant: "acme", ID: "zoe", Role: role}
		_, addErr := o.Add(t.Context(), a, id, "text")
		_, listErr := o.List(t.Context(), a, id)
		if role == call.RoleAttendant {
			assert.ErrorIs(t, addErr, call.ErrForbidden)
			assert.ErrorIs(t, listErr, call.ErrForbidden)
		} else {
			assert.NoError(t, addErr)
			assert.NoError(t, listErr)
		}
	}
}

func TestTexts(t *testing.T) {
	o := newOffice(t)
	id := o.completed(t)
	for _, text := range []string{
		"", " ", "\n\t\r ", "\u00a0\u2003\u3000", "\u2028\u2029\u0085", "\u200b\u200d\ufeff", "\x00", "\x1b",
	} {
		_, err := o.Add(t.Context(), supervisor, id, text)
		assert.ErrorIs(t, err, notes.ErrEmpty, "%q", text)
	}
	for _, text := range []string{"a\x00b", "a\xff", strings.Repeat("é", 20_001)} {
		_, err := o.Add(t.Context(), supervisor, id, text)
		var wrong call.FieldErrors
		require.ErrorAs(t, err, &wrong)
		assert.Contains(t, wrong, "notes")
	}
	for _, text := range []string{".", " a ", "%_.*", "👍", strings.Repeat("é", 20_000)} {
		all, err := o.Add(t.Context(), supervisor, id, text)
		require.NoError(t, err)
		assert.Equal(t, text, all[len(all)-1].Text)
	}
}

func TestOtherEnds(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	_, err := o.calls.Leave(t.Context(), "acme", id, call.SideCustomer)
	require.NoError(t, err)
	_, err = o.Add(t.Context(), supervisor, id, "text")
	assert.ErrorIs(t, err, notes.ErrNotCompleted, "only completed calls bear notes")
}

// TestErase: names and texts are gone, that there were notes is not.
func TestErase(t *testing.T) {
	o := newOffice(t)
	id, other := o.completed(t), o.completed(t)
	for _, text := range []string{"first", "second"} {
		_, err := o.Add(t.Context(), supervisor, id, text)
		require.NoError(t, err)
	}
	_, err := o.Add(t.Context(), supervisor, other, "of another call")
	require.NoError(t, err)
	before, err := o.List(t.Context(), supervisor, id)
	require.NoError(t, err)

	assert.ErrorIs(t, o.Erase(t.Context(), supervisor, id), call.ErrForbidden)
	assert.ErrorIs(t, o.Erase(t.Context(), manager, "unknown"), call.ErrNotFound)
	assert.ErrorIs(t, o.Erase(t.Context(), manager, "\x00"), call.ErrNotFound)
	assert.ErrorIs(t, o.Erase(t.Context(), stranger, id), call.ErrNotFound)

	for range 2 { // the second time there is nothing left to erase
		require.NoError(t, o.Erase(t.Context(), manager, id))
	}
	after, err := o.List(t.Context(), supervisor, id)
	require.NoError(t, err)
	require.Len(t, after, 2)
	for i, n := range after {
		want := before[i]
		want.AuthorName, want.Text, want.Erased = "", "", true
		assert.Equal(t, want, n)
	}
	rendered := notes.Render(after, time.UTC)
	for _, gone := range []string{"first", "second", "Sam"} {
		assert.NotContains(t, rendered, gone)
	}
	events, err := o.calls.Timeline(t.Context(), attendant, id)
	require.NoError(t, err)
	require.Len(t, events, 8)
	for i, e := range events[6:] {
		assert.Equal(t, call.KindNoteErased, e.Kind)
		assert.Equal(t, "eva", e.Actor)
		assert.Equal(t, before[i].ID, e.Data.Subject)
	}
	left, err := o.List(t.Context(), supervisor, other)
	require.NoError(t, err)
	assert.Equal(t, []string{"of another call"}, textsOf(left))

	all, err := o.Add(t.Context(), supervisor, id, "third")
	require.NoError(t, err)
	assert.Equal(t, []string{"", "", "third"}, textsOf(all))
}
