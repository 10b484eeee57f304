package rows

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// What was read before a change is not given out after it, even if it is remembered after it.
func TestMemoForgetsWhatHasChanged(t *testing.T) {
	for _, name := range []string{"01980000-0000-7000-8000-000000000001", "imported", "00000000-0000-0000-0000-000000000001"} {
		m, id := newMemo(), callindex.NewID(name)
		assert.Nil(t, m.get("acme", id))

		keep := func(state uint64, notes string) *call.Shared {
			var w rowcodec.Writer
			writeCall(&w, &call.Call{Notes: notes})
			c, err := m.keep(state, nil, w.Data(), "acme", id)
			require.NoError(t, err)
			assert.Equal(t, call.Call{Tenant: "acme", ID: name, Notes: notes}, c.Call)
			return c
		}
		before := m.state()
		first := keep(before, "first")
		assert.Same(t, first, m.get("acme", callindex.NewID(name)))
		assert.Nil(t, m.get("other", id))
		assert.Nil(t, m.get("acme", callindex.NewID(name+"x")))

		m.changed(callindex.NewID("another"))
		if m.set(id) != m.set(callindex.NewID("another")) {
			assert.Same(t, first, m.get("acme", id), "no matter what changes elsewhere")
		}

		m.changed(callindex.NewID(name))
		assert.Nil(t, m.get("acme", id))
		keep(before, "first, by one who has begun to read before")
		assert.Nil(t, m.get("acme", id))
		second := keep(m.state(), "second")
		assert.Same(t, second, m.get("acme", id))
		assert.Equal(t, "first", first.Notes)
	}
}

// However many calls are kept, there is room for some, and the pages that are looked at now are among them.
func TestMemoIsBounded(t *testing.T) {
	m := newMemo()
	var w rowcodec.Writer
	writeCall(&w, &call.Call{Notes: "noted"})
	places := len(m.sets) * len(m.sets[0].kept)
	id := func(n int) callindex.ID { return callindex.NewID(fmt.Sprintf("01980000-0000-7000-8000-%012d", n)) }
	known := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			if m.get("acme", id(i)) != nil {
				n++
			}
		}
		return n
	}
	for n := range 10 * places {
		_, err := m.keep(m.state(), nil, w.Data(), "acme", id(n))
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, known(0, 10*places), places)
	assert.Greater(t, known(9*places, 10*places), places/2)

	m = newMemo()
	for range 2 {
		for n := range places / 2 {
			_, err := m.keep(m.state(), nil, w.Data(), "acme", id(n))
			require.NoError(t, err)
		}
	}
	assert.Greater(t, known(0, places/2), places/2*9/10, "few of so many calls put each other out")
}
