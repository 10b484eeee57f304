package callindex

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// search returns the ways in which documents may have the part in name or address: what is wanted is wanted in one way
// or another.
func (t *calls) search(part string) (ways []wanted) {
	sure, others := t.finder.find(part)
	ways = append(ways, wanted{all: []union{append(sure, t.finder.domains.having(part, nil)...)}})
	if others != nil {
		ways = append(ways, wanted{all: others, good: t.hasPart(part)})
	}
	if at := strings.LastIndexByte(part, '@'); at > 0 {
		domains := t.finder.domains.having(part[at:], nil)
		sure, others := t.finder.find(part[:at] + endLocal)
		ways = append(ways, wanted{all: []union{sure, domains}})
		if others != nil {
			ways = append(ways, wanted{all: append(others, domains), good: t.hasAcross(part, at)})
		}
	}
	if t.finder.upTo < t.records.length {
		rest := roaring.New()
		rest.AddRange(uint64(t.finder.upTo), uint64(t.records.length))
		ways = append(ways, wanted{all: []union{{{many: rest}}}, good: t.hasAnywhere(part)})
	}
	return ways
}

// hasPart returns whether a document has the part in the name or before the @ of the address.
func (t *calls) hasPart(part string) func(doc uint32) bool {
	return func(doc uint32) bool {
		return strings.Contains(*t.locals.at(doc), part) || strings.Contains(t.names.of(doc), part)
	}
}

// hasAcross returns whether the address of a document has the part in such a way that its @ is at that place of it.
func (t *calls) hasAcross(part string, at int) func(doc uint32) bool {
	return func(doc uint32) bool {
		return strings.HasSuffix(*t.locals.at(doc), part[:at]) && strings.HasPrefix(t.domains.of(doc), part[at:])
	}
}

// hasAnywhere returns whether a document has the part in name or address.
func (t *calls) hasAnywhere(part string) func(doc uint32) bool {
	has, across := t.hasPart(part), func(uint32) bool { return false }
	if at := strings.LastIndexByte(part, '@'); at > 0 {
		across = t.hasAcross(part, at)
	}
	return func(doc uint32) bool { return has(doc) || strings.Contains(t.domains.of(doc), part) || across(doc) }
}
