package callindex

import "strings"

// find returns the documents that have a part in the name or in what stands before the @ of the address. If others may
// have it, it also returns sets in all of which they are. A part with an end is one that the address ends with.
func (f *finder) find(part string) (sure union, others []union) {
	from, to := word(part, 0)
	within := from == 0 && to == len(part) // a word
	if within && len(part) > 1 {
		sure = f.words.having(part, nil)
	}
	switch len(part) {
	case 1:
		return f.grams.byte(part[0]), nil
	case 2:
		return append(sure, f.grams.two(part)...), nil
	case 3:
		return append(sure, f.grams.three(part)...), nil
	}
	if within || pairs(part) {
		if !within {
			sure = f.pairs.having(part, nil)
		}
		if f.loose.len() == 0 {
			return sure, nil
		}
		others = append(others, union{&f.loose})
	}
	for at := range len(part) - 2 {
		for at >= to && to < len(part) {
			from, to = word(part, to)
		}
		if !within && from <= at && at+2 < to {
			continue // what has it within a word is in no such set
		}
		u := f.grams.three(part[at : at+3])
		if u == nil {
			return sure, nil
		}
		others = append(others, u)
	}
	if within {
		return sure, others
	}
	for from, to := word(part, 0); from < len(part); from, to = word(part, to) {
		if to-from < 3 {
			continue // that it is there its neighbours say, three bytes in a row
		}
		u := f.run(part, from, to)
		if u == nil {
			return sure, nil
		}
		others = append(others, u)
	}
	return sure, others
}

// pairs reports whether a part is one byte with a word at one side or at both, so that what has it has it in a pair.
func pairs(part string) bool {
	if part[len(part)-1] == endLocal[0] {
		return false
	}
	from, to := word(part, 0)
	if from == 1 || to == len(part)-1 {
		return to-from == len(part)-1
	}
	next, last := word(part, to)
	return from == 0 && next == to+1 && last == len(part)
}

// run returns documents among which are all with a run of letters that a part has, as a word or, where the run begins or
// ends the part, as the end or the beginning of one.
func (f *finder) run(part string, from, to int) (u union) {
	run := part[from:to]
	switch {
	case from == 0:
		u = f.words.having(run+endLocal, nil)
	case to == len(part):
		u = f.words.having(run, func(word string) bool { return strings.HasPrefix(word, run) })
	default:
		if d := f.words.of(run); d != nil {
			u = union{d}
		}
	}
	least := &f.loose // or less, of which all are that have it in a word that is not kept
	for at := range len(run) - 2 {
		d := f.grams[trigram(run[at], run[at+1], run[at+2])]
		if d == nil {
			return u
		}
		if d.len() < least.len() {
			least = d
		}
	}
	if least.len() > 0 {
		u = append(u, least)
	}
	return u
}
