package callindex

import "strings"

// search returns the documents whose name or address has the part, save for some that are not in m, nil being all.
func (t *calls) search(lent *sets, part string, m set) set {
	s := lent.get(t.records.length)
	t.names.find(lent, s, part)
	t.domains.find(lent, s, part)
	t.searchLocals(lent, s, part, m)
	if at := strings.LastIndexByte(part, '@'); at > 0 { // it may also begin in the local part, and go on in the domain
		both := lent.get(t.records.length)
		t.domains.find(lent, both, part[at:])
		if m != nil {
			both.and(m)
		}
		t.searchLocals(lent, s, part[:at]+end, both)
		lent.put(both)
	}
	return s
}

// searchLocals adds the documents of m in whose local part the part is.
func (t *calls) searchLocals(lent *sets, s set, part string, m set) {
	found := lent.get(t.records.length)
	defer lent.put(found)
	sure := t.byLocals.find(lent, found, part)
	found.andNot(s) // many an address has what the name has
	if m != nil {
		found.and(m)
	}
	if !sure {
		found.keep(func(doc uint32) bool { return contains(*t.locals.at(doc), part) })
	}
	s.or(found)
}
