package tag_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

var (
	attendant = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	manager   = call.Actor{Tenant: "acme", ID: "eva", Name: "Eva", Role: call.RoleManager}
	stranger  = call.Actor{Tenant: "other", ID: "eva", Name: "Eva", Role: call.RoleOwner}
)

// office is the tags, and the calls that bear them, on a store of their own.
type office struct {
	*tag.Service
	calls *call.Service
}

func newOffice(t testing.TB) office {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return office{
		Service: tag.NewService(storage.Narrow[tag.Tx](store)),
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

func (o office) create(t testing.TB, name string) tag.Tag {
	t.Helper()
	created, err := o.Create(t.Context(), manager, tag.Tag{Name: name})
	require.NoError(t, err)
	return created
}

func (o office) add(t testing.TB, callID string, tags ...tag.Tag) {
	t.Helper()
	for _, want := range tags {
		got, added, err := o.Add(t.Context(), attendant, callID, want.ID)
		require.NoError(t, err)
		require.True(t, added)
		require.Equal(t, want, got)
	}
}

func (o office) requireTags(t testing.TB, callID string, want ...tag.Tag) {
	t.Helper()
	got, err := o.List(t.Context(), attendant, callID)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}

// log returns the kinds of the tenant's events that concern tags, each with its subject.
func (o office) log(t testing.TB) (kinds []string) {
	t.Helper()
	last := o.enqueue(t)
	for e, err := range o.calls.Events(t.Context(), "acme", 0) {
		require.NoError(t, err)
		if e.CallID == last {
			break
		}
		if e.Data.Subject != "" {
			kinds = append(kinds, string(e.Kind)+" "+e.Data.Subject)
		}
	}
	return kinds
}

func TestAddInOrder(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	o.requireTags(t, id)
	zebra, apple, melon := o.create(t, "Zebra"), o.create(t, "Apple"), o.create(t, "Melon")
	o.add(t, id, melon, zebra, apple)
	o.requireTags(t, id, melon, zebra, apple)
	o.requireTags(t, o.enqueue(t))
}

func TestAddAgain(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	first, second := o.create(t, "First"), o.create(t, "Second")
	o.add(t, id, first, second)
	got, added, err := o.Add(t.Context(), attendant, id, first.ID)
	require.NoError(t, err)
	assert.False(t, added)
	assert.Equal(t, first, got)
	o.requireTags(t, id, first, second)
	assert.Equal(t, []string{
		"tag.created " + first.ID, "tag.created " + second.ID,
		"call.tag_added " + first.ID, "call.tag_added " + second.ID,
	}, o.log(t))
}

// TestAddRace: of many who add one tag at once, one does.
func TestAddRace(t *testing.T) {
	o := newOffice(t)
	id, urgent := o.enqueue(t), o.create(t, "Urgent")
	var wg sync.WaitGroup
	added := make([]bool, 32)
	for i := range added {
		wg.Go(func() {
			var err error
			_, added[i], err = o.Add(t.Context(), attendant, id, urgent.ID)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	n := 0
	for _, yes := range added {
		if yes {
			n++
		}
	}
	assert.Equal(t, 1, n)
	o.requireTags(t, id, urgent)
}

func TestAddUnknownTag(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	theirs, err := o.Create(t.Context(), stranger, tag.Tag{Name: "Theirs"})
	require.NoError(t, err)
	for _, tagID := range []string{"", "unknown", theirs.ID, "\x00", "\xff", "a b", strings.Repeat("x", 4000)} {
		_, added, err := o.Add(t.Context(), attendant, id, tagID)
		assert.False(t, added)
		var wrong call.FieldErrors
		require.ErrorAs(t, err, &wrong, "%q", tagID)
		assert.Contains(t, wrong, "tag_id")
		if tagID == "" {
			assert.Equal(t, call.FieldErrors{"tag_id": {"can't be blank"}}, wrong)
		}
	}
	o.requireTags(t, id)
}

func TestNoSuchCall(t *testing.T) {
	o := newOffice(t)
	urgent := o.create(t, "Urgent")
	mine := o.enqueue(t)
	o.add(t, mine, urgent)
	for _, test := range []struct {
		actor call.Actor
		id    string
	}{
		{attendant, "unknown"},
		{attendant, ""},
		{attendant, "\x00"},
		{attendant, strings.Repeat("x", 4000)},
		{stranger, mine},
	} {
		_, err := o.List(t.Context(), test.actor, test.id)
		assert.ErrorIs(t, err, call.ErrNotFound)
		_, _, err = o.Add(t.Context(), test.actor, test.id, urgent.ID)
		assert.ErrorIs(t, err, call.ErrNotFound)
		_, _, err = o.Add(t.Context(), test.actor, test.id, "")
		assert.ErrorIs(t, err, call.ErrNotFound, "the call is looked for before the field")
		assert.ErrorIs(t, o.Remove(t.Context(), test.actor, test.id, urgent.ID), call.ErrNotFound)
	}
	o.requireTags(t, mine, urgent)
}

func TestRemove(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	first, second, third := o.create(t, "First"), o.create(t, "Second"), o.create(t, "Third")
	o.add(t, id, first, second, third)
	require.NoError(t, o.Remove(t.Context(), attendant, id, second.ID))
	o.requireTags(t, id, first, third)
	for _, tagID := range []string{second.ID, "unknown", "", "\x00", strings.Repeat("x", 4000)} {
		assert.ErrorIs(t, o.Remove(t.Context(), attendant, id, tagID), tag.ErrNotFound, "%q", tagID)
	}
	o.add(t, id, second)
	o.requireTags(t, id, first, third, second)
	assert.Equal(t, []string{"call.tag_removed " + second.ID, "call.tag_added " + second.ID}, o.log(t)[6:])
}

func TestInAnyState(t *testing.T) {
	o := newOffice(t)
	id, urgent := o.enqueue(t), o.create(t, "Urgent")
	_, err := o.calls.Leave(t.Context(), "acme", id, call.SideCustomer)
	require.NoError(t, err)
	o.add(t, id, urgent)
	require.NoError(t, o.Remove(t.Context(), attendant, id, urgent.ID))
}

func TestCreate(t *testing.T) {
	o := newOffice(t)
	minted, err := o.Create(t.Context(), manager, tag.Tag{Name: "  Suporte "})
	require.NoError(t, err)
	parsed, err := uuid.Parse(minted.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 7, parsed.Version())
	assert.Equal(t, tag.Tag{Tenant: "acme", ID: minted.ID, Name: "Suporte", Color: tag.DefaultColor}, minted)

	// An id of the API page, which is no UUID.
	given := tag.Tag{ID: "t1a2b3c4-d5e6-7890-abcd-ef1234567890", Name: "Vendas", Color: "#3b82f6"}
	for range 2 { // the second time changes nothing
		got, err := o.Create(t.Context(), manager, given)
		require.NoError(t, err)
		assert.Equal(t, tag.Tag{Tenant: "acme", ID: given.ID, Name: "Vendas", Color: "#3b82f6"}, got)
	}
	assert.Equal(t, []string{"tag.created " + minted.ID, "tag.created " + given.ID}, o.log(t))
	theirs, err := o.Create(t.Context(), stranger, given)
	require.NoError(t, err)
	assert.Equal(t, "other", theirs.Tenant)
}

func TestCreateValidates(t *testing.T) {
	o := newOffice(t)
	taken := o.create(t, "João")
	for name, test := range map[string]struct {
		tag   tag.Tag
		field string
	}{
		"no name":         {tag.Tag{}, "name"},
		"blank name":      {tag.Tag{Name: " \t"}, "name"},
		"long name":       {tag.Tag{Name: strings.Repeat("é", 81)}, "name"},
		"two lines":       {tag.Tag{Name: "a\nb"}, "name"},
		"invalid UTF-8":   {tag.Tag{Name: "a\xff"}, "name"},
		"no colour":       {tag.Tag{Name: "x", Color: "red"}, "color"},
		"short colour":    {tag.Tag{Name: "x", Color: "#fff"}, "color"},
		"hostile colour":  {tag.Tag{Name: "x", Color: "#ffffff;x"}, "color"},
		"colour and line": {tag.Tag{Name: "x", Color: "#ffffff\n"}, "color"},
		"bad id":          {tag.Tag{Name: "x", ID: "a b"}, "id"},
		"id in use":       {tag.Tag{Name: "x", ID: taken.ID}, "id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := o.Create(t.Context(), manager, test.tag)
			var wrong call.FieldErrors
			require.ErrorAs(t, err, &wrong)
			assert.Contains(t, wrong, test.field)
			assert.Len(t, wrong, 1)
		})
	}
	for _, name := range []string{"João", "JOÃO", "joao", " Joao "} {
		_, err := o.Create(t.Context(), manager, tag.Tag{Name: name})
		assert.ErrorIs(t, err, tag.ErrNameTaken, name)
	}
	all, err := o.Catalogue(t.Context(), attendant)
	require.NoError(t, err)
	assert.Equal(t, []tag.Tag{taken}, all)
}

func TestChange(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	urgent, other := o.create(t, "Urgent"), o.create(t, "Other")
	o.add(t, id, urgent)

	want := urgent
	want.Name = "Very urgent"
	got, err := o.Change(t.Context(), manager, tag.Tag{ID: urgent.ID, Name: "Very urgent"})
	require.NoError(t, err)
	assert.Equal(t, want, got)
	want.Color = "#FF0000"
	got, err = o.Change(t.Context(), manager, tag.Tag{ID: urgent.ID, Color: "#FF0000"})
	require.NoError(t, err)
	assert.Equal(t, want, got)
	o.requireTags(t, id, want)
	_, err = o.Change(t.Context(), manager, tag.Tag{ID: urgent.ID, Name: "very URGENT"})
	require.NoError(t, err, "its own name is not taken")

	_, err = o.Change(t.Context(), manager, tag.Tag{ID: urgent.ID, Name: "OTHER"})
	assert.ErrorIs(t, err, tag.ErrNameTaken)
	_, err = o.Change(t.Context(), stranger, tag.Tag{ID: urgent.ID, Name: "Mine"})
	assert.ErrorIs(t, err, tag.ErrNotFound)
	for _, unknown := range []string{"unknown", "", "\x00", strings.Repeat("x", 4000)} {
		_, err = o.Change(t.Context(), manager, tag.Tag{ID: unknown, Name: "Mine"})
		assert.ErrorIs(t, err, tag.ErrNotFound, "%.10q", unknown)
	}
	before := len(o.log(t))
	_, err = o.Change(t.Context(), manager, tag.Tag{ID: other.ID})
	require.NoError(t, err)
	assert.Len(t, o.log(t), before, "no change, no event")
}

func TestDelete(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	first, second := o.create(t, "First"), o.create(t, "Second")
	o.add(t, id, first, second)
	require.NoError(t, o.Delete(t.Context(), manager, first.ID))
	o.requireTags(t, id, second)
	all, err := o.Catalogue(t.Context(), attendant)
	require.NoError(t, err)
	assert.Equal(t, []tag.Tag{second}, all)
	assert.ErrorIs(t, o.Remove(t.Context(), attendant, id, first.ID), tag.ErrNotFound)
	for _, unknown := range []string{first.ID, "unknown", "", "\x00", strings.Repeat("x", 4000)} {
		assert.ErrorIs(t, o.Delete(t.Context(), manager, unknown), tag.ErrNotFound, "%.10q", unknown)
	}
	assert.ErrorIs(t, o.Delete(t.Context(), stranger, second.ID), tag.ErrNotFound)
	o.create(t, "First") // the name is free again
}

// TestDeletedIsOff: a deleted tag is shown on no call; created again under its id, it is back.
func TestDeletedIsOff(t *testing.T) {
	o := newOffice(t)
	id := o.enqueue(t)
	given := tag.Tag{ID: "t1", Name: "Suporte"}
	first, err := o.Create(t.Context(), manager, given)
	require.NoError(t, err)
	o.add(t, id, first)
	require.NoError(t, o.Delete(t.Context(), manager, "t1"))
	o.requireTags(t, id)
	_, err = o.Create(t.Context(), manager, given)
	require.NoError(t, err)
	o.requireTags(t, id, first)
}

// TestRoles: the catalogue is the managers', the tags of calls are everybody's.
func TestRoles(t *testing.T) {
	o := newOffice(t)
	urgent := o.create(t, "Urgent")
	for i, role := range append([]call.Role{"", "admin"}, call.Roles()...) {
		t.Run(fmt.Sprint("role ", role), func(t *testing.T) {
			a := call.Actor{Tenant: "acme", ID: "zoe", Role: role}
			for name, test := range map[string]struct {
				lowest call.Role
				do     func(tagID string) error
			}{
				"Create": {call.RoleManager, func(string) error {
					_, err := o.Create(t.Context(), a, tag.Tag{Name: fmt.Sprint("new ", i)})
					return err
				}},
				"Change": {call.RoleManager, func(id string) error {
					_, err := o.Change(t.Context(), a, tag.Tag{ID: id, Color: "#000000"})
					return err
				}},
				"Delete":    {call.RoleManager, func(string) error { return o.Delete(t.Context(), a, "unknown") }},
				"Catalogue": {call.RoleAttendant, func(string) error { _, err := o.Catalogue(t.Context(), a); return err }},
				"List":      {call.RoleAttendant, func(string) error { _, err := o.List(t.Context(), a, "unknown"); return err }},
				"Add": {call.RoleAttendant, func(string) error {
					_, _, err := o.Add(t.Context(), a, "unknown", "unknown")
					return err
				}},
				"Remove": {call.RoleAttendant, func(string) error { return o.Remove(t.Context(), a, "unknown", "unknown") }},
			} {
				for _, id := range []string{urgent.ID, "unknown"} {
					err := test.do(id)
					if role.AtLeast(test.lowest) {
						assert.NotErrorIs(t, err, call.ErrForbidden, "%s of %s", name, id)
					} else {
						assert.ErrorIs(t, err, call.ErrForbidden, "%s of %s", name, id)
					}
				}
			}
		})
	}
}
