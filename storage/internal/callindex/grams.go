package callindex

import (
	"slices"
	"strings"
)

// end stands behind the last byte of a text. It is in no text: [call.Fold] returns UTF-8.
const end = "\xff"

// grams finds texts by their parts. It has the numbers of the texts for each byte, and for each three bytes in a row,
// the end being one. So the texts with a part of up to three bytes are known without a look at them; for a longer part
// there are candidates.
type grams map[uint32]*docs

func trigram(a, b, c byte) uint32 { return 1<<24 | uint32(a)<<16 | uint32(b)<<8 | uint32(c) }

// each calls do with what is kept for the text, some of it more than once.
func (g grams) each(text string, do func(gram uint32)) {
	for i := range len(text) {
		do(uint32(text[i]))
	}
	trigrams(text, do)
}

// trigrams calls do with each three bytes in a row.
func trigrams(text string, do func(gram uint32)) {
	switch n := len(text); n {
	case 0:
		return
	case 1: // so that each text has a last three
		do(trigram(end[0], text[0], end[0]))
	default:
		for i := range n - 2 {
			do(trigram(text[i], text[i+1], text[i+2]))
		}
		do(trigram(text[n-2], text[n-1], end[0]))
	}
}

func (g grams) add(text string, n uint32) {
	g.each(text, func(gram uint32) { g.of(gram).add(n) })
}

func (g grams) of(gram uint32) *docs {
	d := g[gram]
	if d == nil {
		d = new(docs)
		g[gram] = d
	}
	return d
}

func (g grams) remove(text string, n uint32) {
	g.each(text, func(gram uint32) {
		if d := g[gram]; d != nil {
			d.remove(n)
			if d.len() == 0 {
				delete(g, gram)
			}
		}
	})
}

// find adds to s, which is empty, the texts in which part may be. It reports whether it is in all of them.
func (g grams) find(lent *sets, s set, part string) (sure bool) {
	switch {
	case len(part) == 1:
		lent.addKnown(s, g[uint32(part[0])])
		return true
	case len(part) == 2: // followed by anything; or, if its second byte is the end, behind anything
		for c := range 256 {
			gram := trigram(part[0], part[1], byte(c))
			if part[1] == end[0] {
				gram = trigram(byte(c), part[0], end[0])
			}
			lent.addKnown(s, g[gram])
		}
		return true
	}
	found := make([]*docs, 0, len(part)-2)
	for i := range len(part) - 2 {
		d := g[trigram(part[i], part[i+1], part[i+2])]
		if d == nil {
			return true
		}
		found = append(found, d)
	}
	slices.SortFunc(found, func(a, b *docs) int { return a.len() - b.len() })
	lent.addDocs(s, found[0])
	left := found[0].len()
	for _, d := range found[1:] {
		if left < len(s)/16 {
			break // to look at each costs less
		}
		lent.intersect(s, d)
		left = s.count()
	}
	return len(part) == 3
}

// contains reports whether part, which may have an end, is in the text.
func contains(text, part string) bool {
	if tail, cut := strings.CutSuffix(part, end); cut {
		return strings.HasSuffix(text, tail)
	}
	return strings.Contains(text, part)
}
