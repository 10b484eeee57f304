package callindex

import "hash/maphash"

// filling fills a finder with many documents.
type filling struct {
	*finder
	gathering             gathering
	words, pairs, domains []uint32          // the sets of the terms, by number
	grams                 map[uint32]uint32 // the sets of the grams
	bytes                 gatheringBytes
	loose                 bool // whether the document has something that is not kept

	// What came lately, for to find it in a map costs more.
	seed        maphash.Seed
	recentTerms [1 << 14]recentTerm
	recentGrams [1 << 14]recentGram
}

// recentTerm is a word or a pair.
type recentTerm struct {
	text string
	set  uint32
}

type recentGram struct{ gram, set uint32 }

// none is no set. The first set that is gathered is that of the loose ones, which is never recent.
const none = 0

// fill puts documents of t into an empty finder: those of the blocks from ≤ i < to.
func (f *finder) fill(t *calls, from, to int) {
	f.grams = make(grams)
	l := &filling{finder: f, grams: make(map[uint32]uint32), seed: maphash.MakeSeed()}
	loose := l.gathering.add()
	known := knownNames{parts: make([]knownName, t.names.list.length)}
	end := min(to<<blockBits, t.records.length)
	f.coming, l.bytes.length = end-from<<blockBits, end
	for doc := uint32(from << blockBits); int(doc) < end; doc++ {
		name, local := *t.names.numbers.at(doc), *t.locals.at(doc)
		f.upTo++
		l.loose = false
		if !known.take(name, l, doc) {
			begin, text := len(l.gathering.taken), *t.names.list.at(name)
			cut(text, endName[0], l)
			l.bytes.add(text, doc)
			if !l.loose && *t.names.calls.at(name) > 1 {
				known.add(name, l.gathering.taken[begin:], text)
			}
		}
		cut(local, endLocal[0], l)
		l.bytes.add(local, doc)
		l.gathering.take(l.set(&l.domains, f.domains.make(t.domains.of(doc))))
		if l.loose {
			l.gathering.take(loose)
		}
		l.gathering.next()
		last := int(doc) == end-1
		if last || doc%64 == 63 {
			l.bytes.flush(doc)
		}
		if last || uint16(doc) == 1<<blockBits-1 {
			l.gathering.flush(doc >> blockBits)
		}
	}
	l.bytes.done(f.grams)
	f.loose = l.gathering.packed(loose)
	for gram, n := range l.grams {
		set := l.gathering.packed(n)
		f.grams[gram] = &set
	}
	l.finish(&f.words, l.words)
	l.finish(&f.pairs, l.pairs)
	l.finish(&f.domains, l.domains)
}

// knownNames are those that several calls have, of which all words and pairs are kept: what they are in lies together.
type knownNames struct {
	sets  []uint32 // the sets of a name, and then its bytes
	parts []knownName
}

type knownName struct{ from, bytes, to uint32 }

func (k *knownNames) add(name uint32, sets []uint32, text string) {
	part := &k.parts[name]
	part.from = uint32(len(k.sets))
	k.sets = append(k.sets, sets...)
	part.bytes = uint32(len(k.sets))
	for c := range bytesOf(found{name: text}) {
		k.sets = append(k.sets, c)
	}
	part.to = uint32(len(k.sets))
}

// take reports whether the name is known.
func (k *knownNames) take(name uint32, l *filling, doc uint32) bool {
	part := k.parts[name]
	l.gathering.taken = append(l.gathering.taken, k.sets[part.from:part.bytes]...)
	for _, c := range k.sets[part.bytes:part.to] {
		l.bytes.last[byte(c)] |= 1 << (doc % 64)
	}
	return part.to > 0
}

// append adds the documents of another finder, all of which come behind its own.
func (f *finder) append(o *finder) {
	f.upTo += o.upTo
	f.loose.append(&o.loose)
	for gram, d := range o.grams {
		f.grams.of(gram).append(d)
	}
	f.words.append(&o.words)
	f.pairs.append(&o.pairs)
	f.domains.append(&o.domains)
}

func (t *terms) append(o *terms) {
	for n := range uint32(o.list.length) {
		t.docs(t.make(o.list.at(n).text)).append(o.docs(n))
	}
}

func (l *filling) finish(t *terms, sets []uint32) {
	for n, set := range sets {
		*t.docs(uint32(n)) = l.gathering.packed(set)
	}
	for _, numbers := range t.grams {
		numbers.pack()
	}
}

// set returns the set of a term; sets are those of all before.
func (l *filling) set(sets *[]uint32, n uint32) uint32 {
	if int(n) == len(*sets) {
		*sets = append(*sets, l.gathering.add())
	}
	return (*sets)[n]
}

func (l *filling) word(word string) bool { return l.term(&l.finder.words, &l.words, word) }

func (l *filling) pair(pair string) { l.term(&l.finder.pairs, &l.pairs, pair) }

func (l *filling) term(t *terms, sets *[]uint32, text string) (kept bool) {
	r := &l.recentTerms[maphash.String(l.seed, text)%uint64(len(l.recentTerms))]
	if r.set == none || r.text != text {
		n, kept := l.keep(t, text)
		if !kept {
			l.loose = true
			return false
		}
		*r = recentTerm{t.list.at(n).text, l.set(sets, n)}
	}
	l.gathering.take(r.set)
	return true
}

func (l *filling) gram(gram uint32) {
	r := &l.recentGrams[gram*2654435769>>16%uint32(len(l.recentGrams))]
	if r.set == none || r.gram != gram {
		set, known := l.grams[gram]
		if !known {
			set = l.gathering.add()
			l.grams[gram] = set
		}
		*r = recentGram{gram, set}
	}
	l.gathering.take(r.set)
}
