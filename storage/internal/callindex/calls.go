package callindex

import (
	"strings"
)

// calls are those of one tenant. A call is a document, whose number is the order of arrival; it is never taken out.
type calls struct {
	ids     column[id] // by document, as all columns
	records column[record]
	locals  column[string] // the addresses up to the last @

	groups   [groups]group
	orders   [orders]order
	byID     order
	names    texts
	domains  texts // the addresses from the last @ on
	byLocals grams // of documents, as most addresses are there once
}

// record is what is kept of a call beside its texts. It has no pointers, for there are many.
type record struct {
	inserted, started, completed int64 // as in [Entry]
	refs                         [groups]uint32
	name, domain                 uint32
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
	t := &calls{byLocals: make(grams)}
	for by := range t.orders {
		t.orders[by].key = func(doc uint32) key { return key{t.value(by, t.records.at(doc)), *t.ids.at(doc)} }
	}
	t.byID.key = func(doc uint32) key { return key{id: *t.ids.at(doc)} }
	return t
}

// split cuts an address at its last @, which most have, for there are few domains.
func split(email string) (local, domain string) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return email, ""
	}
	return email[:at], email[at:]
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
func (t *calls) add(i id, e Entry) (doc uint32) {
	doc = uint32(t.records.length)
	if i.other != nil {
		*i.other = strings.Clone(*i.other)
	}
	t.ids.add(i)
	local, domain := split(e.email)
	t.locals.add(strings.Clone(local))
	r := t.record(e)
	r.name, r.domain = t.names.add(e.name, doc), t.domains.add(domain, doc)
	t.records.add(r)
	for by, n := range r.refs {
		t.groups[by].docs[n].add(doc)
	}
	return doc
}

// record is that of an entry, without its texts.
func (t *calls) record(e Entry) record {
	r := record{inserted: e.inserted, started: e.started, completed: e.completed}
	for by, ref := range [groups]ref{byStatus: e.status, byDepartment: e.department, byUser: e.user, byRating: e.rating} {
		r.refs[by] = t.groups[by].intern(ref)
	}
	return r
}

// arrange puts a document that was added where it belongs in the orders, and makes its address be found.
func (t *calls) arrange(doc uint32) {
	t.byLocals.add(*t.locals.at(doc), doc)
	t.byID.insert(doc)
	for by := range t.orders {
		t.place(by, doc)
	}
}

func (t *calls) place(by int, doc uint32) {
	if o := &t.orders[by]; t.value(by, t.records.at(doc)).none {
		o.none.add(doc)
	} else {
		o.insert(doc)
	}
}

// change puts an entry in the place of the one that the document has.
func (t *calls) change(doc uint32, e Entry) {
	local, domain := split(e.email)
	if had := t.locals.at(doc); *had != local {
		t.byLocals.remove(*had, doc)
		*had = strings.Clone(local)
		t.byLocals.add(*had, doc)
	}
	r, had := t.record(e), *t.records.at(doc)
	r.name, r.domain = t.names.add(e.name, doc), t.domains.add(domain, doc)
	for by, n := range r.refs {
		if n != had.refs[by] {
			t.groups[by].docs[had.refs[by]].remove(doc)
			t.groups[by].docs[n].add(doc)
		}
	}
	var moved [orders]bool
	for by := range t.orders {
		value := t.value(by, &had)
		moved[by] = value != t.value(by, &r)
		switch {
		case moved[by] && value.none:
			t.orders[by].none.remove(doc)
		case moved[by]:
			t.orders[by].remove(doc)
		}
	}
	*t.records.at(doc) = r
	for by := range t.orders {
		if moved[by] {
			t.place(by, doc)
		}
	}
	if r.name != had.name {
		t.names.remove(had.name, doc)
	}
	if r.domain != had.domain {
		t.domains.remove(had.domain, doc)
	}
}

// entry is what is kept of a document.
func (t *calls) entry(doc uint32) Entry {
	r := t.records.at(doc)
	ref := func(by int) ref { return t.groups[by].refs[r.refs[by]] }
	return Entry{
		id:         t.ids.at(doc).String(),
		status:     ref(byStatus),
		department: ref(byDepartment),
		user:       ref(byUser),
		rating:     ref(byRating),
		name:       t.names.text(r.name),
		email:      *t.locals.at(doc) + t.domains.text(r.domain),
		inserted:   r.inserted,
		started:    r.started,
		completed:  r.completed,
	}
}
