package call_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestHeadAndProgress(t *testing.T) {
	s := newService(t, call.Options{})
	head := func() uint64 {
		n, err := s.Head(t.Context(), "acme")
		require.NoError(t, err)
		return n
	}
	assert.Zero(t, head())
	c := activate(t, s)
	seen := head()
	enqueue(t, s, maria)
	assert.Equal(t, seen+1, head())

	progress := func(after uint64) call.Progress {
		p, err := s.Progress(t.Context(), "acme", c.ID, after)
		require.NoError(t, err)
		assert.Equal(t, get(t, s, c.ID), p.Call)
		return p
	}
	assert.Equal(t, call.Progress{Call: c, Seq: seen}, progress(seen))
	assert.Empty(t, progress(math.MaxUint64).Missed)
	missed := progress(seen - 2).Missed
	require.Len(t, missed, 2)
	assert.Equal(t, []call.Kind{call.KindAssigned, call.KindStarted}, []call.Kind{missed[0].Kind, missed[1].Kind})
	assert.Len(t, progress(0).Missed, 3)

	past := progress(seen + 1) // the number of another call's event
	assert.Equal(t, call.Progress{Call: c, Seq: seen}, past)

	for _, id := range []string{call.NewID(), "", "a b"} {
		_, err := s.Progress(t.Context(), "acme", id, 0)
		assert.ErrorIs(t, err, call.ErrNotFound)
		_, err = s.Place(t.Context(), "acme", id)
		assert.ErrorIs(t, err, call.ErrNotFound)
	}
	_, err := s.Progress(t.Context(), "other", c.ID, 0)
	assert.ErrorIs(t, err, call.ErrNotFound)
}

func TestQueueListAndPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, call.Options{})
		var queue []call.Call
		for range 9 {
			queue = append(queue, enqueue(t, s, maria))
			time.Sleep(time.Second)
		}
		list, err := s.QueueList(t.Context(), "acme", "support")
		require.NoError(t, err)
		assert.EqualValues(t, 9, list.Seq)
		require.Len(t, list.Calls, 9)
		for i, w := range list.Calls {
			assert.Equal(t, waiting(t, s, queue[i].ID), w)
		}

		_, err = s.Assign(t.Context(), attendant, queue[4].ID, "")
		require.NoError(t, err)
		for i, c := range queue {
			p, err := s.Place(t.Context(), "acme", c.ID)
			require.NoError(t, err)
			want := i + 1
			if i > 4 {
				want-- // the fifth would still stand where it stood
			}
			assert.Equal(t, []int{want, 8}, []int{p.Position, p.Size}, i)
		}
		empty, err := s.QueueList(t.Context(), "acme", "no such department")
		require.NoError(t, err)
		assert.Empty(t, empty.Calls)
	})
}
