package callindex

import "strings"

// texts are what the calls of a tenant have in one place, such as the names of their customers. What many have is kept
// once: a text has a number, which is given again when no call has the text any more.
type texts struct {
	numbers column[uint32] // by document
	list    column[string] // by number, as calls
	calls   column[uint32] // how many have the text
	byText  map[string]uint32
	free    []uint32
}

// of returns the text of a document.
func (t *texts) of(doc uint32) string { return *t.list.at(*t.numbers.at(doc)) }

// add gives the next document the text of a number.
func (t *texts) add(n uint32) {
	t.numbers.add(n)
	*t.calls.at(n)++
}

// change gives a document another text. What no call has then is forgotten.
func (t *texts) change(doc uint32, s string) {
	old := *t.numbers.at(doc)
	had := *t.list.at(old)
	if had == s {
		return
	}
	n := t.intern(s)
	*t.numbers.at(doc) = n
	*t.calls.at(n)++
	left := t.calls.at(old)
	if *left--; *left > 0 {
		return
	}
	delete(t.byText, had)
	*t.list.at(old) = ""
	t.free = append(t.free, old)
}

// intern returns the number of a text, which is a new one if need be, that is good once a document has it.
func (t *texts) intern(s string) uint32 {
	if n, known := t.byText[s]; known {
		return n
	}
	if t.byText == nil {
		t.byText = make(map[string]uint32)
	}
	s = strings.Clone(s)
	n := uint32(t.list.length)
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
		*t.list.at(n) = s
	} else {
		t.list.add(s)
		t.calls.add(0)
	}
	t.byText[s] = n
	return n
}
