package notes

import (
	"cmp"
	"strings"
	"time"
	"unicode"
)

// Render writes notes as the API shows them, one entry after the other, oldest first, in the time zone of the tenant:
//
//	[2026-02-18 14:50 - Ana Supervisor] Excellent service.
//	  Second line of the same note.
//
// Only an entry begins at the start of a line: what follows a line break inside a text, by whichever of Unicode's
// line breaks, is indented by two spaces, and brackets and control characters are taken out of names. An author whose
// name leaves nothing to read is shown by id.
func Render(all []Note, zone *time.Location) string {
	var b strings.Builder
	for i, n := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteByte('[')
		b.WriteString(n.Time.In(zone).Format("2006-01-02 15:04"))
		b.WriteString(" - ")
		if n.Erased {
			b.WriteString("erased] (erased)")
			continue
		}
		b.WriteString(cmp.Or(cleanName(n.AuthorName), cleanName(n.AuthorID)))
		b.WriteString("] ")
		b.WriteString(indented.Replace(visible(n.Text)))
	}
	return b.String()
}

// indented turns every line break of Unicode (UAX 14: BK, CR, LF, NL) into a line feed and two spaces.
var indented = strings.NewReplacer(
	"\r\n", "\n  ", "\n", "\n  ", "\r", "\n  ", "\v", "\n  ", "\f", "\n  ",
	"\u0085", "\n  ", "\u2028", "\n  ", "\u2029", "\n  ",
	"\x1c", "\n  ", "\x1d", "\n  ", "\x1e", "\n  ", // breaks to some programs
)

// visible takes out of a text the characters that reorder or overwrite what stands around them.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\b', '\x1b', '\x7f':
			return -1
		}
		if reorders(r) {
			return -1
		}
		return r
	}, s)
}

// cleanName takes out of a display name what could end or fake the head of an entry, and what nobody would see.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '[' || r == ']' || !unicode.IsGraphic(r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// reorders reports whether r is one of the controls of bidirectional text.
func reorders(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
