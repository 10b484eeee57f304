package presence_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/presence"
)

var (
	anaUser = call.Ref{ID: "ana", Name: "Ana"}
	bobUser = call.Ref{ID: "bob", Name: "Bob"}
)

func track(t *testing.T, r *presence.Roster, user call.Ref, departments ...string) *presence.Connection {
	t.Helper()
	c, err := r.Track(t.Context(), "acme", departments, user)
	require.NoError(t, err)
	return c
}

func setStatus(t *testing.T, c *presence.Connection, s presence.Status) {
	t.Helper()
	require.NoError(t, c.SetStatus(s))
}

// TestRoster: several connections of a user are one user with several metas.
func TestRoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := presence.NewRoster()
		assert.Zero(t, r.Online("acme", "support"))
		assert.Empty(t, r.State("acme", "support"))

		bob := track(t, r, bobUser, "support", "sales", "support")
		desk := track(t, r, anaUser, "support")
		time.Sleep(time.Second)
		phone := track(t, r, call.Ref{ID: "ana", Name: "Ana Souza"}, "support")
		assert.Equal(t, 2, r.Online("acme", "support"))
		assert.Equal(t, 1, r.Online("acme", "sales"))
		assert.Zero(t, r.Online("other", "support"), "of another tenant")

		state := r.State("acme", "support")
		require.Len(t, state, 2)
		assert.Equal(t, call.Ref{ID: "ana", Name: "Ana Souza"}, state[0].User)
		assert.Equal(t, bobUser, state[1].User)
		require.Len(t, state[0].Metas, 2)
		first, second := state[0].Metas[0], state[0].Metas[1]
		assert.NotEqual(t, first.Ref, second.Ref)
		assert.Equal(t, time.Second, second.OnlineAt.Sub(first.OnlineAt))
		assert.Equal(t, presence.Available, first.Status)
		require.Len(t, state[1].Metas, 1, "a department that is named twice is one")
		state[0].Metas[0].Status = presence.Away
		assert.Equal(t, first, r.State("acme", "support")[0].Metas[0], "a state is a copy")

		setStatus(t, desk, presence.Busy)
		changed := r.State("acme", "support")[0].Metas
		assert.Equal(t, presence.Meta{
			Ref: changed[0].Ref, PrevRef: first.Ref, OnlineAt: first.OnlineAt, Status: presence.Busy,
		}, changed[0])
		assert.NotEqual(t, first.Ref, changed[0].Ref)
		assert.Equal(t, second, changed[1])
		setStatus(t, desk, presence.Busy)
		assert.Equal(t, changed, r.State("acme", "support")[0].Metas, "nothing has changed")

		for _, step := range []struct {
			do   func()
			want int
			why  string
		}{
			{func() { setStatus(t, phone, presence.Away) }, 2, "she is still at the desk, though busy"},
			{func() { setStatus(t, desk, presence.Away) }, 1, "she is away everywhere"},
			{func() { setStatus(t, phone, presence.Busy) }, 2, "busy is there"},
			{desk.Close, 2, "one connection is left"},
			{desk.Close, 2, "and closing again closes no other"},
			{func() { setStatus(t, desk, presence.Available) }, 2, "what is closed says nothing"},
			{phone.Close, 1, "nobody of hers is left"},
			{bob.Close, 0, "nor of his"},
		} {
			step.do()
			assert.Equal(t, step.want, r.Online("acme", "support"), step.why)
		}
		assert.Empty(t, r.State("acme", "support"))
		assert.Empty(t, r.State("acme", "sales"))
	})
}

func TestTrackRefusals(t *testing.T) {
	r := presence.NewRoster()
	_, err := r.Track(t.Context(), "", nil, anaUser)
	require.ErrorIs(t, err, call.ErrTenantNotFound)
	_, err = r.Track(t.Context(), "acme", []string{"support"}, call.Ref{ID: "a b"})
	require.Equal(t, call.Invalid("user_id", "is invalid"), err)
	_, err = r.Track(t.Context(), "acme", []string{"support", ""}, anaUser)
	require.Equal(t, call.Invalid("department_id", "is invalid"), err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Track(gone, "acme", []string{"support"}, anaUser)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, r.State("acme", "support"))

	ana := track(t, r, anaUser, "support")
	for _, s := range []presence.Status{"", "offline", "Away"} {
		require.Equal(t, call.Invalid("status", "is invalid"), ana.SetStatus(s))
	}
	assert.Equal(t, 1, r.Online("acme", "support"))
}
