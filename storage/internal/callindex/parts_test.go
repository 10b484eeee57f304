package callindex_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
)

// So many calls of a tenant that there are sets to search in, and the last come one by one, before the sets know them.
func TestSearchIsForALiteralPart(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string]func(r *rand.Rand) call.Customer{
		"people": somebody, "random": randomAddress, "many words": manyWords,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n, more = 6000, 2500
			r := rand.New(rand.NewPCG(1, uint64(len(name))))
			all := make(map[string]call.Call)
			put := func(c call.Call, indexes ...*callindex.Index) {
				all[c.ID] = c
				for _, index := range indexes {
					index.Put("acme", callindex.NewEntry(c))
				}
			}
			next := func() call.Call {
				i := r.IntN(1 << 30) // imported in any order
				return call.Call{
					Tenant: "acme", ID: fmt.Sprintf("%08x-0000-7000-8000-000000000000", i), Status: call.Statuses()[r.IntN(7)],
					Customer: texts(r), InsertedAt: time.Unix(int64(r.IntN(1000)), 0).UTC(),
				}
			}
			for range n {
				put(next())
			}
			filled, loaded := new(callindex.Index), new(callindex.Index)
			loader := callindex.NewLoader(loaded)
			for _, id := range slices.Sorted(keys(all)) {
				c := all[id]
				loader.Add(&c)
			}
			loader.Done()
			for _, c := range all { // in any order
				filled.Put("acme", callindex.NewEntry(c))
			}
			same := func(index *callindex.Index) {
				t.Helper()
				plain := newPlain(all)
				for range 150 {
					c := all[plain[r.IntN(len(plain))].ID]
					q := call.Query{Tenant: "acme", Search: partOf(r, c.Customer), Limit: 1 + r.IntN(40), Asc: r.IntN(2) == 0}
					if r.IntN(4) == 0 {
						q.Statuses = []call.Status{c.Status}
					}
					if r.IntN(4) == 0 {
						q.From, q.Until = c.InsertedAt, c.InsertedAt.Add(time.Duration(r.IntN(500))*time.Second)
					}
					wantIDs, wantTotal := plain.query(q)
					ids, total := index.Query(q)
					require.Equal(t, wantTotal, total, "%+v", q)
					require.Equal(t, wantIDs, ids, "%+v", q)
				}
			}
			same(filled)
			same(loaded)
			for range more {
				put(next(), filled, loaded)
			}
			for id, c := range all {
				switch c.ID = id; r.IntN(5) {
				case 0:
					c.Customer = texts(r)
				case 1:
					c.Customer.Email = texts(r).Email
				case 2:
					c.Customer = call.Customer{Name: "-"}
				default:
					continue
				}
				put(c, filled, loaded)
			}
			same(filled)
			same(loaded)
		})
	}
}

// A tenant that grows past what is looked at one by one, and is asked all the while.
func TestSearchWhileATenantGrows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var index callindex.Index
	want := 0
	for i := range 4000 {
		c := call.Call{Tenant: "acme", ID: fmt.Sprintf("%08d", i), Customer: somebody(r)}
		index.Put("acme", callindex.NewEntry(c))
		if strings.Contains(call.Fold(c.Customer.Email), "a.s") || strings.Contains(call.Fold(c.Customer.Name), "a.s") {
			want++
		}
		if i%50 == 0 {
			_, total := index.Query(call.Query{Tenant: "acme", Search: "A.S"})
			require.Equal(t, want, total, i)
		}
	}
}

var (
	pieces = []string{
		"ana", "Maria", "maria", "SILVA", "silva", "xavier", "q", "da", "João", "é", "sa", "ß", "ﬁ", "日本", "sal", "sil", "lva", "E\u0301lan",
	}
	between = []string{".", ".", ".", " ", "-", "_", "..", "", "@", "1", "9", "12", "007", "1999", "'", "½"}
	hosts   = []string{"@mail.example.com", "@x.com", "@silva.net", "@maria.example", "@", "", "@12.de"}
)

func somebody(r *rand.Rand) call.Customer {
	text := func() string {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString(pieces[r.IntN(len(pieces))] + between[r.IntN(len(between))])
		}
		return b.String()
	}
	return call.Customer{Name: text(), Email: text() + hosts[r.IntN(len(hosts))]}
}

func randomAddress(r *rand.Rand) call.Customer {
	const of = "abcdefghijklmnopqrstuvwxyz0123456789.-"
	local := make([]byte, 20)
	for i := range local {
		local[i] = of[r.IntN(len(of))]
	}
	return call.Customer{Name: pieces[r.IntN(len(pieces))], Email: string(local) + hosts[r.IntN(len(hosts))]}
}

// manyWords are more than are kept.
func manyWords(r *rand.Rand) call.Customer {
	word := func() string {
		return fmt.Sprintf("%c%c%c%c", 'a'+r.IntN(20), 'a'+r.IntN(20), 'a'+r.IntN(20), 'a'+r.IntN(20))
	}
	return call.Customer{Name: word() + " da " + word() + word(), Email: word() + "." + word() + "9@x.com"}
}

// partOf returns a part of a name or an address, or what nearly is one, in any case.
func partOf(r *rand.Rand, c call.Customer) string {
	text := []rune(c.Name)
	if r.IntN(3) > 0 {
		text = []rune(c.Email)
	}
	if len(text) == 0 {
		text = []rune("nobody")
	}
	from := r.IntN(len(text))
	part := string(text[from : from+min(len(text)-from, 1+r.IntN(14))])
	switch r.IntN(6) {
	case 0:
		return strings.ToUpper(part)
	case 1:
		return part + pieces[r.IntN(len(pieces))]
	case 2:
		return strings.ToLower(string(text)) // all of it
	}
	return part
}

// plain is calls with their texts folded, newest first.
type plain []plainCall

type plainCall struct {
	call.Call
	name, email string
}

func newPlain(calls map[string]call.Call) (p plain) {
	for _, c := range calls {
		p = append(p, plainCall{c, call.Fold(c.Customer.Name), call.Fold(c.Customer.Email)})
	}
	slices.SortFunc(p, func(a, b plainCall) int {
		if c := b.InsertedAt.Compare(a.InsertedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return p
}

// query answers a query by the time of arrival.
func (p plain) query(q call.Query) (ids []string, total int) {
	ids = []string{}
	part := call.Fold(q.Search)
	for i := range p {
		c := &p[i]
		if q.Asc {
			c = &p[len(p)-1-i]
		}
		if !strings.Contains(c.name, part) && !strings.Contains(c.email, part) ||
			q.Statuses != nil && !slices.Contains(q.Statuses, c.Status) ||
			!q.From.IsZero() && (c.InsertedAt.Before(q.From) || !c.InsertedAt.Before(q.Until)) {
			continue
		}
		if total++; len(ids) < q.Limit {
			ids = append(ids, c.ID)
		}
	}
	return ids, total
}
