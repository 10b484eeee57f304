package callindex

import (
	"strings"

	"github.com/avanter/voki/call"
)

// loading is a tenant whose calls are being added. Most of what a call names others have named: it is known as it was
// written, for to fold it costs more than to find it.
type loading struct {
	*calls
	statuses           known[call.Status]
	departments, users known[call.Ref]
	ratings            known[int]
	customers          known[string]
}

func newLoading(t *calls) *loading {
	referred := func(by int) func(call.Ref) (call.Ref, uint32) {
		return func(r call.Ref) (call.Ref, uint32) {
			r = call.Ref{ID: strings.Clone(r.ID), Name: strings.Clone(r.Name)}
			return r, t.groups[by].intern(referred(r))
		}
	}
	return &loading{
		calls: t,
		statuses: newKnown(func(s call.Status) (call.Status, uint32) {
			return call.Status(strings.Clone(string(s))), t.groups[byStatus].intern(stated(s))
		}),
		departments: newKnown(referred(byDepartment)),
		users:       newKnown(referred(byUser)),
		ratings:     newKnown(func(n int) (int, uint32) { return n, t.groups[byRating].intern(rated(n)) }),
		customers: newKnown(func(name string) (string, uint32) {
			return strings.Clone(name), t.names.intern(call.Fold(name))
		}),
	}
}

func (t *loading) add(c *call.Call) {
	local, domain := split(call.Fold(c.Customer.Email))
	t.append(newID(c.ID), local, t.customers.number(c.Customer.Name), t.domains.intern(domain), record{
		times: timesOf(c),
		refs: [groups]uint32{
			byStatus:     t.statuses.number(c.Status),
			byDepartment: t.departments.number(c.Department),
			byUser:       t.users.number(c.User),
			byRating:     t.ratings.number(c.Rating),
		},
	})
}

// known is what was written, and its number in the index.
type known[T comparable] struct {
	numbers map[T]uint32
	intern  func(T) (T, uint32) // and a copy, which has no part of something larger
}

func newKnown[T comparable](intern func(T) (T, uint32)) known[T] {
	return known[T]{make(map[T]uint32), intern}
}

func (k *known[T]) number(v T) uint32 {
	n, ok := k.numbers[v]
	if !ok {
		v, n = k.intern(v)
		k.numbers[v] = n
	}
	return n
}
