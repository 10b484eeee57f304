package callindex

import (
	"slices"
	"strings"
)

// texts are what the calls of a tenant have in one place, such as the names of their customers. What many have is kept
// once: a text has a number, and the documents that have it. The numbers are given again when nobody has them any more.
type texts struct {
	numbers column[uint32] // by document
	list    column[text]   // by number
	byText  map[string]uint32
	free    []uint32
	grams   grams
}

type text struct {
	text string
	docs docs
}

// of returns the text of a document.
func (t *texts) of(doc uint32) string { return t.list.at(*t.numbers.at(doc)).text }

// arrange makes the document be found by its text.
func (t *texts) arrange(doc uint32) { t.has(*t.numbers.at(doc), doc) }

// has notes that a document has the text of that number.
func (t *texts) has(n, doc uint32) {
	text := t.list.at(n)
	if text.docs.len() == 0 {
		t.grams.add(text.text, n)
	}
	text.docs.add(doc)
}

// change gives a document another text. What nobody has then is forgotten.
func (t *texts) change(doc uint32, s string) {
	old := *t.numbers.at(doc)
	if t.list.at(old).text == s {
		return
	}
	n := t.intern(s)
	*t.numbers.at(doc) = n
	t.has(n, doc)
	had := t.list.at(old) // not before, for the list may have moved when it became longer
	if had.docs.remove(doc); had.docs.len() > 0 {
		return
	}
	t.grams.remove(had.text, old)
	delete(t.byText, had.text)
	*had = text{}
	t.free = append(t.free, old)
}

// intern returns the number of a text, which is a new one if need be, that is found once a document has it.
func (t *texts) intern(s string) uint32 {
	if n, known := t.byText[s]; known {
		return n
	}
	if t.byText == nil {
		t.byText, t.grams = make(map[string]uint32), make(grams)
	}
	s = strings.Clone(s)
	n := uint32(t.list.length)
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		t.list.at(n).text = s
	} else {
		t.list.add(text{text: s})
	}
	t.byText[s] = n
	return n
}

// find adds to s the documents whose text has the part.
func (t *texts) find(lent *sets, s set, part string) {
	found := lent.get(t.list.length)
	defer lent.put(found)
	if !t.grams.find(lent, found, part) {
		found.keep(func(n uint32) bool { return contains(t.list.at(n).text, part) })
	}
	if found.count() < t.numbers.length/64 {
		for n := range found.all() {
			lent.addDocs(s, &t.list.at(n).docs)
		}
		return
	}
	for i, page := range t.numbers.pages { // so many that it costs less to ask each document
		words := s[i<<pageBits/64:]
		for some := range slices.Chunk(page, 64) {
			var word uint64
			for at, n := range some {
				word |= uint64(found.bit(n)) << at
			}
			words[0] |= word
			words = words[1:]
		}
	}
}
