package callindex_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

// What the index takes for each call is bounded: when no address has a word that another has, and when there are many
// tenants with few calls. It runs beside no other test, for it looks at the memory of the process.
func TestMemoryOfACall(t *testing.T) {
	const n = 20_000
	for name, c := range map[string]struct {
		most   uint64 // bytes
		change func(i int, c *call.Call)
	}{
		"people": {600, func(int, *call.Call) {}},
		"random addresses": {1300, func(i int, c *call.Call) {
			c.Customer.Email = randomLocal(i) + "@mail.example.com"
		}},
		"random names and domains": {2200, func(i int, c *call.Call) {
			c.Customer = call.Customer{Name: randomLocal(i) + " " + randomLocal(n+i), Email: "a@" + randomLocal(2*n+i)}
		}},
		"100 calls of each tenant": {700, func(i int, c *call.Call) { c.Tenant = strconv.Itoa(i / 100) }},
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			loaded, filled := new(callindex.Index), new(callindex.Index)
			loader := callindex.NewLoader(loaded)
			for i := range n {
				v := deskCall(i, n)
				c.change(i, &v)
				loader.Add(&v)
				filled.Put(v.Tenant, callindex.NewEntry(v))
			}
			loader.Done()
			both := heap() - before
			runtime.KeepAlive(filled)
			one := heap() - before
			runtime.KeepAlive(loaded)
			t.Logf("%d bytes a call when loaded, %d when filled", one/n, (both-one)/n)
			require.Less(t, one/n, c.most, "loaded")
			require.Less(t, (both-one)/n, c.most, "filled")
		})
	}
}
