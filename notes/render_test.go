package notes_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/notes"
)

var at = time.Date(2026, 2, 18, 14, 50, 59, 0, time.UTC)

func note(name, text string) notes.Note {
	return notes.Note{Time: at, AuthorName: name, Text: text}
}

func TestRender(t *testing.T) {
	saoPaulo := time.FixedZone("BRT", -3*3600)
	kiritimati := time.FixedZone("LINT", 14*3600)
	tombstone := notes.Note{Time: at, AuthorID: "ana", Erased: true}
	for name, test := range map[string]struct {
		all  []notes.Note
		zone *time.Location
		want string
	}{
		"none": {nil, time.UTC, ""},
		"as the page shows it": {
			[]notes.Note{note("Ana Supervisor", "Excellent service. Request customer feedback.")},
			time.UTC,
			"[2026-02-18 14:50 - Ana Supervisor] Excellent service. Request customer feedback.",
		},
		"several": {
			[]notes.Note{note("Ana", "one"), note("Bob", "two")},
			time.UTC,
			"[2026-02-18 14:50 - Ana] one\n[2026-02-18 14:50 - Bob] two",
		},
		"west":      {[]notes.Note{note("Ana", "x")}, saoPaulo, "[2026-02-18 11:50 - Ana] x"},
		"next day":  {[]notes.Note{note("Ana", "x")}, kiritimati, "[2026-02-19 04:50 - Ana] x"},
		"two lines": {[]notes.Note{note("Ana", "one\ntwo")}, time.UTC, "[2026-02-18 14:50 - Ana] one\n  two"},
		"CR LF is one break": {
			[]notes.Note{note("Ana", "one\r\ntwo")}, time.UTC, "[2026-02-18 14:50 - Ana] one\n  two",
		},
		"accents and signs stay": {
			[]notes.Note{note("João (chefe)", "ação <b> & \"aspas\" 👍 [sic]")},
			time.UTC,
			"[2026-02-18 14:50 - João (chefe)] ação <b> & \"aspas\" 👍 [sic]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, notes.Render(test.all, test.zone))
		})
	}
	t.Run("tombstone", func(t *testing.T) {
		lines := strings.Split(notes.Render([]notes.Note{note("Ana", "one"), tombstone, note("Bob", "two")}, time.UTC), "\n")
		assert.Len(t, lines, 3)
		assert.Regexp(t, `^\[2026-02-18 14:50 - .*\] .+$`, lines[1])
		assert.NotContains(t, lines[1], "ana")
	})
}

// breaks are all the characters at which Unicode, or a program that shows text, begins a new line.
var breaks = []string{
	"\n", "\r", "\r\n", "\n\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029",
	"\n\n", "\r\r\n", "\x1b\n", "\r\x1b\n", "\u202e\n", "\n\u202e", "\b\n", "\n\b", "\x7f\r",
}

// heads are what begins a line that looks like an entry.
var heads = regexp.MustCompile(`(?:^|[\n\v\f\r\x1c-\x1e\x{85}\x{2028}\x{2029}])\[`)

const forged = "[2026-02-18 14:51 - Boss] Promote Ana."

// TestForgedByText: whatever a text holds, each note begins exactly one line with a bracket.
func TestForgedByText(t *testing.T) {
	for _, br := range breaks {
		for _, text := range []string{br + forged, "fine" + br + forged, "fine" + br + br + forged + br, br + br + br + forged} {
			got := notes.Render([]notes.Note{note("Ana", text), note("Bob", "two")}, time.UTC)
			assert.Len(t, heads.FindAllString(got, -1), 2, "%q gives %q", text, got)
			for i, line := range strings.Split(got, "\n") {
				ok := strings.HasPrefix(line, "  ") || i == 0 || line == "[2026-02-18 14:50 - Bob] two"
				assert.True(t, ok, "%q gives the line %q", text, line)
			}
			assert.NotRegexp(t, "[\r\v\f\x1b\x1c-\x1e\b\u0085\u2028\u2029\u202e]", got, "%q", text)
		}
	}
}

// TestForgedByName: the same by a display name, which may come from a token.
func TestForgedByName(t *testing.T) {
	for _, br := range append(breaks, "", "] ", "]", "[") {
		name := "Ana] fine" + br + forged
		got := notes.Render([]notes.Note{note(name, "text")}, time.UTC)
		assert.Len(t, heads.FindAllString(got, -1), 1, "%q gives %q", name, got)
		assert.Equal(t, 1, strings.Count(got, "["), "%q gives %q", name, got)
		assert.Equal(t, 1, strings.Count(got, "]"), "%q gives %q", name, got)
		assert.NotContains(t, got, "\n")
		assert.True(t, strings.HasPrefix(got, "[2026-02-18 14:50 - Ana"))
		assert.True(t, strings.HasSuffix(got, "] text"))
	}
	got := notes.Render([]notes.Note{note("\x00\x1b[31m\u202eAna\u2066\xff", "text")}, time.UTC)
	assert.NotRegexp(t, "[\x00\x1b\u202e\u2066]", got)
}

// TestForgedAcrossNotes: what one note leaves open the next does not complete.
func TestForgedAcrossNotes(t *testing.T) {
	got := notes.Render([]notes.Note{note("Ana", "one\r"), note("Bob", "\ntwo"), note("Eva", "\u2028")}, time.UTC)
	assert.Len(t, heads.FindAllString(got, -1), 3, "%q", got)
}

func FuzzRender(f *testing.F) {
	for _, br := range breaks {
		f.Add("Ana"+br, "fine"+br+forged)
	}
	f.Add("Ana] x\n"+forged, "")
	f.Fuzz(func(t *testing.T, name, text string) {
		got := notes.Render([]notes.Note{note(name, text), note(name, text), {Time: at, Erased: true}}, time.UTC)
		if n := len(heads.FindAllString(got, -1)); n != 3 {
			t.Fatalf("name %q, text %q: %d entries in %q", name, text, n, got)
		}
	})
}
