package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testQueue(t *testing.T, s suite) {
	store := s.fresh(t)
	put := func(change func(c *call.Call), ids ...string) {
		t.Helper()
		update(t, store, func(tx storage.Tx) error {
			for _, id := range ids {
				c, err := tx.Call("acme", id)
				if err != nil {
					c = newCall("acme", id, 0)
				}
				change(&c)
				if err := tx.PutCall(c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	queue := func(department string, want ...string) {
		t.Helper()
		got := read(t, store, func(tx storage.Tx) ([]string, error) { return tx.Queue("acme", department) })
		require.Equal(t, want, append([]string(nil), got...), "queue of %s", department)
	}
	queue("support")

	// Not in the order of time, and two at the same.
	put(func(c *call.Call) { c.InsertedAt = at(20) }, "c")
	put(func(c *call.Call) { c.InsertedAt = at(10) }, "d", "b")
	put(func(c *call.Call) { c.InsertedAt = at(10).Add(time.Microsecond) }, "a")
	put(func(c *call.Call) { c.InsertedAt = time.Unix(0, 0).UTC() }, "z")
	queue("support", "z", "b", "d", "a", "c")

	// A change that is none to the queue leaves it.
	put(func(c *call.Call) { c.CustomerConn.Present = true }, "b")
	queue("support", "z", "b", "d", "a", "c")

	// Who is taken, leaves; who comes back (as a rolled back change of state may do) has the old place.
	put(func(c *call.Call) { c.Status, c.AssignedAt = call.Assigned, at(30) }, "b", "z")
	queue("support", "d", "a", "c")
	put(func(c *call.Call) { c.Status = call.Queued }, "b")
	queue("support", "b", "d", "a", "c")
	for i, status := range []call.Status{call.Active, call.Completed, call.Missed, call.Cancelled, call.Abandoned} {
		put(func(c *call.Call) { c.Status = status }, fmt.Sprint("e", i))
	}
	queue("support", "b", "d", "a", "c")

	// The department and the time are not carved in stone.
	put(func(c *call.Call) { c.Department.ID = "sales" }, "d")
	put(func(c *call.Call) { c.InsertedAt = at(40) }, "b")
	queue("support", "a", "c", "b")
	queue("sales", "d")
	queue("sale")
	queue("")
}

func testOpenCalls(t *testing.T, s suite) {
	store := s.fresh(t)
	var want []call.Key
	update(t, store, func(tx storage.Tx) error {
		want = nil
		for i, tenant := range []string{"b", "a", "a/b", "a b", "ab", "é"} {
			for j, id := range []string{"2", "1", "10", "z", "é", "a/b"} {
				c := newCall(tenant, id, i)
				c.Status = call.Statuses()[(i+j)%len(call.Statuses())]
				if err := tx.PutCall(c); err != nil {
					return err
				}
				if !c.Status.Ended() {
					want = append(want, key(tenant, id))
				}
			}
		}
		return nil
	})
	slices.SortFunc(want, compareKeys)

	for _, limit := range []int{1, 2, 3, len(want) - 1, len(want), len(want) + 1} {
		got := read(t, store, func(tx storage.Tx) (got []call.Key, err error) {
			var after call.Key
			for {
				page, err := tx.OpenCalls(after, limit)
				if err != nil || len(page) == 0 || len(page) > limit {
					return append(got, page...), err
				}
				got, after = append(got, page...), page[len(page)-1]
			}
		})
		require.Equal(t, want, got, "in pages of %d", limit)
	}

	// A key need not be one of a call.
	got := read(t, store, func(tx storage.Tx) ([]call.Key, error) { return tx.OpenCalls(key("a", "zz"), everyRow) })
	require.Equal(t, pickAfter(want, key("a", "zz")), got)

	// Whoever ends is no longer open.
	update(t, store, func(tx storage.Tx) error {
		for _, k := range want[1:] {
			c, err := tx.Call(k.Tenant, k.ID)
			if err != nil {
				return err
			}
			c.Status = call.Cancelled
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	})
	got = read(t, store, func(tx storage.Tx) ([]call.Key, error) { return tx.OpenCalls(call.Key{}, everyRow) })
	require.Equal(t, want[:1], got)
}

func pickAfter(keys []call.Key, after call.Key) []call.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k call.Key) bool { return compareKeys(k, after) <= 0 })
}

func testWaits(t *testing.T, s suite) {
	store := s.fresh(t)
	for _, waits := range [][]time.Duration{
		nil,
		{3 * time.Second, 0, 3 * time.Second, 1500 * time.Millisecond, 200 * time.Hour},
		{time.Microsecond},
		{},
		{time.Minute},
	} {
		update(t, store, func(tx storage.Tx) error { return tx.PutWaits("acme", "support", waits) })
		view(t, store, func(tx storage.Tx) error {
			got, err := tx.Waits("acme", "support")
			require.Equal(t, append([]time.Duration(nil), waits...), append([]time.Duration(nil), got...))
			for _, other := range []call.Key{key("acme", "sales"), key("globex", "support"), key("acme", "")} {
				elsewhere, err := tx.Waits(other.Tenant, other.ID)
				require.NoError(t, err)
				require.Empty(t, elsewhere, "%q", other)
			}
			return err
		})
	}
}
