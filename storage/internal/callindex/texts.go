package callindex

import "strings"

// texts are the different texts that the calls of a tenant have in one place, such as the names of their customers,
// and the documents of each. Their numbers are given again when nobody has them any more. The number 0 is the empty
// text, which is not searched and has no documents here.
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

func (t *texts) text(n uint32) string {
	if n == 0 {
		return ""
	}
	return t.list.at(n).text
}

// add notes that the document has the text, and returns its number.
func (t *texts) add(s string, doc uint32) uint32 {
	if s == "" {
		return 0
	}
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
		t.list.add(text{})
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
	if n == 0 {
		return
	}
	had := t.list.at(n)
	if had.docs.remove(doc); had.docs.len() > 0 {
		return
	}
	t.grams.remove(had.text, n)
	delete(t.byText, had.text)
	*had = text{}
	t.free = append(t.free, n)
}

// find adds to s the documents whose text has the part.
func (t *texts) find(lent *sets, s set, part string) {
	candidates := lent.get(t.list.length)
	defer lent.put(candidates)
	sure := t.grams.find(lent, candidates, part)
	for n := range candidates.all() {
		if found := t.list.at(n); sure || contains(found.text, part) {
			lent.addDocs(s, &found.docs)
		}
	}
}
