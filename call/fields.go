package call

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FieldErrors says which fields of an input are wrong, and how; the keys are the names the API page uses.
type FieldErrors map[string][]string

// Invalid is a [FieldErrors] of one field.
func Invalid(field, message string) FieldErrors { return FieldErrors{field: {message}} }

// Add notes one more mistake.
func (e FieldErrors) Add(field, message string) { e[field] = append(e[field], message) }

// Err is e, or nil if there is no mistake in it.
func (e FieldErrors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func (e FieldErrors) Error() string {
	parts := make([]string, 0, len(e))
	for field, messages := range e {
		parts = append(parts, field+" "+strings.Join(messages, ", "))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// Fields returns the messages by field name.
func (e FieldErrors) Fields() map[string][]string { return e }

// CheckText notes what keeps s from being a text of at most so many characters: invalid UTF-8, a NUL, its length.
func (e FieldErrors) CheckText(field, s string, most int) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		e.Add(field, "is invalid")
		return
	}
	if utf8.RuneCountInString(s) > most {
		e.Add(field, "should be at most "+strconv.Itoa(most)+" character(s)")
	}
}

// CheckLine is CheckText for a text of one line: control characters and line breaks are refused too.
func (e FieldErrors) CheckLine(field, s string, most int) {
	e.CheckText(field, s, most)
	if strings.ContainsFunc(s, breaksLine) {
		e.Add(field, "must not contain control characters")
	}
}

func breaksLine(r rune) bool {
	return r != 0 && unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// blank reports whether there is nothing in s that a reader would see.
func blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}
