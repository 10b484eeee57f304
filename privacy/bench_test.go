package privacy_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage/bolt"
)

var benchCalls = flag.Int("calls", 20_000, "calls of the tenant whose customer is looked for")

// BenchmarkFind looks for the calls of one customer among many others, on the store on disk.
func BenchmarkFind(b *testing.B) {
	store, err := bolt.Open(filepath.Join(b.TempDir(), "calls.db"), bolt.Options{})
	require.NoError(b, err)
	defer store.Close() // the directory is removed with it
	w := newWorld(b, store, nil)
	const batch = 5000
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := 0; n < *benchCalls; n += batch {
		calls := make([]call.Call, 0, batch)
		for i := n; i < min(n+batch, *benchCalls); i++ {
			at := start.Add(time.Duration(i) * time.Minute)
			calls = append(calls, call.Call{
				ID: call.NewID(), Status: call.Cancelled, Department: call.Ref{ID: "support", Name: "Support"},
				Customer: call.Customer{
					Name: fmt.Sprint("Customer ", i), Email: fmt.Sprintf("customer.%d@example.com", i), Phone: fmt.Sprintf("+55 11 %09d", i),
				},
				InsertedAt: at, EndedAt: at.Add(time.Minute),
			})
		}
		_, err := w.Calls.Import(context.Background(), manager, calls)
		require.NoError(b, err)
	}
	for name, subject := range map[string]privacy.Subject{
		"email": {Email: fmt.Sprintf("CUSTOMER.%d@example.com", *benchCalls/2)},
		"phone": {Phone: fmt.Sprintf("5511%09d", *benchCalls/2)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := w.Privacy.Preview(context.Background(), manager, subject)
				require.NoError(b, err)
				require.Len(b, r.Calls, 1)
			}
		})
	}
}
