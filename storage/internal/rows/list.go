package rows

import (
	"context"
	"slices"
	"sync"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
)

// ListCalls implements [storage.Store].
func (db *DB) ListCalls(ctx context.Context, q call.Query) (call.Page, error) {
	shared, total, err := db.ShareCalls(ctx, q, nil)
	if err != nil {
		return call.Page{}, err
	}
	page := call.Page{Calls: make([]call.Call, len(shared)), Total: total}
	for i, c := range shared {
		page.Calls[i] = c.Call
	}
	return page, nil
}

// ShareCalls implements [storage.CallSharer].
func (db *DB) ShareCalls(ctx context.Context, q call.Query, room []*call.Shared) ([]*call.Shared, int, error) {
	l := db.listings.get(db)
	defer db.listings.put(l)
	l.query, l.calls = q, room
	if err := db.engine.View(ctx, l.pin, l.read); err != nil {
		return nil, 0, StoreError(err)
	}
	return l.calls, l.found.Total, nil
}

// listing is one list on its way. It is used again, for what it has memory for.
type listing struct {
	db    *DB
	query call.Query
	found callindex.Found
	state uint64         // that found is of, as the memo counts them
	calls []*call.Shared // those of found, behind what was there; nil: still to be read
	first int            // where they begin
	some  bool           // of them are nil

	pin  func() // find, and
	read func(kv.Reader) error
}

// find asks the index and the memo, which is done where a state is pinned.
func (l *listing) find() {
	l.db.index.Find(l.query, &l.found)
	l.state = l.db.memo.state()
	l.first, l.some = len(l.calls), false
	l.calls = slices.Grow(l.calls, len(l.found.IDs))
	for _, id := range l.found.IDs {
		c := l.db.memo.get(l.query.Tenant, id)
		l.calls = append(l.calls, c)
		l.some = l.some || c == nil
	}
}

// readRest reads the rows of those that the memo has not.
func (l *listing) readRest(r kv.Reader) error {
	if !l.some {
		return nil
	}
	t := &tx{r: r}
	of := keyOf(tableCall, l.query.Tenant)
	if of != nil {
		of = slices.Grow(of, call.MaxID+1)
	}
	for i, id := range l.found.IDs {
		if l.calls[l.first+i] != nil {
			continue
		}
		k := of.text(id.String()) // in the memory of the one before
		row, err := t.get(k)
		if row == nil || err != nil {
			return absent(err, call.ErrNotFound)
		}
		c, err := l.db.memo.keep(l.state, k, row, l.query.Tenant, id)
		if err != nil {
			return err
		}
		l.calls[l.first+i] = c
	}
	return nil
}

// listings lends out listings, and remembers those that were used.
type listings struct{ sync.Pool }

func (p *listings) get(db *DB) *listing {
	if l, _ := p.Get().(*listing); l != nil {
		return l
	}
	l := &listing{db: db}
	l.pin, l.read = l.find, l.readRest
	return l
}

// maxListed is how many rows the longest list has whose memory is kept.
const maxListed = 1000

func (p *listings) put(l *listing) {
	if cap(l.found.IDs) > maxListed {
		return
	}
	l.query, l.calls = call.Query{}, nil
	p.Put(l)
}
