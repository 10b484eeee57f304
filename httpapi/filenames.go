package httpapi

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// disposition is what a Content-Disposition header says of a part of a form.
type disposition struct {
	form     bool   // its type is form-data
	name     string // of the field
	filename string // as it was sent; empty when there is none
}

// parseDisposition reads the header as clients write it, not as the grammar would have it: file names come with bare
// backslashes, unescaped bytes and missing quotes, and a name is never a reason to refuse a file. In quotes, a
// backslash escapes a quote or a backslash and nothing else, so that C:\docs\a.txt stays what it is. A filename* that
// can be read (RFC 2231, UTF-8 or ISO 8859-1) counts more than filename.
func parseDisposition(header string) disposition {
	kind, rest, _ := strings.Cut(header, ";")
	d := disposition{form: strings.EqualFold(strings.TrimSpace(kind), "form-data")}
	extended := ""
	for rest != "" {
		var key, value string
		key, value, rest = nextParam(rest)
		switch key {
		case "name":
			d.name = value
		case "filename":
			d.filename = value
		case "filename*":
			extended = decodeExtended(value)
		}
	}
	if extended != "" {
		d.filename = extended
	}
	return d
}

// nextParam takes one parameter off the front, its key in lower case and its value without quotes.
func nextParam(s string) (key, value, rest string) {
	end := strings.IndexAny(s, ";=")
	if end < 0 || s[end] == ';' {
		_, rest, _ = strings.Cut(s, ";")
		return "", "", rest
	}
	key, s = strings.ToLower(strings.TrimSpace(s[:end])), strings.TrimLeft(s[end+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return key, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			_, rest, _ = strings.Cut(s[i+1:], ";")
			return key, b.String(), rest
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return key, b.String(), ""
}

// decodeExtended reads UTF-8'lang'percent-encoded; empty if that is not what it is.
func decodeExtended(s string) string {
	charset, rest, ok := strings.Cut(s, "'")
	_, encoded, ok2 := strings.Cut(rest, "'")
	plain, err := url.PathUnescape(encoded)
	if !ok || !ok2 || err != nil {
		return ""
	}
	switch {
	case strings.EqualFold(charset, "UTF-8") && utf8.ValidString(plain):
		return plain
	case strings.EqualFold(charset, "ISO-8859-1"):
		runes := make([]rune, len(plain))
		for i := range len(plain) {
			runes[i] = rune(plain[i])
		}
		return string(runes)
	}
	return ""
}

// maxSafeName is the most bytes of a safe name.
const maxSafeName = 100

// safeName is a file name as it stands in addresses: of ASCII letters, digits, '.', '_' and '-'. Accents are taken off,
// all else becomes '_', it never begins with a dot, is never empty, and a long one keeps its end, where the extension
// is.
func safeName(name string) string {
	safe := make([]byte, 0, len(name))
	for _, r := range name {
		plain := string(r)
		if r >= utf8.RuneSelf {
			plain = call.Fold(plain) // an accent by itself folds to nothing
			if unicode.IsUpper(r) {
				plain = strings.ToUpper(plain)
			}
		}
		for _, p := range plain {
			switch {
			case 'a' <= p && p <= 'z', 'A' <= p && p <= 'Z', '0' <= p && p <= '9', p == '.', p == '-', p == '_':
				safe = append(safe, byte(p))
			case len(safe) == 0 || safe[len(safe)-1] != '_':
				safe = append(safe, '_')
			}
		}
	}
	safe = bytes.TrimLeft(safe[max(0, len(safe)-maxSafeName):], ".")
	if len(safe) == 0 {
		return "file"
	}
	return string(safe)
}

// attachment is the Content-Disposition of a download (RFC 6266): the safe name for all, the true one for those who
// understand it.
func attachment(name string) string {
	safe := safeName(name)
	if safe == name {
		return `attachment; filename="` + safe + `"`
	}
	return `attachment; filename="` + safe + `"; filename*=UTF-8''` + encodeExtended(name)
}

// encodeExtended percent-encodes all but the characters that RFC 8187 lets stand.
func encodeExtended(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
