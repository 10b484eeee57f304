package presence

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/avanter/voki/call"
)

// Change is what happened on the roster of a department. It is shared by all who watch, so it must not be changed.
type Change struct {
	// Reset says that Joins are all who are here, and that what was known before is void.
	Reset bool

	// Joins and Leaves are metas that came and went, by user. A user whose last meta goes has left; a meta that is
	// replaced goes in the same Change in which the new one, whose PrevRef names it, comes.
	Joins  []Member
	Leaves []Member
}

// backlog is how many changes of a department are kept for those who watch it and have not read them yet.
const backlog = 256

// Watch iterates over what happens on the roster of a department: first a Reset with its state, then every change, in
// order, until ctx ends or the loop is left. It reads at the caller's own speed and nobody waits for a slow reader: one
// who has fallen 256 changes behind gets another Reset instead of what he missed.
func (r *Roster) Watch(ctx context.Context, tenant, department string) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		at := place{tenant, department}
		r.mu.Lock()
		b := r.box(at)
		b.watchers++
		change, seen := b.reset(), b.last
		r.mu.Unlock()
		defer r.endWatch(at)

		for ctx.Err() == nil && yield(change) {
			var grown <-chan struct{}
			for {
				change, seen, grown = r.next(b, seen)
				if grown == nil {
					break
				}
				select {
				case <-grown:
				case <-ctx.Done():
					return
				}
			}
		}
	}
}

// next returns the change behind number seen and its number, or a channel that is closed when there is one.
func (r *Roster) next(b *box, seen uint64) (change Change, number uint64, grown <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	unread := b.last - seen
	switch {
	case unread > uint64(len(b.changes)):
		return b.reset(), b.last, nil
	case unread > 0:
		return b.changes[uint64(len(b.changes))-unread], seen + 1, nil
	}
	if b.grown == nil {
		b.grown = make(chan struct{})
	}
	return Change{}, seen, b.grown
}

func (r *Roster) endWatch(at place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.boxes[at]
	if b.watchers--; b.watchers == 0 {
		b.changes = nil
	}
	r.tidy(at)
}

// box is the roster of one department. All of it is guarded by the lock of the [Roster].
type box struct {
	members  map[string]*Member // by the user's id; each has a meta at least
	watchers int
	last     uint64        // number of the newest change
	changes  []Change      // the newest, up to number last, while somebody watches
	grown    chan struct{} // closed at the next change; nil if nobody waits for it
}

func (b *box) join(user call.Ref, meta Meta) {
	m := b.members[user.ID]
	if m == nil {
		m = new(Member)
		b.members[user.ID] = m
	}
	m.User = user
	m.Metas = append(m.Metas, meta)
	b.publish(Change{Joins: one(user, meta)})
}

func (b *box) replace(user call.Ref, old, meta Meta) {
	m := b.members[user.ID]
	m.Metas[slices.Index(m.Metas, old)] = meta
	b.publish(Change{Joins: one(user, meta), Leaves: one(user, old)})
}

func (b *box) leave(user call.Ref, meta Meta) {
	m := b.members[user.ID]
	i := slices.Index(m.Metas, meta)
	m.Metas = slices.Delete(m.Metas, i, i+1)
	if len(m.Metas) == 0 {
		delete(b.members, user.ID)
	}
	b.publish(Change{Leaves: one(user, meta)})
}

func one(user call.Ref, meta Meta) []Member { return []Member{{User: user, Metas: []Meta{meta}}} }

func (b *box) publish(c Change) {
	b.last++
	if b.watchers > 0 {
		if len(b.changes) == backlog {
			b.changes = slices.Delete(b.changes, 0, 1)
		}
		b.changes = append(b.changes, c)
	}
	if b.grown != nil {
		close(b.grown)
		b.grown = nil
	}
}

// state is a copy of who is here.
func (b *box) state() []Member {
	members := make([]Member, 0, len(b.members))
	for _, m := range b.members {
		members = append(members, Member{User: m.User, Metas: slices.Clone(m.Metas)})
	}
	slices.SortFunc(members, func(x, y Member) int { return cmp.Compare(x.User.ID, y.User.ID) })
	return members
}

func (b *box) reset() Change { return Change{Reset: true, Joins: b.state()} }
