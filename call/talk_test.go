package call_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		c := enqueue(t, s, maria)
		_, err := s.Start(t.Context(), attendant, c.ID)
		requireRefused(t, err, call.Queued, call.Start)
		time.Sleep(12 * time.Second)
		_, err = s.Assign(t.Context(), attendant, c.ID, "")
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		first, err := s.Start(t.Context(), attendant, c.ID)
		require.NoError(t, err)
		assert.Equal(t, call.Active, first.Status)
		assert.Equal(t, time.Now().UTC(), first.StartedAt)
		wait, _ := first.WaitTime()
		assert.Equal(t, 15*time.Second, wait, "from the join to the start")

		time.Sleep(time.Second)
		again, err := s.Start(t.Context(), colleague, c.ID)
		require.NoError(t, err)
		assert.Equal(t, first, again)
		requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned, call.KindStarted)
	})
}

func TestComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		c := activate(t, s)
		time.Sleep(345 * time.Second)
		first, err := s.Complete(t.Context(), attendant, c.ID, "solved")
		require.NoError(t, err)
		assert.Equal(t, call.Completed, first.Status)
		assert.Equal(t, call.EndNormal, first.EndReason)
		assert.Equal(t, "solved", first.Notes)
		assert.Equal(t, time.Now().UTC(), first.CompletedAt())
		duration, _ := first.Duration()
		assert.Equal(t, 345*time.Second, duration)

		time.Sleep(time.Second)
		for _, notes := range []string{"", "solved", "something else"} {
			again, err := s.Complete(t.Context(), attendant, c.ID, notes)
			require.NoError(t, err)
			assert.Equal(t, first, again)
		}
		requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted)
	})
}

// TestCompleteAfterHangUp: the customer was faster, the agent's notes are kept all the same.
func TestCompleteAfterHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		c := activate(t, s)
		time.Sleep(time.Minute)
		left, err := s.Leave(t.Context(), "acme", c.ID, call.SideCustomer)
		require.NoError(t, err)
		time.Sleep(time.Minute)

		got, err := s.Complete(t.Context(), attendant, c.ID, "solved")
		require.NoError(t, err)
		want := left
		want.Notes, want.ChangedAt = "solved", time.Now().UTC()
		assert.Equal(t, want, got)
		time.Sleep(time.Minute)
		got, err = s.Complete(t.Context(), attendant, c.ID, "second thoughts")
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, want, get(t, s, c.ID))
		requireHistory(t, s, c.ID,
			call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted, call.KindNoted)
	})
}

func TestCompleteValidates(t *testing.T) {
	s := newService(t, call.Options{})
	c := activate(t, s)
	for _, notes := range []string{"\x00", "a\xff", strings.Repeat("é", 20_001)} {
		_, err := s.Complete(t.Context(), attendant, c.ID, notes)
		requireFields(t, err, "notes")
	}
	assert.Equal(t, call.Active, get(t, s, c.ID).Status)
	done, err := s.Complete(t.Context(), attendant, c.ID, strings.Repeat("é", 20_000))
	require.NoError(t, err)
	assert.Equal(t, call.Completed, done.Status)
}

func TestLeave(t *testing.T) {
	for _, test := range []struct {
		from call.Status
		side call.Side
		to   call.Status // empty: refused
	}{
		{call.Queued, call.SideCustomer, call.Cancelled},
		{call.Assigned, call.SideCustomer, call.Cancelled},
		{call.Active, call.SideCustomer, call.Completed},
		{call.Active, call.SideAgent, call.Completed},
		{call.Queued, call.SideAgent, ""},
		{call.Assigned, call.SideAgent, ""},
		{call.Completed, call.SideCustomer, ""},
		{call.Cancelled, call.SideCustomer, ""},
	} {
		t.Run(string(test.from)+"/"+string(test.side), func(t *testing.T) {
			s := newService(t, call.Options{})
			c := stored(t, s, test.from)
			got, err := s.Leave(t.Context(), "acme", c.ID, test.side)
			if test.to == "" {
				requireRefused(t, err, test.from, call.Leave)
				assert.Equal(t, c, get(t, s, c.ID))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.to, got.Status)
			assert.False(t, got.EndedAt.IsZero())
			if test.to == call.Completed {
				assert.Equal(t, call.EndNormal, got.EndReason)
				assert.Equal(t, got.EndedAt, got.CompletedAt())
			} else {
				assert.Empty(t, got.EndReason)
				assert.Zero(t, got.CompletedAt(), "it never was active")
			}
			assert.Equal(t, got, get(t, s, c.ID))
		})
	}
}

func TestUnknownSide(t *testing.T) {
	s := newService(t, call.Options{})
	c := activate(t, s)
	for _, side := range []call.Side{"", "observer"} {
		_, err := s.Leave(t.Context(), "acme", c.ID, side)
		requireFields(t, err, "participant")
		_, err = s.Join(t.Context(), "acme", c.ID, side)
		requireFields(t, err, "participant")
		_, err = s.Lose(t.Context(), "acme", c.ID, side, 0)
		requireFields(t, err, "participant")
	}
	assert.Equal(t, c, get(t, s, c.ID))
}

func TestEvaluate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		c := stored(t, s, call.Completed)
		for _, rating := range []int{-1, 0, 6, 1 << 40} {
			_, err := s.Evaluate(t.Context(), "acme", c.ID, rating, "")
			requireFields(t, err, "rating")
		}
		_, err := s.Evaluate(t.Context(), "acme", c.ID, 3, "\xff")
		requireFields(t, err, "comment")
		_, err = s.Evaluate(t.Context(), "acme", c.ID, 0, strings.Repeat("x", 20_001))
		requireFields(t, err, "rating", "comment")

		time.Sleep(time.Minute)
		got, err := s.Evaluate(t.Context(), "acme", c.ID, 4, "kind and quick")
		require.NoError(t, err)
		want := c
		want.Rating, want.Comment, want.ChangedAt = 4, "kind and quick", time.Now().UTC()
		assert.Equal(t, want, got)
		for range 2 {
			time.Sleep(time.Minute)
			_, err = s.Evaluate(t.Context(), "acme", c.ID, 4, "kind and quick")
			require.ErrorIs(t, err, call.ErrRated)
		}
		assert.Equal(t, want, get(t, s, c.ID))
		events := requireHistory(t, s, c.ID,
			call.KindCreated, call.KindAssigned, call.KindStarted, call.KindCompleted, call.KindEvaluated)
		assert.Equal(t, call.Data{
			From: call.Completed, To: call.Completed, Side: call.SideCustomer, Rating: 4,
		}, events[4].Data)
		assert.Equal(t, want.ChangedAt, events[4].Time)

		for rating := 1; rating <= 5; rating++ {
			got, err := s.Evaluate(t.Context(), "acme", stored(t, s, call.Completed).ID, rating, "")
			require.NoError(t, err)
			assert.Equal(t, rating, got.Rating)
		}
	})
}

// TestBackAtTheDeadline: before it is in time, at it and after it is too late, whether or not anybody watches limits.
func TestBackAtTheDeadline(t *testing.T) {
	for _, watched := range []bool{true, false} {
		for _, test := range []struct {
			offset time.Duration
			back   bool
		}{
			{-time.Millisecond, true}, {-time.Microsecond, true}, {0, false}, {time.Millisecond, false}, {time.Hour, false},
		} {
			t.Run(test.offset.String()+"/"+map[bool]string{true: "watched", false: "alone"}[watched], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newService(t, call.Options{})
					if watched {
						defer run(t, s)()
					}
					c := activate(t, s)
					c, err := s.Join(t.Context(), "acme", c.ID, call.SideCustomer)
					require.NoError(t, err)
					require.EqualValues(t, 1, c.CustomerConn.Epoch)
					time.Sleep(10 * time.Second)
					c, err = s.Lose(t.Context(), "acme", c.ID, call.SideCustomer, 1)
					require.NoError(t, err)
					deadline := c.CustomerConn.Deadline
					require.Equal(t, time.Now().Add(time.Minute).UTC(), deadline)

					time.Sleep(time.Minute + test.offset)
					back, err := s.Join(t.Context(), "acme", c.ID, call.SideCustomer)
					if test.back {
						require.NoError(t, err)
						assert.EqualValues(t, 2, back.CustomerConn.Epoch)
						assert.Equal(t, time.Now().UTC(), back.ReconnectedAt)
						time.Sleep(2 * time.Minute)
						synctest.Wait()
						assert.Equal(t, call.Active, get(t, s, c.ID).Status)
						return
					}
					requireRefused(t, err, call.Completed, call.Join)
					got := get(t, s, c.ID)
					assert.Equal(t, call.Completed, got.Status)
					assert.Equal(t, call.EndDisconnect, got.EndReason)
					assert.Equal(t, deadline, got.CompletedAt())
					requireHistory(t, s, c.ID, call.KindCreated, call.KindAssigned, call.KindStarted,
						call.KindJoined, call.KindDisconnected, call.KindCompleted)
				})
			})
		}
	}
}

// TestLateLoss: the connection that was taken over ends at last, and that means nothing.
func TestLateLoss(t *testing.T) {
	s := newService(t, call.Options{})
	c := activate(t, s)
	for want := uint64(1); want <= 2; want++ {
		var err error
		c, err = s.Join(t.Context(), "acme", c.ID, call.SideAgent)
		require.NoError(t, err)
		assert.Equal(t, want, c.AgentConn.Epoch)
	}
	got, err := s.Lose(t.Context(), "acme", c.ID, call.SideAgent, 1)
	require.NoError(t, err)
	assert.Equal(t, c, got)
	assert.Equal(t, c, get(t, s, c.ID))
}

// TestOverdueLimitComesFirst: what is decided does not depend on when a limit is noticed.
func TestOverdueLimitComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{}) // nobody watches
		c := enqueue(t, s, maria)
		time.Sleep(30 * time.Minute)
		_, err := s.Assign(t.Context(), attendant, c.ID, "")
		requireRefused(t, err, call.Abandoned, call.Assign)
		got := get(t, s, c.ID)
		assert.Equal(t, call.Abandoned, got.Status, "the limit that was found passed is kept")
		assert.Equal(t, c.InsertedAt.Add(30*time.Minute), got.EndedAt)
		requireHistory(t, s, c.ID, call.KindCreated, call.KindAbandoned)
	})
}
