package storagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage"
)

// neighbours are pairs of tenant and id of which each is another's, where a store joins them carelessly, cuts them
// off, normalizes them or takes them for a pattern.
func neighbours() []call.Key {
	long, longer := strings.Repeat("日", 42), strings.Repeat("😀", 32)
	return []call.Key{
		key("a", "b/c"), key("a/b", "c"),
		key("a", "bc"), key("ab", "c"), key("a", "b"), key("abc", "c"),
		key("a", "b:c"), key("a:b", "c"), key("a|b", "c"), key("a", "b|c"),
		key("a", "%"), key("%", "c"), key("a", "_"), key("_", "c"), key("a", "*"), key("a", "..."), key("a", "../a"),
		key("A", "c"), key("a", "C"), key("a", "c"), key("a", "a"), key("c", "a"),
		key("a", "é"), key("a", "e\u0301"), key("é", "c"), key("e\u0301", "c"),
		key("a", `\`), key("a", `"'`), key("a", "~"), key("~", "c"), key("a", "!"), key("a", "￦"),
		key(long+"ab", long+"ab"), key(long+"ab", long+"a"), key(long+"a", long+"ab"), key(long, "ab"+long),
		key(longer, longer), key(longer, longer[:124]), key(longer[:124], longer),
	}
}

// testIsolation writes something of every kind for each neighbour and looks at all of them.
func testIsolation(t *testing.T, s suite) {
	p := newPair(s.fresh(t))
	keys := neighbours()
	w := world{settings: []string{"secret"}}
	for _, k := range keys {
		require.True(t, call.ValidID(k.Tenant) && call.ValidID(k.ID), "the suite's own ids: %q", k)
		w.tenants, w.ids = appendNew(w.tenants, k.Tenant), appendNew(w.ids, k.ID)
	}
	w.departments, w.settings = w.ids, append(w.settings, w.ids...)

	write := func(change func(tx storage.Tx, k call.Key, seed int) error) {
		t.Helper()
		for seed, k := range keys {
			p.update(t, func(tx storage.Tx) error { return change(tx, k, seed) })
		}
		p.requireSame(t, w)
		for _, tenant := range w.tenants {
			p.requireList(t, call.Query{Tenant: tenant, Departments: w.departments[:3], Statuses: []call.Status{call.Queued}})
		}
	}
	write(func(tx storage.Tx, k call.Key, seed int) error { return writeAll(tx, k.Tenant, k.ID, seed) })
	write(func(tx storage.Tx, k call.Key, seed int) error {
		switch seed % 3 {
		case 0:
			return nil
		case 1:
			return writeAll(tx, k.Tenant, k.ID, 100+seed)
		}
		if err := tx.PutCallTags(k.Tenant, k.ID, nil); err != nil {
			return err
		}
		if err := tx.PutWaits(k.Tenant, k.ID, nil); err != nil {
			return err
		}
		if err := tx.DeletePending(pendingKey(k.Tenant, k.ID)); err != nil {
			return err
		}
		if err := tx.DeleteJob(k.Tenant, k.ID); err != nil {
			return err
		}
		if err := tx.DeleteTag(k.Tenant, k.ID); err != nil {
			return err
		}
		c := newCall(k.Tenant, k.ID, seed)
		c.Status = call.Cancelled
		return tx.PutCall(c)
	})
}

func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
