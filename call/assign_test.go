package call_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestAssign(t *testing.T) {
	staff := directory{
		users:       map[string]string{"bob": "Bob Silva", "ana": "Ana Souza"},
		departments: map[string]string{"support": "Support"},
	}
	outsider := call.Actor{Tenant: "acme", ID: "zoe", Name: "Zoe", Role: call.RoleAttendant}
	for name, test := range map[string]struct {
		options call.Options
		actor   call.Actor
		userID  string
		want    call.Ref
	}{
		"to oneself":                                 {call.Options{}, attendant, "", call.Ref{ID: "ana", Name: "Ana"}},
		"to oneself by id":                           {call.Options{}, attendant, "ana", call.Ref{ID: "ana", Name: "Ana"}},
		"to oneself, as the directory says":          {call.Options{Directory: staff}, attendant, "", call.Ref{ID: "ana", Name: "Ana Souza"}},
		"to oneself, whom the directory lacks":       {call.Options{Directory: staff}, outsider, "", call.Ref{ID: "zoe", Name: "Zoe"}},
		"to another":                                 {call.Options{}, attendant, "bob", call.Ref{ID: "bob"}},
		"to another, with the name from a directory": {call.Options{Directory: staff}, attendant, "bob", call.Ref{ID: "bob", Name: "Bob Silva"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, test.options)
				queued := enqueue(t, s, maria)
				time.Sleep(12 * time.Second)
				c, err := s.Assign(t.Context(), test.actor, queued.ID, test.userID)
				require.NoError(t, err)
				want := queued
				want.Status, want.User = call.Assigned, test.want
				want.AssignedAt, want.ChangedAt = time.Now().UTC(), time.Now().UTC()
				assert.Equal(t, want, c)
				assert.Equal(t, c, get(t, s, c.ID))
				events := requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned)
				assert.Equal(t, test.actor.ID, events[1].Actor)
				assert.Equal(t, test.want.ID, events[1].Data.UserID)
			})
		})
	}
}

func TestAssignUnknownUser(t *testing.T) {
	s := newService(t, call.Options{Directory: directory{departments: map[string]string{"support": ""}}})
	c := enqueue(t, s, maria)
	for _, id := range []string{"nobody", "a b", "\x00", "\xff"} {
		_, err := s.Assign(t.Context(), attendant, c.ID, id)
		requireFields(t, err, "user_id")
	}
	assert.Equal(t, c, get(t, s, c.ID))
}

func TestAssignAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		c := enqueue(t, s, maria)
		first, err := s.Assign(t.Context(), attendant, c.ID, "")
		require.NoError(t, err)
		time.Sleep(5 * time.Second)

		again, err := s.Assign(t.Context(), attendant, c.ID, "")
		require.NoError(t, err)
		assert.Equal(t, first, again, "with the first times")
		again, err = s.Assign(t.Context(), colleague, c.ID, "ana")
		require.NoError(t, err)
		assert.Equal(t, first, again)

		_, err = s.Assign(t.Context(), colleague, c.ID, "")
		requireRefused(t, err, call.Assigned, call.Assign)
		requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned)
	})
}

// TestAssignRace: of many agents who take a call at once exactly one gets it.
func TestAssignRace(t *testing.T) {
	s := newService(t, call.Options{})
	c := enqueue(t, s, maria)
	const agents = 64
	var wg sync.WaitGroup
	won := make([]bool, agents)
	for i := range agents {
		wg.Go(func() {
			a := call.Actor{Tenant: "acme", ID: fmt.Sprint("agent-", i), Role: call.RoleAttendant}
			got, err := s.Assign(t.Context(), a, c.ID, "")
			if won[i] = err == nil; won[i] {
				assert.Equal(t, a.ID, got.User.ID)
			} else {
				assert.ErrorIs(t, err, call.ErrRefused)
			}
		})
	}
	wg.Wait()
	winners := 0
	for i, w := range won {
		if w {
			winners++
			assert.Equal(t, fmt.Sprint("agent-", i), get(t, s, c.ID).User.ID)
		}
	}
	assert.Equal(t, 1, winners)
	requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned)
}
