package call_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestListValidates(t *testing.T) {
	s := newService(t, call.Options{})
	for name, test := range map[string]struct {
		query call.Query
		want  []string
	}{
		"status":   {call.Query{Statuses: []call.Status{call.Queued, "ringing"}}, []string{"status"}},
		"sort":     {call.Query{Sort: "reason"}, []string{"sort_by"}},
		"limit":    {call.Query{Limit: -1}, []string{"page_size"}},
		"far":      {call.Query{Limit: call.MaxLimit + 1}, []string{"page_size"}},
		"offset":   {call.Query{Offset: -1}, []string{"page"}},
		"backward": {call.Query{From: later, Until: joined}, []string{"date_from"}},
		"several":  {call.Query{Sort: "x", Offset: -1, Statuses: []call.Status{"x", "y"}}, []string{"sort_by", "page", "status"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.List(t.Context(), attendant, test.query)
			requireFields(t, err, test.want...)
		})
	}
	for _, sort := range call.Sorts() {
		assert.True(t, sort.Valid())
		_, err := s.List(t.Context(), attendant, call.Query{Sort: sort})
		assert.NoError(t, err)
	}
}

func TestListDefaults(t *testing.T) {
	s := newService(t, call.Options{})
	var ids []string
	for i := range 25 {
		c := finished(fmt.Sprintf("c%02d", i))
		c.InsertedAt = joined.Add(time.Duration(i) * time.Second)
		c.StartedAt, c.EndedAt = later, later
		imported(t, s, c)
		ids = append(ids, c.ID)
	}
	slices.Reverse(ids)
	page, err := s.List(t.Context(), attendant, call.Query{Tenant: "other"})
	require.NoError(t, err)
	assert.Equal(t, 25, page.Total, "the tenant is the actor's, whatever the query says")
	assert.Equal(t, ids[:20], idsOf(page.Calls), "the newest twenty")
}

// TestAll: the iterator yields every call once, more than a page holds, while calls come in on both ends.
func TestAll(t *testing.T) {
	s := newService(t, call.Options{})
	const calls = call.MaxLimit + 50
	batch := make([]call.Call, calls)
	want := make(map[string]int, calls)
	for i := range batch {
		batch[i] = finished(fmt.Sprintf("c%05d", i))
		batch[i].InsertedAt = batch[i].InsertedAt.Add(-time.Duration(i/3) * time.Second) // ties
		batch[i].Customer.Name = []string{"Ana", "JOÃO", "joao", "Zoe"}[i%4]
		want[batch[i].ID] = 1
	}
	imported(t, s, batch...)

	for _, q := range []call.Query{
		{},
		{Asc: true},
		{Sort: call.SortCustomerName, Asc: true},
		{Sort: call.SortRating, Limit: 3}, // none has a rating
	} {
		t.Run(fmt.Sprint(q.Sort, q.Asc), func(t *testing.T) {
			got := make(map[string]int, calls)
			n := 0
			for c, err := range s.All(t.Context(), attendant, q) {
				require.NoError(t, err)
				if want[c.ID] > 0 {
					got[c.ID]++
				}
				if n++; n%4000 == 1 { // calls come in: the newest, and, to tell them apart, under other ids
					enqueue(t, s, maria)
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestAllIsInOrder: across the portions too, and the loop may be left.
func TestAllIsInOrder(t *testing.T) {
	s := newService(t, call.Options{})
	for i := range 30 {
		c := finished(fmt.Sprintf("c%02d", i))
		c.Rating = i % 6
		imported(t, s, c)
	}
	q := call.Query{Sort: call.SortRating, Asc: true}
	page, err := s.List(t.Context(), attendant, call.Query{Sort: q.Sort, Asc: true, Limit: 100})
	require.NoError(t, err)
	var got []call.Call
	for c, err := range s.All(t.Context(), attendant, q) {
		require.NoError(t, err)
		got = append(got, c)
	}
	assert.Equal(t, idsOf(page.Calls), idsOf(got))

	n := 0
	for range s.All(t.Context(), attendant, q) {
		if n++; n == 3 {
			break
		}
	}
	assert.Equal(t, 3, n)
	for _, err := range s.All(t.Context(), attendant, call.Query{Sort: "x"}) {
		requireFields(t, err, "sort_by")
	}
}

func idsOf(calls []call.Call) []string {
	ids := make([]string, len(calls))
	for i, c := range calls {
		ids[i] = c.ID
	}
	return ids
}
