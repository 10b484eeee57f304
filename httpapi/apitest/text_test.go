package apitest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// texts of many scripts, which come back byte for byte.
var texts = []string{
	"João Conceição", "Ñandú", "Łódź", "Ελλάδα", "Привет", "שלום עולם", "مرحبا بالعالم", "हिन्दी", "日本語", "한국어",
	"🎉👩‍👩‍👧‍👦🇧🇷", "e\u0301 combining", "Z\u0351\u036b\u0343algo", "<b>&amp;\"'</b>", `back\slash`, "null", "true", "0", "{}",
	"’ “ ” – … €", "\U0001F1E7\U0001F1F7", "ﬁ ligature", "a\u200bb", "İstanbul ı",
}

func TestUnicode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range texts {
		r := w.anonymous().post("/api/v1/call/suporte/join", map[string]any{"name": text, "reason": text})
		require.Equal(t, http.StatusOK, r.status, r)
		v := visit{id: r.text("data.call_id"), token: r.text("data.websocket_token")}
		require.Equal(t, 200, w.as(joao).post(path(v, "/assign"), nil).status)
		require.Equal(t, 200, w.as(joao).post(path(v, "/start"), nil).status)
		require.Equal(t, 200, w.as(joao).post(path(v, "/complete"), map[string]any{"notes": text}).status)
		require.Equal(t, 200, w.customer(v).post("/api/v1/call/evaluate/"+v.id, map[string]any{"rating": 5, "comment": text}).status)
		r = w.as(joao).get(path(v, ""))
		assert.Equal(t, text, r.text("data.customer_name"))
		assert.Equal(t, text, r.text("data.notes"))
		assert.True(t, strings.HasSuffix(w.as(ana).post(path(v, "/manager-notes"), map[string]any{"notes": text}).
			text("data.manager_notes"), "- Ana Supervisor] "+text))

		found := w.as(joao).get("/api/v1/calls?search=" + url.QueryEscape(text))
		assert.Contains(t, string(found.body), v.id, "%q is not found by itself", text)
		found = w.as(joao).get("/api/v1/calls?search=" + url.QueryEscape(strings.ToUpper(text)))
		if !strings.ContainsAny(text, "İıﬁ") { // upper case is no inverse there
			assert.Contains(t, string(found.body), v.id, "%q is not found in upper case", text)
		}
	}
}

// No text of a note, and no display name, can look like another entry.
func TestForgedNotes(t *testing.T) {
	t.Parallel()
	const entry = "[2026-02-18 14:50 - Olga Dona] Forged."
	for name, lineBreak := range map[string]string{
		"LF": "\n", "CR": "\r", "CRLF": "\r\n", "VT": "\v", "FF": "\f", "NEL": "\u0085", "LS": "\u2028", "PS": "\u2029",
		"FS": "\x1c", "GS": "\x1d", "RS": "\x1e",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.callIn(avanter, call.Completed)
			r := w.as(ana).post(path(v, "/manager-notes"), map[string]any{"notes": "a" + lineBreak + entry + lineBreak + lineBreak + entry})
			if r.status != http.StatusOK {
				require.Equal(t, http.StatusUnprocessableEntity, r.status, r)
				return
			}
			lines := strings.Split(r.text("data.manager_notes"), "\n")
			assert.Len(t, lines, 4)
			for _, line := range lines[1:] {
				assert.True(t, strings.HasPrefix(line, "  "), "%q begins like an entry", line)
			}
			assert.NotContains(t, strings.TrimPrefix(r.text("data.manager_notes"), "\n"), lineBreak+"[")
		})
	}
	for _, name := range []string{
		"Ana] x\n" + entry, "Ana\u2028" + entry, "Ana\r" + entry, "] [2026-02-18 14:50 - Olga", "A\u202en\u0085a[]",
	} {
		w := newWorld(t)
		v := w.callIn(avanter, call.Completed)
		forger := ana
		forger.Name = name
		before := w.as(mario).post(path(v, "/manager-notes"), raw(`{"notes":"Before."}`)).text("data.manager_notes")
		r := w.as(forger).post(path(v, "/manager-notes"), raw(`{"notes":"Text."}`))
		require.Equal(t, http.StatusOK, r.status, r)
		lines := strings.Split(r.text("data.manager_notes"), "\n")
		require.Len(t, lines, 2, "%q", r.text("data.manager_notes"))
		assert.Equal(t, before, lines[0])
		assert.Equal(t, 1, strings.Count(lines[1], "["), lines[1])
		assert.Equal(t, 1, strings.Count(lines[1], "]"), lines[1])
		for _, r := range "\r\v\f\u0085\u2028\u2029\u202e" {
			assert.NotContains(t, lines[1], string(r))
		}
	}
}

// The time of a note is in the company's zone.
func TestNotesInZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(padaria, call.Completed)
	r := w.as(eva).post(path(v, "/manager-notes"), raw(`{"notes":"Boa."}`))
	require.Equal(t, http.StatusOK, r.status, r)
	noted := w.log(padaria)
	hour := noted[len(noted)-1].Time.Add(-3 * 60 * 60 * 1e9).Format("2006-01-02 15:04")
	assert.Equal(t, "["+hour+" - Eva Lima] Boa.", r.text("data.manager_notes"))
}

// Texts at their limits are taken whole.
func TestLimitsOfTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("ç", 20_000)
	r := w.anonymous().post("/api/v1/call/suporte/join", map[string]any{
		"name": strings.Repeat("ã", 200), "phone": strings.Repeat("1", 40), "reason": long,
		"email": strings.Repeat("a", 308) + "@example.com",
	})
	require.Equal(t, http.StatusOK, r.status, r)
	for field, text := range map[string]string{
		"name": strings.Repeat("ã", 201), "phone": strings.Repeat("1", 41), "reason": long + "ç",
		"email": strings.Repeat("a", 309) + "@example.com",
	} {
		body := map[string]any{"name": "Maria"}
		body[field] = text
		w.refused(field, func() reply { return w.anonymous().post("/api/v1/call/suporte/join", body) }, 422)
	}
	v := w.callIn(avanter, call.Active)
	require.Equal(t, 200, w.as(joao).post(path(v, "/complete"), map[string]any{"notes": long}).status)
	assert.Equal(t, long, w.as(joao).get(path(v, "")).text("data.notes"))
}
