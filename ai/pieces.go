package ai

import (
	"strings"
	"unicode/utf8"
)

// pieces cuts a text into pieces of at most so many characters: between lines where it can, else between words, else
// anywhere.
func pieces(text string, most int) (all []string) {
	for {
		head, rest := cutAt(text, most)
		if head = strings.TrimSpace(head); head != "" {
			all = append(all, head)
		}
		if rest == "" {
			return all
		}
		text = rest
	}
}

func cutAt(text string, most int) (head, rest string) {
	end, n := 0, 0 // the bytes of the first most characters
	for end < len(text) && n < most {
		_, size := utf8.DecodeRuneInString(text[end:])
		end, n = end+size, n+1
	}
	if end == len(text) {
		return text, ""
	}
	for _, between := range []string{"\n", " "} {
		if i := strings.LastIndex(text[:end], between); i > 0 {
			return text[:i], text[i+1:]
		}
	}
	return text[:end], text[end:]
}
