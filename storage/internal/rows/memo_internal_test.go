package rows

import (
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
			c, err := m.keep(state, nil, w.Copy(), "acme", id)
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
		assert.Same(t, first, m.get("acme", id), "no matter what else changes")

		m.changed(callindex.NewID(name))
		assert.Nil(t, m.get("acme", id))
		keep(before, "first, by one who has begun to read before")
		assert.Nil(t, m.get("acme", id))
		second := keep(m.state(), "second")
		assert.Same(t, second, m.get("acme", id))
		assert.Equal(t, "first", first.Notes)
	}
}
