package call_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestValidID(t *testing.T) {
	valid := []string{
		"a", "1", "avanter", "019c8a5e-7b1c-7def-8000-0123456789ab",
		"e5f6a7b8-c9d0-1234-efgh-567890123456", // no UUID, but an id of the API page
		"t1a2b3c4-d5e6-7890-abcd-ef1234567890",
		"user@example.com", "../..", "a/b", "%00", "';--", "João", "日本", "😀", "e\u0301",
		strings.Repeat("x", 128), strings.Repeat("é", 64),
	}
	invalid := []string{
		"", " ", "a b", " a", "a ", "a\tb", "a\nb", "a\rb", "a\x00", "\x7f", "\x1b[0m",
		"\xff", "a\xc3", "\xed\xa0\x80", // cut off, and a surrogate
		"\u0085", "\u00a0", "\u2028", "\u2029", "\u3000", // white space
		"\u200b", "\u200e", "\u202e", "\ufeff", "\u00ad", // nothing to be seen
		"\ue000", "\ufffe", // private use, no character
		strings.Repeat("x", 129), strings.Repeat("é", 65), strings.Repeat("x", 4000),
	}
	for _, id := range valid {
		assert.True(t, call.ValidID(id), "%q", id)
	}
	for _, id := range invalid {
		assert.False(t, call.ValidID(id), "%q", id)
	}
}

func FuzzValidID(f *testing.F) {
	for _, seed := range []string{"", "a", "a b", "\x00", "\xff", "\u2028", "\u202e", "João", strings.Repeat("é", 65)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if !call.ValidID(id) {
			return
		}
		if id == "" || len(id) > 128 || !utf8.ValidString(id) {
			t.Fatalf("%q has no valid form", id)
		}
		if i := strings.IndexFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }); i >= 0 {
			t.Fatalf("%q has something invisible at %d", id, i)
		}
		if strings.TrimSpace(id) != id || strings.ContainsAny(id, "\x00\r\n\t ") {
			t.Fatalf("%q has white space", id)
		}
		if len(id) < call.MaxID && !call.ValidID(id+"x") {
			t.Fatalf("%q is valid, and %q is not", id, id+"x")
		}
	})
}

func TestNewID(t *testing.T) {
	last := ""
	for range 1000 {
		id := call.NewID()
		parsed, err := uuid.Parse(id)
		require.NoError(t, err)
		require.EqualValues(t, 7, parsed.Version())
		require.True(t, call.ValidID(id))
		require.Greater(t, id, last, "ids rise with time")
		last = id
	}
}

func TestNow(t *testing.T) {
	now := call.Now()
	assert.Equal(t, "UTC", now.Location().String())
	assert.Zero(t, now.Nanosecond()%1000)
}

func TestRoles(t *testing.T) {
	for i, r := range call.Roles() {
		assert.True(t, r.Valid())
		for j, lowest := range call.Roles() {
			assert.Equal(t, i >= j, r.AtLeast(lowest), "%s, %s", r, lowest)
			err := call.Actor{Role: r}.Require(lowest)
			if i >= j {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, call.ErrForbidden)
			}
		}
	}
	for _, r := range []call.Role{"", "admin", "Owner"} {
		assert.False(t, r.Valid())
		assert.False(t, r.AtLeast(call.RoleAttendant))
		assert.False(t, call.RoleOwner.AtLeast(r), "who asks for an unknown role lets nobody in")
		assert.ErrorIs(t, call.Actor{Role: r}.Require(call.RoleAttendant), call.ErrForbidden)
	}
	assert.Equal(t, []call.Role{"attendant", "supervisor", "manager", "owner"}, call.Roles())
}
