package callindex

// The ends of texts, which stand behind their last bytes. They are in no text: [call.Fold] returns UTF-8.
const (
	endLocal = "\xff"
	endName  = "\xfe"
)

// grams has sets of texts, or of documents with texts, for each byte and for each three bytes in a row, the end of a
// text being one. So what has a part of up to three bytes is known without a look at it.
type grams map[uint32]*docs

func trigram(a, b, c byte) uint32 { return 1<<24 | uint32(a)<<16 | uint32(b)<<8 | uint32(c) }

// trigrams calls do with each three bytes in a row of a text and its end. A text of one byte has the end before and behind
// it, so that each has a last three.
func trigrams(text string, end byte, do func(gram uint32)) {
	n := len(text)
	for i := range n - 2 {
		do(trigram(text[i], text[i+1], text[i+2]))
	}
	switch n {
	case 0:
	case 1:
		do(trigram(end, text[0], end))
	default:
		do(trigram(text[n-2], text[n-1], end))
	}
}

func (g grams) of(gram uint32) *docs {
	d := g[gram]
	if d == nil {
		d = new(docs)
		g[gram] = d
	}
	return d
}

func (g grams) remove(gram, n uint32) {
	if d := g[gram]; d != nil {
		if d.remove(n); d.len() == 0 {
			delete(g, gram)
		}
	}
}

// byte returns what has a byte.
func (g grams) byte(b byte) union { return g.known(uint32(b)) }

// two returns what has two bytes in a row, of which the second may be an end.
func (g grams) two(part string) (u union) {
	for c := range 256 { // behind them; or, if the second one is the end, before them
		gram := trigram(part[0], part[1], byte(c))
		if part[1] == endLocal[0] {
			gram = trigram(byte(c), part[0], endLocal[0])
		}
		u = append(u, g.known(gram)...)
	}
	return u
}

// three returns what has three bytes in a row, of which the third may be an end.
func (g grams) three(part string) union { return g.known(trigram(part[0], part[1], part[2])) }

func (g grams) known(gram uint32) union {
	if d := g[gram]; d != nil {
		return union{d}
	}
	return nil
}
