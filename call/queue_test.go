package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func waiting(t testing.TB, s *call.Service, id string) call.Waiting {
	t.Helper()
	w, err := s.Waiting(t.Context(), "acme", id)
	require.NoError(t, err)
	return w
}

// serve lets a customer wait and then be talked to.
func serve(t testing.TB, s *call.Service, in call.Intake, wait time.Duration) {
	t.Helper()
	c := enqueue(t, s, in)
	time.Sleep(wait)
	_, err := s.Assign(t.Context(), attendant, c.ID, "")
	require.NoError(t, err)
	_, err = s.Start(t.Context(), attendant, c.ID)
	require.NoError(t, err)
	_, err = s.Complete(t.Context(), attendant, c.ID, "")
	require.NoError(t, err)
}

// TestWaiting: the estimate is the mean of the department's recent waits, times the place in the queue.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		serve(t, s, maria, 30*time.Second)
		serve(t, s, maria, 60*time.Second) // 45 seconds in the mean
		elsewhere := maria
		elsewhere.Department = "sales"
		serve(t, s, elsewhere, 29*time.Minute)

		var queue []call.Call
		for range 3 {
			queue = append(queue, enqueue(t, s, maria))
			time.Sleep(time.Millisecond)
		}
		for i, c := range queue {
			w := waiting(t, s, c.ID)
			assert.Equal(t, c, w.Call)
			assert.Equal(t, i+1, w.Position)
			assert.Equal(t, time.Duration(i+1)*45*time.Second, w.Estimate, "nobody online counts as one agent")
		}
		state, err := s.QueueState(t.Context(), "acme", "support")
		require.NoError(t, err)
		assert.Equal(t, 3, state.Size)

		_, err = s.Leave(t.Context(), "acme", queue[0].ID, call.SideCustomer)
		require.NoError(t, err)
		_, err = s.Assign(t.Context(), attendant, queue[1].ID, "")
		require.NoError(t, err)
		for _, c := range queue[:2] {
			w := waiting(t, s, c.ID)
			assert.Zero(t, w.Position)
			assert.Zero(t, w.Estimate)
			assert.NotEqual(t, call.Queued, w.Call.Status)
		}
		last := waiting(t, s, queue[2].ID)
		assert.Equal(t, 1, last.Position)
		assert.Equal(t, 45*time.Second, last.Estimate)
	})
}

// TestWaitingInANewDepartment: without any experience a minute is assumed.
func TestWaitingInANewDepartment(t *testing.T) {
	s := newService(t, call.Options{})
	c := enqueue(t, s, maria)
	w := waiting(t, s, c.ID)
	assert.Equal(t, 1, w.Position)
	assert.Equal(t, time.Minute, w.Estimate)
}

// TestOldWaitsAreForgotten: only the last twenty count.
func TestOldWaitsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		for range 5 {
			serve(t, s, maria, 20*time.Minute)
		}
		for range 20 {
			serve(t, s, maria, 10*time.Second)
		}
		assert.Equal(t, 10*time.Second, waiting(t, s, enqueue(t, s, maria).ID).Estimate)
	})
}

// TestEstimateIsOfWholeSeconds: as all durations are.
func TestEstimateIsOfWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		for _, wait := range []time.Duration{10 * time.Second, 10 * time.Second, 11 * time.Second} {
			serve(t, s, maria, wait)
		}
		w := waiting(t, s, enqueue(t, s, maria).ID)
		assert.Zero(t, w.Estimate%time.Second)
		assert.InDelta(t, 10, w.Estimate.Seconds(), 1)
	})
}

// TestQueueStateIsOfThoseInFront: who looks at the link sees the estimate of the last one in the queue.
func TestQueueStateIsOfThoseInFront(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		var last call.Waiting
		for size := range 3 {
			state, err := s.QueueState(t.Context(), "acme", "support")
			require.NoError(t, err)
			assert.Equal(t, size, state.Size)
			assert.Equal(t, last.Estimate, state.Estimate, "with %d waiting", size)
			last = waiting(t, s, enqueue(t, s, maria).ID)
			assert.Equal(t, size+1, last.Position)
		}
	})
}

func TestQueueStateOfNothing(t *testing.T) {
	s := newService(t, call.Options{})
	enqueue(t, s, maria)
	for _, department := range []string{"sales", "", "\x00"} {
		state, err := s.QueueState(t.Context(), "acme", department)
		require.NoError(t, err)
		assert.Zero(t, state.Size)
	}
	state, err := s.QueueState(t.Context(), "other", "support")
	require.NoError(t, err)
	assert.Zero(t, state.Size)
}

// TestQueueKeepsPlaces: a customer whose phone sleeps keeps the place; who joined first is served first.
func TestQueueKeepsPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		first := enqueue(t, s, maria)
		time.Sleep(time.Second)
		second := enqueue(t, s, maria)
		_, err := s.Join(t.Context(), "acme", first.ID, call.SideCustomer)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = s.Lose(t.Context(), "acme", first.ID, call.SideCustomer, 1)
		require.NoError(t, err)
		assert.Equal(t, 1, waiting(t, s, first.ID).Position)
		assert.Equal(t, 2, waiting(t, s, second.ID).Position)
	})
}
