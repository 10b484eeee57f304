package storagetest

import (
	"context"
	"fmt"
	"reflect"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// pair is a store and its model, to which the same is done.
type pair struct {
	store storage.Store
	model *model
}

func newPair(store storage.Store) *pair { return &pair{store: store, model: newModel()} }

// update makes a change to both.
func (p *pair) update(t tester, change func(tx storage.Tx) error) {
	t.Helper()
	p.updateAndLook(t, world{}, change)
}

// updateAndLook makes a change to both, and returns the store's answers at the end of the transaction.
func (p *pair) updateAndLook(t tester, w world, change func(tx storage.Tx) error) (inside state) {
	t.Helper()
	var numbers []uint64
	update(t, p.store, func(tx storage.Tx) error {
		r := &recorder{Tx: tx}
		if err := change(r); err != nil {
			return err
		}
		var err error
		inside, err = w.state(tx)
		numbers = r.numbers
		return err
	})
	p.model.numbers = numbers
	require.NoError(t, change(p.model))
	return inside
}

// requireSame compares all answers of both, and the lists of all tenants.
func (p *pair) requireSame(t tester, w world) {
	t.Helper()
	want, err := w.state(p.model)
	require.NoError(t, err)
	requireAnswers(t, want, w.ask(t, p.store))
	for _, tenant := range w.tenants {
		p.requireList(t, call.Query{Tenant: tenant})
	}
}

// recorder keeps the numbers that a store gives to events.
type recorder struct {
	storage.Tx
	numbers []uint64
}

func (r *recorder) AppendEvent(e call.Event) (call.Event, error) {
	e, err := r.Tx.AppendEvent(e)
	r.numbers = append(r.numbers, e.Seq)
	return e, err
}

// requireAnswers compares two states, and shows only where they differ.
func requireAnswers(t tester, want, got state) {
	t.Helper()
	wanted, wrong := state{}, state{}
	for question, answer := range got {
		if !reflect.DeepEqual(want[question], answer) {
			wanted[question], wrong[question] = want[question], answer
		}
	}
	for question, answer := range want {
		if _, ok := got[question]; !ok {
			wanted[question], wrong[question] = answer, nil
		}
	}
	require.Equal(t, wanted, wrong)
}

// list answers a query, whose defaults it fills as package call does. A store that shares calls has to share the same.
func list(t tester, store storage.Store, q call.Query) call.Page {
	t.Helper()
	page, err := store.ListCalls(context.Background(), filledQuery(q))
	require.NoError(t, err, "ListCalls %+v", q)
	if sharer, ok := store.(storage.CallSharer); ok {
		front := &call.Shared{}
		shared, total, err := sharer.ShareCalls(context.Background(), filledQuery(q), []*call.Shared{front})
		require.NoError(t, err, "ShareCalls %+v", q)
		require.Equal(t, page.Total, total, "total of ShareCalls %+v", q)
		require.Len(t, shared, 1+len(page.Calls), "ShareCalls %+v", q)
		require.Same(t, front, shared[0], "ShareCalls appends")
		for i, c := range shared[1:] {
			require.True(t, c.Call == page.Calls[i], "ShareCalls %+v gives %+v, not %+v", q, &c.Call, page.Calls[i])
		}
	}
	return page
}

// filledQuery fills the defaults of q with an order and a limit that suit a test.
func filledQuery(q call.Query) call.Query {
	if q.Sort == "" {
		q.Sort = call.SortInsertedAt
	}
	if q.Limit == 0 {
		q.Limit = call.MaxLimit
	}
	return q
}

// requireList compares the answers of both to a query.
func (p *pair) requireList(t tester, q call.Query) {
	t.Helper()
	want, got := p.model.list(filledQuery(q)), list(t, p.store, q)
	question := func() string {
		after := "nothing"
		if q.After != nil {
			after = q.After.ID
		}
		return fmt.Sprintf("%+v, after %s", q, after)
	}
	require.Equal(t, want.Total, got.Total, "total of %s", question())
	if !reflect.DeepEqual(ids(want.Calls), ids(got.Calls)) {
		require.Equal(t, ids(want.Calls), ids(got.Calls), question())
	}
	requireSame(t, want.Calls, got.Calls, question())
}

// ids is what identifies the calls.
func ids(calls []call.Call) []string {
	ids := make([]string, 0, len(calls))
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	return ids
}
