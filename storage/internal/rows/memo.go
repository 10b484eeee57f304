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
// It has as many places as a hundred pages or two have rows, and each call has a few of them: a memo stays within some
// megabytes, and one call puts out another without asking.
//
// It has no lock of its own. As with the list's index, changed runs where a state is published, state and get where one
// is pinned; keep may run at any time.
type memo struct {
	seed maphash.Seed
	now  uint64 // the number of the newest state in which a call has changed
	sets [1024]memoSet
}

// memoSet is the places of calls with some hashes. What was read before the state in which the newest of these calls
// changed is not given out.
type memoSet struct {
	changed uint64
	kept    [4]atomic.Pointer[memorized]
	next    atomic.Uint32 // who is put out when all places are taken
}

// memorized is a call as of a state. It is never written once it is in a place.
type memorized struct {
	state  uint64
	tenant string
	id     callindex.ID
	call   call.Shared
}

func (m *memorized) is(tenant string, id callindex.ID) bool {
	return m.id.Equal(id) && m.tenant == tenant
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) set(id callindex.ID) *memoSet { return &m.sets[id.Hash(m.seed)%uint64(len(m.sets))] }

// state is the number of the state that is pinned.
func (m *memo) state() uint64 { return m.now }

// get returns a call as it is in the state that is pinned, or nil.
func (m *memo) get(tenant string, id callindex.ID) *call.Shared {
	s := m.set(id)
	for i := range s.kept {
		if known := s.kept[i].Load(); known != nil && known.is(tenant, id) && known.state >= s.changed {
			return &known.call
		}
	}
	return nil
}

// changed makes the memo forget a call, which is another one in the state that is being published, and with it those
// that share its places.
func (m *memo) changed(id callindex.ID) {
	m.now++
	s := m.set(id)
	s.changed = m.now
	for i := range s.kept {
		if s.kept[i].Load() != nil {
			s.kept[i].Store(nil)
		}
	}
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
	m.set(id).put(made)
	return &made.call, nil
}

func (s *memoSet) put(made *memorized) {
	at := -1
	for i := range s.kept {
		known := s.kept[i].Load()
		if known != nil && known.is(made.tenant, made.id) {
			at = i
			break
		}
		if known == nil && at < 0 {
			at = i
		}
	}
	if at < 0 {
		at = int(s.next.Add(1) % uint32(len(s.kept)))
	}
	s.kept[at].Store(made)
}
