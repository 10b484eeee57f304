package media_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/media"
)

func TestCleanName(t *testing.T) {
	for given, want := range map[string]string{
		"document.pdf":              "document.pdf",
		"Relatório de março.pdf":    "Relatório de março.pdf",
		"日本語.txt":                   "日本語.txt",
		"👩‍🚀.png":                   "👩‍🚀.png",
		".bashrc":                   ".bashrc",
		"a.tar.gz":                  "a.tar.gz",
		"100%.txt":                  "100%.txt",
		`"quoted"; x='y'`:           `"quoted"; x='y'`,
		"/etc/passwd":               "passwd",
		"../../../etc/passwd":       "passwd",
		`C:\Users\ana\photo.jpg`:    "photo.jpg",
		`..\..\x/y\z.png`:           "z.png",
		" \t a.pdf \n":              "a.pdf",
		"a\r\nSet-Cookie: x=y.pdf":  "aSet-Cookie: x=y.pdf",
		"a\x00b\x1b[31m\x7f.pdf":    "ab[31m.pdf",
		"a\u0085\u2028\u2029b.pdf":  "ab.pdf",
		"invoice\u202efdp.exe":      "invoicefdp.exe",
		"a\xff\xfeb.pdf":            "ab.pdf",
		"":                          "file",
		".":                         "file",
		"..":                        "file",
		"...":                       "...",
		" .. ":                      "file",
		"/":                         "file",
		"dir/":                      "file",
		`\`:                         "file",
		"\x00\x01":                  "file",
		"\u202e":                    "file",
		strings.Repeat("x", 255):    strings.Repeat("x", 255),
		strings.Repeat("x", 4000):   strings.Repeat("x", 255),
		strings.Repeat("é", 200):    strings.Repeat("é", 127),
		strings.Repeat("../", 4000): "file",
	} {
		assert.Equal(t, want, media.CleanName(given), "%.40q", given)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{
		"document.pdf", "../../etc/passwd", `C:\x\y.jpg`, "a\x00b", "\xff", "\u202ex", " . ", strings.Repeat("é", 200),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := media.CleanName(name)
		switch {
		case got == "", got == ".", got == "..":
			t.Fatalf("%q gives no name: %q", name, got)
		case len(got) > 255:
			t.Fatalf("%q gives %d bytes", name, len(got))
		case !utf8.ValidString(got):
			t.Fatalf("%q gives invalid UTF-8: %q", name, got)
		case strings.ContainsAny(got, "/\\\u2028\u2029"), strings.ContainsFunc(got, unicode.IsControl):
			t.Fatalf("%q keeps what it should not: %q", name, got)
		case got != strings.TrimSpace(got):
			t.Fatalf("%q keeps white space around it: %q", name, got)
		case media.CleanName(got) != got:
			t.Fatalf("%q is clean only after twice: %q, %q", name, got, media.CleanName(got))
		}
	})
}
