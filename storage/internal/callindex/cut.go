package callindex

import "math/bits"

// found is the texts of a document, by which it is found.
type found struct{ name, local, domain string }

// letter reports whether words are made of c: letters, and all that is not ASCII, but not the ends.
func letter(c byte) bool { return 'a' <= c && c <= 'z' || 0x80 <= c && c < endName[0] }

// word returns the first word of a text from at on; from is the text's length if there is none.
func word(text string, at int) (from, to int) {
	for from = at; from < len(text) && !letter(text[from]); from++ {
	}
	for to = from; to < len(text) && letter(text[to]); to++ {
	}
	return from, to
}

// cut hands over the words of a text, their pairs that are longer than a gram, and the grams that are not within a word
// which is kept. That of the end of a name is left out, too, behind such a word: it says nothing that the word does not.
func cut(text string, end byte, to taker) {
	next, before, had := 0, 0, 0
	for from, until := word(text, 0); from < len(text); from, until = word(text, until) {
		kept := to.word(text[from:until])
		begin, finish := max(from-1, 0), min(until+1, len(text))
		if had > 0 && from == had+1 {
			begin = before
		}
		if until-begin > max(until-from, 3) {
			to.pair(text[begin:until])
		}
		if finish-from > max(until-from, 3) && (finish == len(text) || !letter(text[finish])) {
			to.pair(text[from:finish])
		}
		before, had = from, until
		if !kept || until-from < 3 {
			continue
		}
		for ; next < from; next++ {
			to.gram(trigram(text[next], text[next+1], text[next+2]))
		}
		if next = until - 2; end == endName[0] && until == len(text) {
			return
		}
	}
	trigrams(text[next:], end, to.gram)
}

// bytesOf yields each byte of a name and of what stands before the @, once.
func bytesOf(t found) func(yield func(c uint32) bool) {
	return func(yield func(c uint32) bool) {
		var set [4]uint64
		for _, text := range [...]string{t.name, t.local} {
			for i := range len(text) {
				set[text[i]/64] |= 1 << (text[i] % 64)
			}
		}
		for i, w := range set {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}
