package apitest

import (
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

var safeURL = regexp.MustCompile(`^/uploads/calls/[0-9a-f-]{36}/[A-Za-z0-9._-]{1,200}$`)

// A file comes back as it went up, under its name, as an attachment that no browser runs.
func TestUploadRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	for _, f := range []struct{ name, content, contentType string }{
		{"document.pdf", "%PDF-1.7\nx", "application/pdf"},
		{"page.html", "<html><script>alert(1)</script>", "text/html; charset=utf-8"},
		{"picture.png", "<html><body>no picture", "text/html; charset=utf-8"}, // what it is called is not believed
		{"image.txt", "\x89PNG\x0D\x0A\x1A\x0A", "image/png"},
		{"notas.txt", "olá", "text/plain; charset=utf-8"},
		{"empty.bin", "", "text/plain; charset=utf-8"},
		{"bytes.bin", "\x00\x01\x02", "application/octet-stream"},
	} {
		r := w.as(joao).post(path(v, "/upload"), file(f.name, f.content))
		require.Equal(t, http.StatusCreated, r.status, r)
		assert.Equal(t, f.name, r.text("data.filename"))
		assert.Equal(t, f.contentType, r.text("data.content_type"), f.name)
		assert.InDelta(t, len(f.content), r.value("data.size"), 0)
		assert.Regexp(t, safeURL, r.text("data.url"))
		assert.Contains(t, r.text("data.url"), r.text("data.id"), "the whole file id")

		down := w.as(bia).get(r.text("data.url"))
		require.Equal(t, http.StatusOK, down.status, down)
		assert.Equal(t, f.content, string(down.body))
		assert.Equal(t, f.contentType, down.header.Get("Content-Type"))
		disposition, params, err := mime.ParseMediaType(down.header.Get("Content-Disposition"))
		require.NoError(t, err)
		assert.Equal(t, "attachment", disposition)
		assert.Equal(t, f.name, params["filename"])
		assert.Equal(t, "nosniff", down.header.Get("X-Content-Type-Options"))
	}
}

// What a client has already is not sent again, and a condition that fails is told.
func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.furnished(avanter, call.Completed)
	for _, address := range []string{w.uploaded(v), path(v, "/recording/download")} {
		c := w.as(joao)
		whole := c.get(address)
		require.Equal(t, http.StatusOK, whole.status, whole)
		tag := whole.header.Get("ETag")
		assert.Equal(t, http.StatusNotModified, c.with("If-None-Match", tag).get(address).status)
		assert.Equal(t, http.StatusPreconditionFailed, c.with("If-Match", `"other"`).get(address).status)
		assert.Equal(t, http.StatusPartialContent, c.with("Range", "bytes=0-1").with("If-Range", tag).get(address).status)
		assert.Equal(t, http.StatusOK, c.with("Range", "bytes=0-1").with("If-Range", `"other"`).get(address).status)
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, c.with("Range", "bytes=999999-").get(address).status)
		head := c.send("HEAD", address, nil)
		assert.Equal(t, http.StatusOK, head.status)
		assert.Empty(t, head.body)
		assert.Equal(t, whole.header.Get("Content-Length"), head.header.Get("Content-Length"))
	}
}

// Two files of one name are both kept.
func TestSameName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Queued)
	a := w.as(joao).post(path(v, "/upload"), file("a.txt", "first"))
	b := w.as(joao).post(path(v, "/upload"), file("a.txt", "second"))
	assert.NotEqual(t, a.text("data.url"), b.text("data.url"))
	assert.Equal(t, "first", string(w.as(joao).get(a.text("data.url")).body))
	assert.Equal(t, "second", string(w.as(joao).get(b.text("data.url")).body))
}

// Hostile names become a safe address and a harmless name; the file can be had.
func TestHostileFileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Queued)
	for _, row := range []struct{ disposition, want string }{ // want: "" for whatever is harmless
		{`form-data; name="file"; filename="../../etc/passwd"`, "passwd"},
		{`form-data; name="file"; filename="/etc/passwd"`, "passwd"},
		{`form-data; name="file"; filename="..\\..\\boot.ini"`, "boot.ini"},
		{`form-data; name="file"; filename="C:\Users\ana\contrato.pdf"`, "contrato.pdf"},
		{`form-data; name="file"; filename=".."`, ""},
		{`form-data; name="file"; filename="."`, ""},
		{`form-data; name="file"; filename="/"`, ""},
		{`form-data; name="file"; filename=".htaccess"`, ".htaccess"},
		{`form-data; name="file"; filename="CON"`, "CON"},
		{`form-data; name="file"; filename="a\"b.txt"`, `a"b.txt`},
		{`form-data; name="file"; filename="a;b=c.txt"`, "a;b=c.txt"},
		{`form-data; name="file"; filename="<script>alert(1)</script>.html"`, ""},
		{`form-data; name="file"; filename="a%2f..%2fb.txt"`, "a%2f..%2fb.txt"},
		{`form-data; name="file"; filename="a?b#c.txt"`, "a?b#c.txt"},
		{"form-data; name=\"file\"; filename=\"a\tb.txt\"", "ab.txt"},
		{"form-data; name=\"file\"; filename=\"a\xff\xfe.txt\"", ""},
		{"form-data; name=\"file\"; filename=\"relat\u00f3rio \u202efdp.exe\"", "relat\u00f3rio fdp.exe"},
		{`form-data; name="file"; filename*=UTF-8''relat%C3%B3rio%20final.pdf`, "relatório final.pdf"},
		{`form-data; name="file"; filename*=UTF-8''a%00b%0d%0ac.txt`, "abc.txt"},
		{`form-data; name="file"; filename*=UTF-8''..%2f..%2fpasswd`, "passwd"},
		{`form-data; name="file"; filename="日本語.txt"`, "日本語.txt"},
		{`form-data; name="file"; filename="🎉.txt"`, "🎉.txt"},
		{`form-data; name="file"; filename="` + strings.Repeat("a", 4000) + `.txt"`, ""},
		{`form-data; name="file"; filename="` + strings.Repeat("ç", 2000) + `.txt"`, ""},
	} {
		r := w.as(joao).post(path(v, "/upload"), newForm(part{rawDisposition: row.disposition, content: "x"}))
		require.Equal(t, http.StatusCreated, r.status, "%s: %s", row.disposition, r)
		name := r.text("data.filename")
		if row.want != "" {
			assert.Equal(t, row.want, name, row.disposition)
		}
		assert.NotContains(t, name, "/")
		assert.NotContains(t, name, "\x00")
		assert.NotContains(t, []string{"", ".", ".."}, name)
		assert.LessOrEqual(t, len(name), 255)
		assert.Regexp(t, safeURL, r.text("data.url"))
		down := w.as(joao).get(r.text("data.url"))
		assert.Equal(t, http.StatusOK, down.status, down)
		_, params, err := mime.ParseMediaType(down.header.Get("Content-Disposition"))
		require.NoError(t, err, down.header.Get("Content-Disposition"))
		assert.Equal(t, name, params["filename"], "the name comes back")
	}
}

// Forms that bear no file, or are none.
func TestHostileForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Queued)
	valid := file("a.txt", "aaaa")
	for name, row := range map[string]struct {
		body any
		want []int
	}{
		"no body":              {nil, []int{415}},
		"JSON":                 {raw(`{"file":"a"}`), []int{415}},
		"urlencoded":           {form{"application/x-www-form-urlencoded", []byte("file=a")}, []int{415}},
		"multipart/mixed":      {form{strings.Replace(valid.contentType, "form-data", "mixed", 1), valid.content}, []int{415}},
		"no boundary":          {form{"multipart/form-data", valid.content}, []int{400, 415}},
		"another boundary":     {form{"multipart/form-data; boundary=x", valid.content}, []int{400}},
		"long boundary":        {form{"multipart/form-data; boundary=" + strings.Repeat("x", 5000), valid.content}, []int{400, 415}},
		"nothing in it":        {form{valid.contentType, nil}, []int{400}},
		"no parts":             {newForm(), []int{422, 400}},
		"another field":        {newForm(part{field: "document", filename: "a.txt", content: "a"}), []int{422}},
		"a field and no file":  {newForm(part{field: "file", content: "a"}), []int{422}},
		"only other fields":    {newForm(part{field: "a", content: "a"}, part{field: "b", content: "b"}), []int{422}},
		"cut off in the head":  {form{valid.contentType, valid.content[:30]}, []int{400}},
		"cut off in the file":  {form{valid.contentType, valid.content[:len(valid.content)-70]}, []int{400}},
		"without its end":      {form{valid.contentType, valid.content[:len(valid.content)-6]}, []int{400}},
		"a byte over":          {file("a.bin", strings.Repeat("x", maxUpload+1)), []int{413}},
		"much too large":       {file("a.bin", strings.Repeat("x", 4*maxUpload)), []int{413}},
		"a huge field":         {newForm(part{field: "note", content: strings.Repeat("x", 4<<20)}, part{field: "file", filename: "a", content: "a"}), []int{413}},
		"a huge head":          {newForm(part{rawDisposition: `form-data; name="file"; filename="` + strings.Repeat("a", 2<<20) + `"`, content: "a"}), []int{400, 413}},
		"no name in the head":  {newForm(part{rawDisposition: `form-data; filename="a.txt"`, content: "a"}), []int{422}},
		"garbage in the head":  {newForm(part{rawDisposition: `;;;=;"`, content: "a"}), []int{400, 422}},
		"not even a part head": {form{"multipart/form-data; boundary=b", []byte("--b\r\nx\r\n--b--\r\n")}, []int{400}},
	} {
		w.refused(name, func() reply { return w.as(joao).post(path(v, "/upload"), row.body) }, row.want...)
	}
	assert.Equal(t, 0, w.blobs.count(), "nothing is left of what was refused")

	exact := w.as(joao).post(path(v, "/upload"), file("a.bin", strings.Repeat("x", maxUpload)))
	assert.Equal(t, http.StatusCreated, exact.status, "as much as the limit is taken")
	first := w.as(joao).post(path(v, "/upload"), newForm(
		part{field: "note", content: "before"}, part{field: "file", filename: "a.txt", content: "the file"}, part{field: "z", content: "after"}))
	require.Equal(t, http.StatusCreated, first.status, first)
	assert.Equal(t, "the file", string(w.as(joao).get(first.text("data.url")).body))
}

// A recording: its facts, its bytes by signature and by token, whole and in ranges.
func TestRecording(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.importCalls(olga, thePageCall())
	v := visit{id: pageCall}
	for _, rest := range []string{"/recording", "/recording/download"} {
		assert.Equal(t, 404, w.as(joao).get(path(v, rest)).status)
	}
	assert.Nil(t, w.as(joao).get(path(v, "")).value("data.recording_url"))
	put := w.as(joao).send("PUT", path(v, "/recording"), stream{"video/webm", string(webm)})
	require.Equal(t, http.StatusCreated, put.status, put)

	r := w.as(bia).get(w.as(bia).get(path(v, "")).text("data.recording_url"))
	require.Equal(t, http.StatusOK, r.status, r)
	assert.Equal(t, put.text("data.id"), r.text("data.id"))
	assert.Equal(t, pageCall, r.text("data.call_id"))
	assert.Equal(t, "webm", r.text("data.format"))
	assert.InDelta(t, 345, r.value("data.duration"), 0, "the call's own, when the sender gave none")
	assert.InDelta(t, len(webm), r.value("data.file_size"), 0)

	signed := r.text("data.download_url")
	parsed, err := url.Parse(signed)
	require.NoError(t, err)
	assert.Equal(t, path(v, "/recording/download"), parsed.Path)
	for name, c := range map[string]client{"signature": w.anonymous(), "token": w.as(bia)} {
		address := signed
		if name == "token" {
			address = parsed.Path
		}
		whole := c.get(address)
		require.Equal(t, http.StatusOK, whole.status, whole)
		assert.Equal(t, webm, whole.body)
		assert.Equal(t, "video/webm", whole.header.Get("Content-Type"))
		for ranges, want := range map[string][]byte{
			"bytes=0-3": webm[:4], "bytes=100-": webm[100:], "bytes=-5": webm[len(webm)-5:],
		} {
			some := c.with("Range", ranges).get(address)
			assert.Equal(t, http.StatusPartialContent, some.status)
			assert.Equal(t, want, some.body)
		}
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, c.with("Range", "bytes=999999-").get(address).status)
	}
	assert.Equal(t, http.StatusUnauthorized, w.anonymous().get(parsed.Path).status)
}

func TestHostileRecordings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	w.refused("a byte over", func() reply {
		return w.as(joao).send("PUT", path(v, "/recording"), make([]byte, maxRecording+1))
	}, 413)
	w.refused("a byte over, chunked", func() reply {
		return w.as(joao).send("PUT", path(v, "/recording"), stream{"video/webm", string(webm) + strings.Repeat("x", maxRecording)})
	}, 413)
	w.refused("empty", func() reply { return w.as(joao).send("PUT", path(v, "/recording"), []byte{}) }, 400)
	assert.Equal(t, 0, w.blobs.count())
	w.refused("no WebM", func() reply { return w.as(joao).send("PUT", path(v, "/recording"), []byte("RIFF....AVI ")) }, 422)
	most := append(slices.Clone(webm), make([]byte, maxRecording-len(webm))...)
	assert.Equal(t, http.StatusCreated, w.as(joao).send("PUT", path(v, "/recording"), most).status)
}
