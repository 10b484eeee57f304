package command

import (
	"errors"
	"strings"
)

// Split cuts a command line into words at white space. Single or double quotes keep white space in a word, and a
// backslash outside single quotes takes away what the next character means. Nothing else is special: no shell reads it.
func Split(line string) (words []string, err error) {
	var (
		word   strings.Builder
		inWord bool
		quote  rune // the quote that is open, or 0
		escape bool
	)
	for _, r := range line {
		switch {
		case escape:
			word.WriteRune(r)
			escape = false
		case r == '\\' && quote != '\'':
			escape, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escape {
		return nil, errors.New("a quote or a backslash is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
