package rows

import (
	"cmp"
	"slices"
	"time"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// What is due is found by target. A job that waits for its time has a key by its target first, and then by that time.
// The first of each target is named twice more: in the row of the target, which is read when another job comes, and
// under a key by its time, by which the targets are found that have something due. So a target costs the same, however
// many jobs wait for it. Jobs that run are kept apart, by the end of their lease; there are no more of them than workers.

// place is where a job stands that waits for its time.
type place struct {
	queue, tenant, target, id string
	at                        time.Time
}

// placeOf returns the place of a job; nil if it has none.
func placeOf(j *follow.Job) *place {
	if j == nil || j.State.Ended() || j.State == follow.StateRunning || j.Due.IsZero() {
		return nil
	}
	return &place{
		queue: j.Queue, tenant: j.Tenant, target: j.Target, id: j.ID, at: time.UnixMicro(j.Due.UnixMicro()).UTC(),
	}
}

// parsePlace is the place of which k is the key by target.
func parsePlace(k key) (place, error) {
	p, err := parse(k)
	if err != nil {
		return place{}, err
	}
	return place{queue: p.texts[0], tenant: p.texts[1], target: p.texts[2], id: p.texts[3], at: timeOf(p.numbers[0])}, nil
}

// parseTurn is the place, or the running job, of which k is the key by time.
func parseTurn(k key) (place, error) {
	p, err := parse(k)
	if err != nil {
		return place{}, err
	}
	return place{queue: p.texts[0], tenant: p.texts[1], target: p.texts[3], id: p.texts[2], at: timeOf(p.numbers[0])}, nil
}

func (p place) forWhom() follow.Target { return follow.Target{Tenant: p.tenant, Name: p.target} }

// ofTarget begins the keys of all places for the same target.
func (p place) ofTarget() key { return keyOf(tableDue, p.queue, p.tenant, p.target) }

// due is the key by target.
func (p place) due() key { return p.ofTarget().time(p.at).text(p.id) }

// first is the key of the target's row.
func (p place) first() key { return keyOf(tableFirst, p.queue, p.tenant, p.target) }

// turn is the key by time, which the first of a target has.
func (p place) turn() key {
	return keyOf(tableTurn, p.queue).time(p.at).text(p.tenant).text(p.id).text(p.target)
}

// compare orders places of a queue by time, then by tenant and id.
func (p place) compare(other place) int {
	return cmp.Or(p.at.Compare(other.at), cmp.Compare(p.tenant, other.tenant), cmp.Compare(p.id, other.id))
}

func (p place) firstRow(w *rowcodec.Writer) {
	w.Time(1, p.at)
	w.String(2, p.id)
}

func decodeFirst(r *rowcodec.Reader) (p place) {
	for r.Next() {
		switch r.Field() {
		case 1:
			p.at = r.Time()
		case 2:
			p.id = r.String()
		}
	}
	return p
}

// firstOf returns the first place for the target of p; nil if there is none.
func (t *tx) firstOf(p place) (*place, error) {
	first, found, err := read(t, p.first(), decodeFirst)
	if err != nil || !found {
		return nil, err
	}
	first.queue, first.tenant, first.target = p.queue, p.tenant, p.target
	return &first, nil
}

// movePlace keeps which place is the first for its target, after a job has left from and come to to. Either may be nil.
// It looks at no place before the first: deleted ones may be costly to pass over.
func (t *tx) movePlace(from, to *place) error {
	if from != nil && to != nil && *from == *to {
		return nil
	}
	if from != nil {
		first, err := t.firstOf(*from)
		if err != nil {
			return err
		}
		if first != nil && *first == *from {
			next, err := t.nextPlace(*from, from.ofTarget().next())
			if err == nil {
				err = t.setFirst(from, next)
			}
			if err != nil {
				return err
			}
		}
	}
	if to == nil {
		return nil
	}
	first, err := t.firstOf(*to)
	if err != nil || first != nil && first.compare(*to) < 0 {
		return err
	}
	return t.setFirst(first, to)
}

// setFirst makes to the first place for its target, in place of from. Either may be nil.
func (t *tx) setFirst(from, to *place) error {
	if from != nil {
		if err := t.drop(from.turn()); err != nil {
			return err
		}
		if to == nil {
			return t.drop(from.first())
		}
	}
	if err := t.insert(to.turn()); err != nil {
		return err
	}
	return t.put(to.first(), to.firstRow)
}

// nextPlace returns the first place for the target of p that is behind p, and has a key before to; nil if there is none.
func (t *tx) nextPlace(p place, to key) (next *place, err error) {
	err = t.each(p.due().next(), to, func(k key, _ []byte) (bool, error) {
		found, err := parsePlace(k)
		next = &found
		return false, err
	})
	return next, err
}

// DueJobs implements [follow.Tx].
func (t *tx) DueJobs(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
	d := dueJobs{t: t, until: until, room: room, taken: map[follow.Target]int{}}
	if err := d.lostLeases(queue); err != nil {
		return nil, err
	}
	turns := keyOf(tableTurn, queue)
	err := t.each(turns, turns.time(until).next(), func(k key, _ []byte) (bool, error) {
		first, err := parseTurn(k)
		if err != nil {
			return false, err
		}
		if err := d.takeBefore(&first); err != nil || d.full() {
			return false, err
		}
		if d.hasRoom(first) {
			d.add(first, false)
		}
		return true, nil
	})
	if err == nil {
		err = d.takeBefore(nil)
	}
	return d.jobs, err
}

// RunningJobs implements [follow.Tx].
func (t *tx) RunningJobs(queue string, limit int) ([]follow.Job, error) {
	of := keyOf(tableRunning, queue)
	return t.jobsBy(of, of.next(), limit, func(p parts) (tenant, id string) { return p.texts[1], p.texts[2] }, nil)
}

// dueJobs collects jobs for which there is room, in order.
type dueJobs struct {
	t     *tx
	until time.Time
	room  follow.Room
	jobs  []follow.Job
	taken map[follow.Target]int // of jobs
	next  []candidate           // in order; of those that wait, one for each target
}

// candidate is a job that is due, and has yet to be taken.
type candidate struct {
	place
	running bool
}

func (d *dueJobs) full() bool { return len(d.jobs) >= d.room.Limit }

func (d *dueJobs) hasRoom(p place) bool { return d.room.For(p.forWhom()) > d.taken[p.forWhom()] }

func (d *dueJobs) add(p place, running bool) {
	at, _ := slices.BinarySearchFunc(d.next, p, func(c candidate, p place) int { return c.compare(p) })
	d.next = slices.Insert(d.next, at, candidate{p, running})
}

// lostLeases adds those of the jobs that run whose lease is over, as many as may be taken.
func (d *dueJobs) lostLeases(queue string) error {
	if d.full() {
		return nil
	}
	of, added := keyOf(tableRunning, queue), map[follow.Target]int{}
	return d.t.each(of, of.time(d.until).next(), func(k key, _ []byte) (bool, error) {
		p, err := parseTurn(k)
		if target := p.forWhom(); err == nil && d.room.For(target) > added[target] {
			added[target]++
			d.add(p, true)
		}
		return len(d.next) < d.room.Limit, err
	})
}

// takeBefore takes the jobs that come before a place, nil being the end, and have room. Behind one that waited comes the
// next for its target.
func (d *dueJobs) takeBefore(end *place) error {
	for len(d.next) > 0 && !d.full() && (end == nil || d.next[0].compare(*end) < 0) {
		c := d.next[0]
		d.next = d.next[1:]
		if !d.hasRoom(c.place) {
			continue
		}
		j, err := d.t.Job(c.tenant, c.id)
		if err != nil {
			return err
		}
		d.jobs = append(d.jobs, j)
		d.taken[c.forWhom()]++
		if c.running || !d.hasRoom(c.place) {
			continue
		}
		next, err := d.t.nextPlace(c.place, c.ofTarget().time(d.until).next())
		if err != nil {
			return err
		}
		if next != nil {
			d.add(*next, false)
		}
	}
	return nil
}
