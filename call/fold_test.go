package call_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/call"
)

func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"joao", "João", "JOÃO", "joa\u0303o", "JOA\u0303O", "Joao"},
		{"strasse", "Straße", "STRASSE", "STRAẞE"},
		{"istanbul", "İstanbul", "ISTANBUL", "I\u0307stanbul"},
		{"offline", "oﬄine", "OFFLINE"},
		{"nguyen", "Nguyễn", "NGUYỄN", "Nguye\u0302\u0303n"},
		{"οδοσ", "ΟΔΟΣ", "οδος", "Ὁδός"},
		{"ёлка", "Ёлка", "елка", "ЕЛКА"},
		{"angstrom", "Ångström", "\u212bngström"},
		{"42", "４２", "42"},
		{"", "\u0301"},
		{"a%_b.*", "A%_B.*"},
	} {
		for _, s := range same {
			assert.Equal(t, call.Fold(same[0]), call.Fold(s), "%q and %q", same[0], s)
		}
	}
	assert.NotEqual(t, call.Fold("joao"), call.Fold("joana"))
	assert.NotEqual(t, call.Fold("한국"), call.Fold("한글"))
	assert.Equal(t, "a%_b.*", call.Fold("A%_b.*"), "nothing is a pattern")
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"", "João", "ß", "İ", "ﬄ", "한국", "\u0345", "ᾳ", "ŉ", "\xff", "Σς", "e\u0301\u0328", "Ꭿ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := call.Fold(s)
		if !utf8.ValidString(s) {
			return // never stored; it is enough that it does no harm
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // x/text folds either case of Cherokee to the other
		}
		if again := call.Fold(folded); again != folded {
			t.Fatalf("%q folds to %q, and that to %q", s, folded, again)
		}
	})
}

// A text is folded the same whether a letter that is not Latin stands behind it or not.
func TestFoldOfLatinIsThatOfAny(t *testing.T) {
	t.Parallel()
	const other = "日"
	same := func(s string) {
		assert.Equal(t, strings.TrimSuffix(call.Fold(s+other), other), call.Fold(s), "%q", s)
	}
	for r := range rune(0x200) {
		same(string(r))
		for _, beside := range "aA\u0301ßſİ¨½ŀ 1" {
			same(string([]rune{r, beside}))
			same(string([]rune{beside, r}))
		}
	}
}
