package openai

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// baseOf is the language of a BCP 47 tag alone, as the API takes it: pt for pt-BR; empty if there is none in it.
func baseOf(tag string) string {
	t, err := language.Parse(tag)
	if err != nil || t == language.Und {
		return ""
	}
	base, _ := t.Base()
	return base.String()
}

// languageTag makes a BCP 47 tag of what a server says was spoken, by code (pt) or by its English name (portuguese). If
// that is the language which was expected, the expected tag stays: it knows the region too.
func languageTag(said, expected string) string {
	if code, ok := codes()[strings.ToLower(said)]; ok {
		said = code
	}
	switch base := baseOf(said); base {
	case "", baseOf(expected):
		return expected
	default:
		return base
	}
}

// codes are the codes of languages by their English names.
var codes = sync.OnceValue(func() map[string]string {
	names, codes := display.English.Languages(), map[string]string{}
	for _, tag := range display.Supported.Tags() {
		if base, _ := tag.Base(); tag == language.Make(base.String()) {
			codes[strings.ToLower(names.Name(tag))] = base.String()
		}
	}
	return codes
})
