package rows

import (
	"bytes"
	"context"
	"fmt"

	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
)

// listBatch is how many entries of the list index are copied while a state is pinned. It is few, because commits wait.
const listBatch = 256

// checkList checks that each call is listed as what it is. The calls may change meanwhile: what is compared at a time is
// of one state.
func (db *DB) checkList(ctx context.Context, c *checker) error {
	first := keyOf(tableCall)
	from, end := []byte(first), first.next()
	for from != nil {
		var calls []listedCall
		err := db.engine.View(ctx, nil, func(r kv.Reader) (err error) {
			calls, from, err = callsFrom(r, from, end)
			return err
		})
		if err != nil {
			return err
		}
		pin := func() {
			for i := range calls {
				calls[i].entry, calls[i].listed = db.index.Get(calls[i].tenant, calls[i].id)
			}
		}
		err = db.engine.View(ctx, pin, func(r kv.Reader) error {
			for _, l := range calls {
				c.entry(r, l)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listedCall is a call that there is, and its entry in the list index.
type listedCall struct {
	key        key
	tenant, id string
	entry      callindex.Entry
	listed     bool
}

// callsFrom returns the next calls, and where to go on; nil if there are no more. Keys that are none it leaves to the
// check of the rows.
func callsFrom(r kv.Reader, from, end []byte) (calls []listedCall, next []byte, err error) {
	for k := range r.Ascend(from, end) {
		if len(calls) == listBatch {
			return calls, bytes.Clone(k), nil
		}
		if p, err := parse(k); err == nil {
			calls = append(calls, listedCall{key: bytes.Clone(k), tenant: p.texts[0], id: p.texts[1]})
		}
	}
	return calls, nil, r.Err()
}

// entry checks that a call is listed as what it is.
func (c *checker) entry(r kv.Reader, l listedCall) {
	t := &tx{r: r}
	v, err := t.Call(l.tenant, l.id)
	if err != nil {
		return // it cannot be read, which was reported at the row
	}
	if !l.listed || !l.entry.Equal(callindex.NewEntry(v)) {
		c.problem(fmt.Errorf("row %s: the list has it not, or otherwise", l.key.name()))
	}
}
