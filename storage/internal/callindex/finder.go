package callindex

// finder finds documents by a part of their texts: the customer's name, what stands before the @ of his address, and the
// domain. Domains are few, and known as they are.
//
// Names and addresses are made of few words, which are their runs of letters. There is a set for each word, in which are
// the documents that have it in either, and one for each pair: a word, the byte beside it and the word behind that, if
// there is one. So what has a part that lies within a word or a pair is the union of some sets, and nothing is compared.
// The rest is known by three bytes in a row of which one is no letter at least: those within a word would say nothing new.
//
// There may be too many words, as when addresses are random letters. One that comes when there are as many as are kept is
// taken apart as the rest is, and the document is a loose one: it may have more than the words say.
type finder struct {
	upTo    int // documents below are found here; the others must be looked at one by one
	coming  int // or more documents, which are put in together
	words   terms
	pairs   terms
	domains terms
	grams   grams // of documents
	loose   docs  // those with words or pairs that are not kept
}

const (
	// maxLooked is the most documents of a tenant that has no sets in its finder.
	maxLooked = 2048
	// Of words and of pairs so many are kept, and one for each so many documents.
	leastKept, docsPerKept = 4096, 16
)

// taker takes what is kept of a text.
type taker interface {
	// word takes a word, if it is kept.
	word(word string) (kept bool)
	// pair takes two words with one byte between, or a word with a byte at one side behind which there is no other.
	pair(pair string)
	gram(gram uint32)
}

// add makes the next document be found.
func (f *finder) add(t found) {
	doc := uint32(f.upTo)
	f.upTo++
	f.put(doc, t)
}

func (f *finder) put(doc uint32, t found) {
	f.domains.docs(f.domains.make(t.domain)).add(doc)
	to := &putting{f, doc}
	for c := range bytesOf(t) {
		to.gram(c)
	}
	cut(t.name, endName[0], to)
	cut(t.local, endLocal[0], to)
}

// putting puts what it takes into the sets, for a document.
type putting struct {
	*finder
	doc uint32
}

func (p *putting) gram(gram uint32) { p.grams.of(gram).add(p.doc) }

func (p *putting) word(word string) bool { return p.term(&p.words, word) }

func (p *putting) pair(pair string) { p.term(&p.pairs, pair) }

func (p *putting) term(t *terms, text string) bool {
	n, kept := p.keep(t, text)
	if kept {
		t.docs(n).add(p.doc)
	} else {
		p.loose.add(p.doc)
	}
	return kept
}

// keep returns the number of a word or a pair, and whether it is kept.
func (f *finder) keep(t *terms, text string) (n uint32, kept bool) {
	if n, kept = t.byText[text]; kept {
		return n, true
	}
	if t.len() >= leastKept+max(f.upTo, f.coming)/docsPerKept {
		return 0, false
	}
	return t.make(text), true
}

// remove undoes put. It also takes the document from grams within words, as a word may not have been kept when it came.
func (f *finder) remove(doc uint32, t found) {
	f.domains.remove(t.domain, doc)
	for c := range bytesOf(t) {
		f.grams.remove(c, doc)
	}
	f.loose.remove(doc)
	taken := &removing{f, doc}
	cut(t.name, endName[0], taken)
	cut(t.local, endLocal[0], taken)
}

// removing takes a document from all sets.
type removing struct {
	*finder
	doc uint32
}

func (r *removing) gram(gram uint32) { r.grams.remove(gram, r.doc) }

func (r *removing) pair(pair string) { r.pairs.remove(pair, r.doc) }

func (r *removing) word(word string) bool {
	r.words.remove(word, r.doc)
	return false // so that the grams within come, too
}
