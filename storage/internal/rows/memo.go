package rows

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// memo keeps calls as lists have decoded them, since the pages that are looked at are the same again and again. It
// cannot be out of date: a call is kept with the row that it was decoded from, and given out for the same bytes alone.
//
// It has as many places as a hundred pages or two have rows, and each row has one place: a memo stays within some
// megabytes, and one row puts out another without asking. It may be used by many at once.
type memo struct {
	seed   maphash.Seed
	places [4096]atomic.Pointer[memorized]
}

// memorized is a call and its row, whose parts the strings of the call are. It is never written once it is in a place.
type memorized struct {
	row  string
	call call.Call
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

// call sets c to the call that the row under k holds.
func (m *memo) call(k key, row []byte, tenant, id string, c *call.Call) error {
	place := &m.places[maphash.String(m.seed, id)%uint64(len(m.places))]
	if known := place.Load(); known != nil && known.row == string(row) && known.call.ID == id && known.call.Tenant == tenant {
		*c = known.call
		return nil
	}
	made := &memorized{row: string(row)}
	r := rowcodec.NewTextReader(row, made.row)
	decodeCallInto(r, &made.call)
	if err := r.Err(); err != nil {
		return fmt.Errorf("row %s: %w", k.name(), err)
	}
	made.call.Tenant, made.call.ID = tenant, id
	place.Store(made)
	*c = made.call
	return nil
}
