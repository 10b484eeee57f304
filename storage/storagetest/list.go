package storagetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testList(t *testing.T, s suite) {
	t.Run("orders, spelled out", func(t *testing.T) { listOrders(t, s.fresh(t)) })
	t.Run("an empty set lets nothing through", func(t *testing.T) { listEmptySets(t, s.fresh(t)) })
	t.Run("like the model", func(t *testing.T) {
		p, random := newPair(s.fresh(t)), newRandom(1)
		for range 4 { // what was put is put again, with other values
			p.update(t, putCrowd(random.Uint64(), 40))
			p.requireLists(t)
		}
	})
}

// listOrders puts calls of which some lack the value, some have the same, and the id alone would give another order.
func listOrders(t *testing.T, store storage.Store) {
	type values struct {
		name    string
		seconds int // times, durations; 0: none
		rating  int
		status  call.Status
	}
	calls := map[string]values{
		"f": {name: "ana", seconds: 1, rating: 1, status: call.Assigned},
		"e": {name: "Bruna", seconds: 2, rating: 2, status: call.Completed},
		"a": {name: "Árvore", seconds: 2, rating: 2, status: call.Completed},
		"c": {name: "", seconds: 0, rating: 0, status: call.Queued},
		"b": {name: "", seconds: 0, rating: 0, status: call.Queued},
		"d": {name: "BRUNA", seconds: 3, rating: 3, status: call.Cancelled},
	}
	update(t, store, func(tx storage.Tx) error {
		for id, v := range calls {
			c := newCall("acme", id, v.seconds)
			c.Customer.Name, c.User.Name, c.Department.Name = v.name, v.name, v.name
			c.Rating, c.Status = v.rating, v.status
			if err := tx.PutCall(c); err != nil {
				return err
			}

			// For the orders by time all are completed, or have nothing.
			c = newCall("times", id, v.seconds)
			if v.seconds > 0 {
				// Within a second the microseconds do not count: those of e are before those of a.
				c.InsertedAt = at(v.seconds).Truncate(time.Second).Add(time.Duration('z'-id[0]) * time.Microsecond)
				c.StartedAt = c.InsertedAt.Add(time.Duration(v.seconds) * time.Minute)
				c.EndedAt = c.StartedAt.Add(time.Duration(v.seconds) * time.Hour)
				c.Status = call.Completed
			}
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	})
	order := func(tenant string, sort call.Sort, asc, desc string) {
		t.Helper()
		for direction, want := range map[bool]string{true: asc, false: desc} {
			page := list(t, store, call.Query{Tenant: tenant, Sort: sort, Asc: direction})
			require.Equal(t, want, strings.Join(ids(page.Calls), ""), "%s of %s, ascending: %t", sort, tenant, direction)
		}
	}
	order("acme", call.SortCustomerName, "fadebc", "edafcb")
	order("acme", call.SortUserName, "fadebc", "edafcb")
	order("acme", call.SortDepartmentName, "fadebc", "edafcb")
	order("acme", call.SortRating, "faedbc", "deafcb")
	order("acme", call.SortStatus, "fdaebc", "cbeadf") // assigned, cancelled, completed, queued: as texts
	order("acme", call.SortInsertedAt, "bcfaed", "deafcb")
	order("acme", call.SortStartedAt, "abcdef", "fedcba")
	order("times", call.SortStartedAt, "faedbc", "deafcb")
	order("times", call.SortCompletedAt, "faedbc", "deafcb")
	order("times", call.SortDuration, "faedbc", "deafcb")
	order("times", call.SortWaitTime, "faedbc", "deafcb")
	order("times", call.SortInsertedAt, "bcfaed", "deafcb")
}

// listEmptySets asks with sets that are not nil: an actor who may see no department sees no call.
func listEmptySets(t *testing.T, store storage.Store) {
	update(t, store, func(tx storage.Tx) error {
		c := newCall("acme", "1", 0)
		if err := tx.PutCall(c); err != nil {
			return err
		}
		c.ID, c.User = "2", call.Ref{ID: "ana", Name: "Ana"}
		return tx.PutCall(c)
	})
	for name, q := range map[string]call.Query{
		"statuses":         {Statuses: []call.Status{}},
		"departments":      {Departments: []string{}},
		"users":            {Users: []string{}},
		"one beside a set": {Statuses: []call.Status{call.Queued}, Departments: []string{}},
		"all":              {Statuses: []call.Status{}, Departments: []string{}, Users: []string{}},
	} {
		for _, sort := range call.Sorts() {
			q.Tenant, q.Sort = "acme", sort
			page := list(t, store, q)
			require.Empty(t, page.Calls, name)
			require.Zero(t, page.Total, name)
		}
	}
	// A user without an id is one that may be asked for, and nil asks for nobody.
	require.Equal(t, 1, list(t, store, call.Query{Tenant: "acme", Users: []string{""}}).Total)
	require.Equal(t, 2, list(t, store, call.Query{Tenant: "acme"}).Total)
	require.Zero(t, list(t, store, call.Query{Tenant: "nobody", Users: []string{}}).Total)
}

// The pools from which calls and queries are made at random: small, so that much is equal.
func customerNames() []string {
	return []string{
		"Maria", "maria", "João", "JOAO", "joao silva", "Zoë", "Łukasz", "Straße", "STRASSE", "", "100%", "a_b", `a\b`,
		"[a-z]+", ".*", "Ёлка", "ελλας", "ΕΛΛΆΣ", "李明", "O'Neil", `"`, "e\u0301va", "éva", "ﬁn",
	}
}

func crowdID(i int) string { return fmt.Sprintf("%c%d", 'a'+i%3, i) }

// putCrowd writes so many calls of tenant acme and a few of another, made of the seed.
func putCrowd(seed uint64, n int) func(tx storage.Tx) error {
	return func(tx storage.Tx) error {
		random := newRandom(seed)
		for i := range n {
			c := randomCall(random)
			c.Tenant, c.ID = "acme", crowdID(i)
			if i%10 == 9 {
				c.Tenant = "globex"
			}
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// newRandom returns a source of the same numbers for the same seed.
func newRandom(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // to be repeated, not to be secret
}

func oneOf[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

// randomCall is a call in any state, without a tenant and an id.
func randomCall(random *rand.Rand) call.Call {
	c := call.Call{
		Status:     oneOf(random, call.Statuses()...),
		Department: oneOf(random, call.Ref{ID: "d1", Name: "Suporte"}, call.Ref{ID: "d2", Name: "suporte"}, call.Ref{ID: "d3"}),
		Customer:   call.Customer{Name: oneOf(random, customerNames()...), Email: oneOf(random, "", "", "m@example.com", "J%@x.org")},
		InsertedAt: at(random.IntN(5)).Add(time.Duration(random.IntN(3)*400) * time.Millisecond),
		Limits:     call.Limits{Queue: time.Duration(random.IntN(3)) * time.Minute},
		Rating:     random.IntN(6),
	}
	if random.IntN(3) > 0 {
		c.User = oneOf(random, call.Ref{ID: "u1", Name: "Ana"}, call.Ref{ID: "u2", Name: "ÁNA"}, call.Ref{ID: "u3"})
		c.AssignedAt = c.InsertedAt.Add(time.Second)
	}
	if random.IntN(3) > 0 {
		c.StartedAt = c.InsertedAt.Add(time.Duration(random.IntN(40)) * 100 * time.Millisecond)
	}
	if c.Status.Ended() && random.IntN(4) > 0 {
		c.EndedAt = at(5 + random.IntN(3)).Add(time.Duration(random.IntN(20)) * 100 * time.Millisecond)
	}
	return c
}

// randomQuery asks for calls as [randomCall] makes them; there holds some of them.
func randomQuery(random *rand.Rand, there []call.Call) call.Query {
	q := call.Query{
		Tenant: oneOf(random, "acme", "acme", "acme", "globex", "nobody"),
		Sort:   oneOf(random, call.Sorts()...), Asc: random.IntN(2) == 0,
		Limit: oneOf(random, 1, 2, 5, 20, call.MaxLimit),
	}
	maybe := func(change func()) {
		if random.IntN(4) == 0 {
			change()
		}
	}
	maybe(func() { q.Statuses = []call.Status{oneOf(random, call.Statuses()...)} })
	maybe(func() { q.Statuses = call.Statuses()[random.IntN(7):] })
	maybe(func() {
		q.Departments = oneOf(random, []string{"d1"}, []string{"d3", "d2"}, []string{"none"}, []string{"d1", "d1"})
	})
	maybe(func() { q.Users = oneOf(random, []string{"u1"}, []string{"u2", "u3"}, []string{"none"}) })
	if random.IntN(20) == 0 { // it answers nothing, so there are few of them
		oneOf(random, func() { q.Statuses = []call.Status{} }, func() { q.Departments = []string{} }, func() { q.Users = []string{} })()
	}
	maybe(func() { q.From = at(random.IntN(5)).Add(time.Duration(random.IntN(2)*400) * time.Millisecond) })
	maybe(func() { q.Until = at(random.IntN(7)).Add(time.Duration(random.IntN(2)*400) * time.Millisecond) })
	maybe(func() {
		q.Search = oneOf(random, "m", "A", "joao", "ã", "%", "_", ".", "@", "ss", "é", "Σ", "fi", "nothing")
	})
	maybe(func() { q.Offset = random.IntN(10) })
	if len(there) > 0 {
		maybe(func() { q.After = &there[random.IntN(len(there))] })
	}
	return q
}

// requireLists compares the answers to every order in both directions, and to some queries made at random.
func (p *pair) requireLists(t tester) {
	t.Helper()
	for _, sort := range call.Sorts() {
		for _, asc := range []bool{false, true} {
			p.requireList(t, call.Query{Tenant: "acme", Sort: sort, Asc: asc})
			p.requireList(t, call.Query{Tenant: "acme", Sort: sort, Asc: asc, Statuses: []call.Status{call.Completed, call.Missed}})
		}
	}
	random := newRandom(uint64(len(p.model.calls)))
	there := p.model.list(filledQuery(call.Query{Tenant: "acme"})).Calls
	for range 300 {
		p.requireList(t, randomQuery(random, there))
	}
}
