package callindex

import "strings"

// calls are those of one tenant. A call is a document, whose number is the order of arrival; it is never taken out.
type calls struct {
	ids     ids // by document, as all columns
	records column[record]
	locals  column[string] // the addresses up to the last @

	groups  [groups]group
	orders  [orders]order
	byID    order
	names   texts
	domains texts // the addresses from the last @ on
	finder  finder
}

// record is what is kept of a call beside its texts. It has no pointers, for there are many.
type record struct {
	times
	refs [groups]uint32
}

// second is the time at which the call came in, as it is printed and sorted.
func (r *record) second() int64 {
	if r.inserted == noTime {
		return noTime
	}
	return floorSecond(r.inserted)
}

func floorSecond(micros int64) int64 {
	second := micros / 1e6
	if micros%1e6 < 0 {
		second--
	}
	return second
}

func newCalls() *calls {
	t := &calls{finder: finder{grams: make(grams)}}
	for by := range t.orders {
		t.orders[by].value, t.orders[by].ids = func(doc uint32) value { return t.value(by, doc) }, &t.ids
	}
	t.byID.ids = &t.ids
	return t
}

// find returns the document of a call, and whether there is one.
func (t *calls) find(i id) (doc uint32, ok bool) {
	if !t.byID.reaches(key{id: i}) {
		return 0, false
	}
	p := t.byID.before(key{id: i})
	if p.at == len(t.byID.chunks[p.i].docs) {
		p = place{p.i + 1, 0}
	}
	doc = t.byID.chunks[p.i].docs[p.at]
	return doc, t.ids.at(doc).compare(i) == 0
}

// add gives a call the next document, which is to be arranged.
func (t *calls) add(e Entry) (doc uint32) {
	doc = t.append(e.id, e.local, t.names.intern(e.name), t.domains.intern(e.domain), t.record(e))
	for by, n := range t.records.at(doc).refs {
		t.groups[by].docs[n].add(doc)
	}
	return doc
}

// append writes the columns of the next document, and no more.
func (t *calls) append(i id, local string, name, domain uint32, r record) (doc uint32) {
	doc = uint32(t.records.length)
	t.ids.add(i)
	t.locals.add(strings.Clone(local))
	t.names.add(name)
	t.domains.add(domain)
	t.records.add(r)
	return doc
}

// record is that of a new entry, without its texts.
func (t *calls) record(e Entry) record {
	r := record{times: e.times}
	t.refer(&r, &e)
	return r
}

// refer gives r the refs that e does not keep.
func (t *calls) refer(r *record, e *Entry) {
	r.refs[byStatus] = t.groups[byStatus].intern(e.status)
	r.refs[byRating] = t.groups[byRating].intern(e.rating)
	if !e.keeps.department {
		r.refs[byDepartment] = t.groups[byDepartment].intern(e.department)
	}
	if !e.keeps.user {
		r.refs[byUser] = t.groups[byUser].intern(e.user)
	}
}

// arrange puts a document that was added where it belongs in the orders, and lets the finder go on: when it begins, it
// takes some for each that comes, lest one of them waits for thousands.
func (t *calls) arrange(doc uint32) {
	for i := 0; i < 4 && t.records.length > maxLooked && t.finder.upTo < t.records.length; i++ {
		t.finder.add(t.found(uint32(t.finder.upTo)))
	}
	t.byID.insert(doc)
	for by := range t.orders {
		t.place(by, doc)
	}
}

func (t *calls) place(by int, doc uint32) {
	if o := &t.orders[by]; t.value(by, doc).none {
		o.none.add(doc)
	} else {
		o.insert(doc)
	}
}

// displace undoes what place did, as long as the document is what it was.
func (t *calls) displace(by int, doc uint32) {
	if o := &t.orders[by]; t.value(by, doc).none {
		o.none.remove(doc)
	} else {
		o.remove(doc)
	}
}

// change puts an entry in the place of the one that the document has.
func (t *calls) change(doc uint32, e Entry) {
	had := t.records.at(doc)
	r := record{times: e.times, refs: had.refs}
	t.refer(&r, &e)
	for by, n := range r.refs {
		if n != had.refs[by] {
			t.groups[by].docs[had.refs[by]].remove(doc)
			t.groups[by].docs[n].add(doc)
		}
	}
	moved := make([]int, 0, orders)
	for by := range t.orders {
		if by == byName && !e.keeps.customer && t.names.of(doc) != e.name || by != byName && had.value(by) != r.value(by) {
			t.displace(by, doc)
			moved = append(moved, by)
		}
	}
	*had = r
	if !e.keeps.customer {
		t.rename(doc, found{e.name, e.local, e.domain})
	}
	for _, by := range moved {
		t.place(by, doc)
	}
}

// found is the texts of a document.
func (t *calls) found(doc uint32) found {
	return found{t.names.of(doc), *t.locals.at(doc), t.domains.of(doc)}
}

// rename gives a document other texts.
func (t *calls) rename(doc uint32, now found) {
	had, here := t.found(doc), int(doc) < t.finder.upTo
	if now == had {
		return
	}
	if here {
		t.finder.remove(doc, had)
	}
	t.names.change(doc, now.name)
	t.domains.change(doc, now.domain)
	if now.local != had.local {
		*t.locals.at(doc) = strings.Clone(now.local)
	}
	if here {
		t.finder.put(doc, now)
	}
}

// entry is what is kept of a document.
func (t *calls) entry(doc uint32) Entry {
	r := t.records.at(doc)
	ref := func(by int) ref { return t.groups[by].refs[r.refs[by]].ref }
	return Entry{
		id:         t.ids.at(doc),
		status:     ref(byStatus),
		department: ref(byDepartment),
		user:       ref(byUser),
		rating:     ref(byRating),
		name:       t.names.of(doc),
		local:      *t.locals.at(doc),
		domain:     t.domains.of(doc),
		times:      r.times,
	}
}
