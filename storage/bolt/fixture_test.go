package bolt_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// open opens a store that the test closes, or that is closed behind it.
func open(t testing.TB, path string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func newPath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "calls.db")
}

// callID is an id as calls have it: a UUID that begins with its time, 256 in a millisecond, and ends as if at random.
func callID(n int) string {
	random := uint64(n) * 0x9e3779b97f4a7c15
	return fmt.Sprintf("018bcfe5-%04x-7%03x-8000-%012x", n>>8, n&0xff, random>>16)
}

// put writes calls with the numbers from ≤ n < to, each with an event.
func put(t testing.TB, s storage.Store, from, to int) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), func(tx storage.Tx) error {
		for n := from; n < to; n++ {
			c := call.Call{
				Tenant: "acme", ID: callID(n), Status: call.Statuses()[n%7],
				Department: call.Ref{ID: fmt.Sprint("d", n%3), Name: fmt.Sprint("Vendas ", n%3)},
				Customer:   call.Customer{Name: fmt.Sprint("João ", n%10)},
				InsertedAt: time.Unix(1_700_000_000+int64(n*7919%1000), 0).UTC(), Rating: n % 6,
				Limits: call.Limits{Queue: time.Hour},
			}
			if err := tx.PutCall(c); err != nil {
				return err
			}
			if _, err := tx.AppendEvent(call.Event{Tenant: c.Tenant, CallID: c.ID, Kind: call.KindCreated}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// lists answers some queries.
func lists(t testing.TB, s storage.Store) (pages []call.Page) {
	t.Helper()
	for _, by := range call.Sorts() {
		page, err := s.ListCalls(t.Context(), call.Query{
			Tenant: "acme", Search: "joao", Sort: by, Departments: []string{"d1", "d2"}, Offset: 10, Limit: 50,
		})
		require.NoError(t, err)
		require.NotEmpty(t, page.Calls)
		pages = append(pages, page)
	}
	return pages
}
