package callindex

import "strings"

// texts are the different texts that the calls of a tenant have in one place, such as the names of their customers,
// and the documents of each. Their numbers are given again when nobody has them any more.
type texts struct {
	list   column[text]
	byText map[string]uint32
	free   []uint32
	grams  grams
}

type text struct {
	text string
	docs docs
}

func (t *texts) text(n uint32) string { return t.list.at(n).text }

// add notes that the document has the text, and returns its number.
func (t *texts) add(s string, doc uint32) uint32 {
	n, known := t.byText[s]
	if !known {
		n = t.new(strings.Clone(s))
	}
	t.list.at(n).docs.add(doc)
	return n
}

func (t *texts) new(s string) uint32 {
	if t.byText == nil {
		t.byText, t.grams = make(map[string]uint32), make(grams)
	}
	n := uint32(t.list.length)
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		t.list.at(n).text = s
	} else {
		t.list.add(text{text: s})
	}
	t.byText[s] = n
	t.grams.add(s, n)
	return n
}

// remove notes that the document has the text no longer. What nobody has is forgotten.
func (t *texts) remove(n, doc uint32) {
	had := t.list.at(n)
	if had.docs.remove(doc); had.docs.len() > 0 {
		return
	}
	t.grams.remove(had.text, n)
	delete(t.byText, had.text)
	*had = text{}
	t.free = append(t.free, n)
}

// find adds to s, which is of so many documents, those whose text has the part.
func (t *texts) find(lent *sets, s set, length int, part string) {
	found := lent.get(t.list.length)
	defer lent.put(found)
	if !t.grams.find(lent, found, part) {
		found.keep(func(n uint32) bool { return contains(t.list.at(n).text, part) })
	}
	if found.count() <= len(t.byText)/2 {
		for n := range found.all() {
			lent.addDocs(s, &t.list.at(n).docs)
		}
		return
	}
	rest := lent.get(length) // without the others, which are fewer
	defer lent.put(rest)
	rest.addRange(0, uint32(length))
	for n := range uint32(t.list.length) {
		if !found.has(n) {
			lent.removeDocs(rest, &t.list.at(n).docs)
		}
	}
	s.or(rest)
}
