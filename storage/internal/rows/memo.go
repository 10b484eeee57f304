package rows

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// memo keeps calls as lists have decoded them, since the pages that are looked at are the same again and again. A call
// that is kept is given out without a look at its row: who changes a call has to say so where the change is published.
//
// It has as many places as a hundred pages or two have rows, and each call has one place: a memo stays within some
// megabytes, and one call puts out another without asking.
//
// It has no lock of its own. As with the list's index, changed runs where a state is published, state and get where one
// is pinned; keep may run at any time.
type memo struct {
	seed   maphash.Seed
	now    uint64 // the number of the newest state in which a call has changed
	places [4096]memoPlace
}

// memoPlace is where calls with some hashes are kept, one at a time. What was read before the state in which the newest of
// them changed is not given out.
type memoPlace struct {
	changed uint64
	kept    atomic.Pointer[memorized]
}

// memorized is a call as of a state. It is never written once it is in a place.
type memorized struct {
	state  uint64
	tenant string
	id     callindex.ID
	call   call.Shared
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) place(id callindex.ID) *memoPlace {
	return &m.places[id.Hash(m.seed)%uint64(len(m.places))]
}

// state is the number of the state that is pinned.
func (m *memo) state() uint64 { return m.now }

// get returns a call as it is in the state that is pinned, or nil.
func (m *memo) get(tenant string, id callindex.ID) *call.Shared {
	p := m.place(id)
	known := p.kept.Load()
	if known == nil || known.state < p.changed || !known.id.Equal(id) || known.tenant != tenant {
		return nil
	}
	return &known.call
}

// changed makes the memo forget a call, which is another one in the state that is being published.
func (m *memo) changed(id callindex.ID) {
	m.now++
	p := m.place(id)
	p.changed = m.now
	p.kept.Store(nil)
}

// keep decodes the row of a call, as it was in the state with that number, and remembers it.
func (m *memo) keep(state uint64, k key, row []byte, tenant string, id callindex.ID) (*call.Shared, error) {
	text := string(row)
	r := rowcodec.NewTextReader(row, text)
	made := &memorized{state: state, tenant: tenant, id: id}
	decodeCallInto(r, &made.call.Call)
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("row %s: %w", k.name(), err)
	}
	made.call.Tenant, made.call.ID = tenant, id.String()
	m.place(id).kept.Store(made)
	return &made.call, nil
}
