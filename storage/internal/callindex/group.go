package callindex

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/avanter/voki/call"
)

// ref is something that many calls name: a status, a department, a user, a rating. None has no name.
type ref struct {
	id   string
	name string // folded, by which it is sorted
}

// stated is a status as a ref.
func stated(s call.Status) ref { return ref{id: string(s), name: string(s)} }

// referred is a department or a user as a ref.
func referred(r call.Ref) ref { return ref{id: r.ID, name: call.Fold(r.Name)} }

// rated is a rating as a ref, whose name sorts as the number does.
func rated(n int) ref {
	if n == 0 {
		return ref{}
	}
	return ref{name: string(binary.BigEndian.AppendUint64(nil, uint64(n)^1<<63))}
}

// The groups of a tenant.
const (
	byStatus = iota
	byDepartment
	byUser
	byRating
	groups
)

// group is the refs of one kind that the calls of a tenant name, and the documents of each. A ref has a number, by the
// order in which they came. It is never taken out: there are as many as a company ever had departments and agents, by
// each name they had.
type group struct {
	refs   []numberedRef
	docs   []docs
	last   map[string]uint32 // by id: the newest ref with it, and one more
	sorted []uint32          // by name
}

// numberedRef also knows the ref with the same id that came before, and one more; zero for none.
type numberedRef struct {
	ref
	before uint32
}

func (g *group) intern(r ref) uint32 {
	for n := g.last[r.id]; n > 0; n = g.refs[n-1].before {
		if g.refs[n-1].ref == r {
			return n - 1
		}
	}
	if g.last == nil {
		g.last = make(map[string]uint32)
	}
	r = ref{strings.Clone(r.id), strings.Clone(r.name)}
	n := uint32(len(g.refs))
	g.refs, g.docs = append(g.refs, numberedRef{r, g.last[r.id]}), append(g.docs, docs{})
	g.last[r.id] = n + 1
	at, _ := slices.BinarySearchFunc(g.sorted, r.name, func(n uint32, name string) int {
		return strings.Compare(g.refs[n].name, name)
	})
	g.sorted = slices.Insert(g.sorted, at, n)
	return n
}

// of returns the documents that name one of the ids.
func (g *group) of(ids []string) (u union) {
	for _, id := range ids {
		for n := g.last[id]; n > 0; n = g.refs[n-1].before {
			u = append(u, &g.docs[n-1])
		}
	}
	return u
}

// segments returns the parts of the list when it is sorted by g, rising, and last that of the calls without a name.
func (g *group) segments(byID *order) (list []segment) {
	unnamed := segment{order: byID, none: true, within: union{}}
	for _, n := range g.sorted {
		name, last := g.refs[n].name, len(list)-1
		switch {
		case name == "":
			unnamed.within = append(unnamed.within, &g.docs[n])
		case last >= 0 && list[last].name == name:
			list[last].within = append(list[last].within, &g.docs[n])
		default:
			list = append(list, segment{order: byID, name: name, within: union{&g.docs[n]}})
		}
	}
	return append(list, unnamed)
}
