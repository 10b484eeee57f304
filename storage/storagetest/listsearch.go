package storagetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

func testListSearch(t *testing.T, s suite) {
	store := s.fresh(t)
	customers := map[string]call.Customer{
		"1": {Name: "João Silva", Email: "joao@example.com"},
		"2": {Name: "JOAO"},
		"3": {Name: "100% Maria", Email: "Maria_B@Example.com"},
		"4": {Name: "Straße [a-z]+ .* (x|y) \\d ^$"},
		"5": {Name: "Jo\u0303a", Email: "%"}, // written with combining marks
		"6": {Name: "axb", Email: "a_b@x.org"},
		"7": {Name: "O'Neil \"Bob\" --"},
		"8": {},
	}
	update(t, store, func(tx storage.Tx) error {
		for id, customer := range customers {
			c := newCall("acme", id, 0)
			c.Customer = customer
			c.User, c.Reason, c.Notes = call.Ref{ID: "u", Name: "everywhere"}, "everywhere", "everywhere"
			c.Customer.Phone = "everywhere"
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		return nil
	})
	for search, want := range map[string]string{
		"": "12345678", "joao": "12", "JOÃO": "12", "joão s": "1", "jo": "125", "Jõa": "125", "OAO@": "1",
		"%": "35", "0% m": "3", "_": "36", "a_b": "36", "a%b": "", "a.b": "", ".*": "4", "[a-z]": "4", "(x|y)": "4",
		"\\": "4", `\d`: "4", "^$": "4", "+ .": "4", "ss": "4", "strasse": "4", "STRASSE": "4", "'": "7", `"bob"`: "7",
		"--": "7", "everywhere": "", "support": "", "\x01": "", "acme": "", "joao@example.com": "1", "example.com": "13",
		"silva joao": "", "maria\nmaria": "",
	} {
		page := list(t, store, call.Query{Tenant: "acme", Search: search, Asc: true, Sort: call.SortRating})
		require.Equal(t, want, strings.Join(ids(page.Calls), ""), "search for %q", search)
		require.Equal(t, len(want), page.Total, "search for %q", search)
	}

	// What is looked for is what the call is now.
	update(t, store, func(tx storage.Tx) error {
		c := newCall("acme", "1", 0)
		c.Customer = call.Customer{Name: "Erased"}
		return tx.PutCall(c)
	})
	require.Equal(t, []string{"2"}, ids(list(t, store, call.Query{Tenant: "acme", Search: "joao"}).Calls))
	require.Equal(t, []string{"1"}, ids(list(t, store, call.Query{Tenant: "acme", Search: "erased"}).Calls))
}
