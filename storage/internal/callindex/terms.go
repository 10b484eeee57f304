package callindex

import (
	"cmp"
	"slices"
	"strings"
)

// terms are different texts, each with the documents that have it. A text that no document has any more is forgotten, and
// its number is given again.
type terms struct {
	list   column[term] // by number
	byText map[string]uint32
	free   []uint32
	grams  grams // of numbers
}

type term struct {
	text string
	docs docs
}

func (t *terms) len() int { return len(t.byText) }

// docs returns the documents with a text.
func (t *terms) docs(n uint32) *docs { return &t.list.at(n).docs }

// of returns the documents with a text; nil if there are none.
func (t *terms) of(text string) *docs {
	if n, known := t.byText[text]; known {
		return t.docs(n)
	}
	return nil
}

// make returns the number of a text, which is a new one if need be: then a document must be put into its set.
func (t *terms) make(text string) uint32 {
	if n, known := t.byText[text]; known {
		return n
	}
	if t.byText == nil {
		t.byText, t.grams = make(map[string]uint32), make(grams)
	}
	text = strings.Clone(text)
	n := uint32(t.list.length)
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		t.list.at(n).text = text
	} else {
		t.list.add(term{text: text})
	}
	t.byText[text] = n
	for i := range len(text) {
		t.grams.of(uint32(text[i])).add(n)
	}
	trigrams(text, endLocal[0], func(gram uint32) { t.grams.of(gram).add(n) })
	return n
}

// remove takes a document from a text, if there is such a one.
func (t *terms) remove(text string, doc uint32) {
	n, known := t.byText[text]
	if !known {
		return
	}
	had := t.list.at(n)
	if had.docs.remove(doc); had.docs.len() > 0 {
		return
	}
	for i := range len(text) {
		t.grams.remove(uint32(text[i]), n)
	}
	trigrams(text, endLocal[0], func(gram uint32) { t.grams.remove(gram, n) })
	delete(t.byText, had.text)
	*had = term{}
	t.free = append(t.free, n)
}

// having returns the documents that have a text which is good and has the part, which may have an end.
func (t *terms) having(part string, good func(text string) bool) (u union) {
	for _, n := range t.find(part) {
		if term := t.list.at(n); good == nil || good(term.text) {
			u = append(u, &term.docs)
		}
	}
	return u
}

// find returns the numbers of the texts that have the part, each once.
func (t *terms) find(part string) []uint32 {
	var numbers []uint32
	switch len(part) {
	case 1:
		numbers = t.grams.byte(part[0]).list()
	case 2:
		numbers = t.grams.two(part).list()
		slices.Sort(numbers)
		return slices.Compact(numbers)
	case 3:
		numbers = t.grams.three(part).list()
	default:
		var all []*docs
		for i := range len(part) - 2 {
			d := t.grams[trigram(part[i], part[i+1], part[i+2])]
			if d == nil {
				return nil
			}
			all = append(all, d)
		}
		slices.SortFunc(all, func(a, b *docs) int { return cmp.Compare(a.len(), b.len()) })
		numbers = slices.DeleteFunc(all[0].list(), func(n uint32) bool {
			return slices.ContainsFunc(all[1:], func(d *docs) bool { return !d.has(n) }) || !contains(t.list.at(n).text, part)
		})
	}
	return numbers
}

// contains reports whether part, which may have an end, is in the text.
func contains(text, part string) bool {
	if tail, cut := strings.CutSuffix(part, endLocal); cut {
		return strings.HasSuffix(text, tail)
	}
	return strings.Contains(text, part)
}
