package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/media"
)

const boundary = "----b"

// form writes parts, each of them a header and a content, as they are given.
func form(parts ...[2]string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: " + p[0] + "\r\nContent-Type: text/html\r\n\r\n" + p[1] + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func file(filename, content string) string {
	return form([2]string{`form-data; name="file"; filename="` + filename + `"`, content})
}

func (w *world) upload(id, body string, more ...header) reply {
	w.t.Helper()
	headers := append(w.as(ana), header{"Content-Type", "multipart/form-data; boundary=" + boundary})
	return w.do("POST", calls+"/"+id+"/upload", body, append(headers, more...)...)
}

func TestUpload(t *testing.T) {
	w := newWorld(t)
	pdf := "%PDF-1.7 " + strings.Repeat("x", 2000)
	for _, status := range []call.Status{call.Queued, call.Assigned, call.Active, call.Completed, call.Cancelled} {
		got := w.upload(w.in(status).ID, file("Relatório (v2).pdf", pdf)).data(t, 201)
		assert.Len(t, got, 5)
		assert.Equal(t, []any{"Relatório (v2).pdf", "application/pdf", float64(len(pdf))}, []any{got["filename"], got["content_type"], got["size"]})
		assert.Equal(t, "/uploads/calls/"+got["id"].(string)+"/Relatorio_v2_.pdf", got["url"])

		served := w.do("GET", got["url"].(string), "", w.as(bia)...)
		assert.Equal(t, pdf, served.body)
		assert.Equal(t, "application/pdf", served.Header.Get("Content-Type"))
		assert.Equal(t, `attachment; filename="Relatorio_v2_.pdf"; filename*=UTF-8''Relat%C3%B3rio%20%28v2%29.pdf`, served.Header.Get("Content-Disposition"))
		assert.Equal(t, "nosniff", served.Header.Get("X-Content-Type-Options"))
		assert.Contains(t, served.Header.Get("Content-Security-Policy"), "sandbox")
	}
}

func TestTwoFilesOfOneNameAreBothKept(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	one := w.upload(c.ID, file("a.txt", "one")).data(t, 201)
	two := w.upload(c.ID, file("a.txt", "two")).data(t, 201)
	assert.Equal(t, "one", w.do("GET", one["url"].(string), "", w.as(ana)...).body)
	assert.Equal(t, "two", w.do("GET", two["url"].(string), "", w.as(ana)...).body)
}

func TestUploadedFilesAreGuarded(t *testing.T) {
	w := newWorld(t)
	got := w.upload(w.in(call.Active).ID, file("a.html", "<script>")).data(t, 201)
	address := got["url"].(string)
	assert.Equal(t, 401, w.do("GET", address, "").StatusCode)
	assert.Equal(t, 400, w.do("GET", address, "", w.as(ana)[0]).StatusCode)
	assert.Equal(t, 404, w.do("GET", address, "", w.as(eve)...).StatusCode)
	assert.Equal(t, 404, w.do("GET", address+"x", "", w.as(ana)...).StatusCode)
	assert.Equal(t, 404, w.do("GET", "/uploads/calls/"+got["id"].(string)+"/%2e%2e", "", w.as(ana)...).StatusCode)

	part := w.do("GET", address, "", append(w.as(ana), header{"Range", "bytes=1-3"})...)
	assert.Equal(t, []any{206, "scr", "bytes 1-3/8"}, []any{part.StatusCode, part.body, part.Header.Get("Content-Range")})
	outside := w.do("GET", address, "", append(w.as(ana), header{"Range", "bytes=100-"})...)
	assert.Equal(t, []any{416, "bytes */8"}, []any{outside.StatusCode, outside.Header.Get("Content-Range")})
	same := w.do("GET", address, "", append(w.as(ana), header{"If-None-Match", part.Header.Get("ETag")})...)
	assert.Equal(t, 304, same.StatusCode)
	other := w.do("GET", address, "", append(w.as(ana), header{"If-Match", `"x"`})...)
	assert.Equal(t, 412, other.StatusCode)
	head := w.do("HEAD", address, "", w.as(ana)...)
	assert.Equal(t, []any{200, "", "8"}, []any{head.StatusCode, head.body, head.Header.Get("Content-Length")})
}

func TestFileNames(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	tests := map[string]struct{ disposition, name, safe string }{
		"plain":               {`form-data; name="file"; filename="a.txt"`, "a.txt", "a.txt"},
		"unquoted":            {`form-data; name=file; filename=a b.txt`, "a b.txt", "a_b.txt"},
		"folders":             {`form-data; name="file"; filename="../../etc/passwd"`, "passwd", "passwd"},
		"Windows":             {`form-data; name="file"; filename="C:\Users\ana\x.doc"`, "x.doc", "x.doc"},
		"escaped quote":       {`form-data; name="file"; filename="a\"b.txt"`, `a"b.txt`, "a_b.txt"},
		"no end quote":        {`form-data; name="file"; filename="a.txt`, "a.txt", "a.txt"},
		"semicolon":           {`form-data; name="file"; filename="a;b.txt"; x=y`, "a;b.txt", "a_b.txt"},
		"invalid UTF-8":       {"form-data; name=\"file\"; filename=\"a\xff.txt\"", "a.txt", "a.txt"},
		"extended":            {`form-data; name="file"; filename="x"; filename*=UTF-8''%e2%82%ac%20rates.txt`, "€ rates.txt", "_rates.txt"},
		"extended, Latin 1":   {`form-data; name="file"; filename*=iso-8859-1'en'%A3.txt`, "£.txt", "_.txt"},
		"extended, broken":    {`form-data; name="file"; filename="x.txt"; filename*=UTF-8''%zz`, "x.txt", "x.txt"},
		"accents":             {`form-data; name="file"; filename="Ação é.TXT"`, "Ação é.TXT", "Acao_e.TXT"},
		"only dots":           {`form-data; name="file"; filename=".."`, "file", "file"},
		"dots to be":          {`form-data; name="file"; filename="．．"`, "．．", "file"},
		"hidden":              {`form-data; name="file"; filename=".htaccess"`, ".htaccess", "htaccess"},
		"blank":               {`form-data; name="file"; filename="  "`, "file", "file"},
		"control and reorder": {"form-data; name=\"file\"; filename=\"a\x01\u202egpj.exe\"", "agpj.exe", "agpj.exe"},
		"markup":              {`form-data; name="file"; filename="<img src=x>.png"`, "<img src=x>.png", "_img_src_x_.png"},
		"other alphabet":      {`form-data; name="file"; filename="документ.pdf"`, "документ.pdf", "_.pdf"},
		"key in capitals":     {`FORM-DATA; NAME="file"; FILENAME="a.txt"`, "a.txt", "a.txt"},
		"long":                {`form-data; name="file"; filename="` + strings.Repeat("a", 300) + `.txt"`, strings.Repeat("a", 251) + ".txt", strings.Repeat("a", 96) + ".txt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.upload(c.ID, form([2]string{test.disposition, "x"})).data(t, 201)
			assert.Equal(t, test.name, got["filename"])
			assert.Equal(t, "/uploads/calls/"+got["id"].(string)+"/"+test.safe, got["url"])
			served := w.do("GET", got["url"].(string), "", w.as(ana)...)
			assert.Equal(t, 200, served.StatusCode)
			assert.NotRegexp(t, `[^ -~]`, served.Header.Get("Content-Disposition"))
		})
	}
}

func TestUploadsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	big := strings.Repeat("x", 1<<20)
	good := file("a.txt", "x")
	kind := func(s string) []header { return append(w.as(ana), header{"Content-Type", s}) }
	ours := kind("multipart/form-data; boundary=" + boundary)
	tests := map[string]struct {
		body    string
		headers []header
		status  int
		says    string
	}{
		"no type":         {good, w.as(ana), 415, "multipart/form-data"},
		"JSON":            {"{}", kind("application/json"), 415, "multipart/form-data"},
		"other multipart": {good, kind("multipart/mixed; boundary=" + boundary), 415, "multipart/form-data"},
		"no boundary":     {good, kind("multipart/form-data"), 400, "malformed"},
		"broken boundary": {good, kind("multipart/form-data; boundary"), 400, "malformed"},
		"long boundary":   {good, kind("multipart/form-data; boundary=" + strings.Repeat("b", 5000)), 400, "malformed"},
		"other boundary":  {good, kind("multipart/form-data; boundary=x"), 400, "malformed"},
		"empty body":      {"", ours, 400, "malformed"},
		"no parts":        {"--" + boundary + "--\r\n", ours, 422, `"file":["can't be blank"]`},
		"another field":   {form([2]string{`form-data; name="doc"; filename="a"`, "x"}), ours, 422, `"file":["can't be blank"]`},
		"no file name":    {form([2]string{`form-data; name="file"`, "x"}), ours, 422, `"file":["can't be blank"]`},
		"empty file name": {form([2]string{`form-data; name="file"; filename=""`, ""}), ours, 422, `"file":["can't be blank"]`},
		"no form-data":    {form([2]string{`attachment; name="file"; filename="a"`, "x"}), ours, 422, `"file":["can't be blank"]`},
		"two files": {form(
			[2]string{`form-data; name="file"; filename="a"`, "1"}, [2]string{`form-data; name="file"; filename="b"`, "2"},
		), ours, 422, "must be given once"},
		"too large":         {file("a.txt", big+"x"), ours, 413, "too large"},
		"far too large":     {file("a.txt", big+big+big), ours, 413, "too large"},
		"much before it":    {form([2]string{`form-data; name="x"`, big + big}, [2]string{`form-data; name="file"; filename="a"`, "x"}), ours, 413, "too large"},
		"much behind it":    {form([2]string{`form-data; name="file"; filename="a"`, big}, [2]string{`form-data; name="x"`, big}), ours, 413, "too large"},
		"no line of a part": {"--" + boundary + "\r\nfoo\r\n\r\nx\r\n--" + boundary + "--", ours, 400, "malformed"},
		"long header":       {"--" + boundary + "\r\nA: " + big + "\r\n\r\nx\r\n--" + boundary + "--", ours, 422, "blank"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.do("POST", calls+"/"+c.ID+"/upload", test.body, test.headers...)
			assert.Equal(t, test.status, got.StatusCode, got.body)
			assert.Contains(t, got.body, test.says)
		})
	}
	assert.Zero(t, w.blobs.Len(), "nothing is left behind")
	files, err := w.v.Media.Files(context.Background(), ana, c.ID)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestUploadsTaken(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	exact := strings.Repeat("x", 1<<20)
	tests := map[string]struct{ body, content string }{
		"as large as may be":  {file("a", exact), exact},
		"empty":               {file("a", ""), ""},
		"fields around it":    {form([2]string{`form-data; name="x"`, "1"}, [2]string{`form-data; name="file"; filename="a"`, "c"}, [2]string{`form-data; name="y"`, "2"}), "c"},
		"no break at the end": {strings.TrimSuffix(file("a", "c"), "\r\n"), "c"},
		"an epilogue":         {file("a", "c") + "bye", "c"},
		"a preamble":          {"hello\r\n" + file("a", "c"), "c"},
		"control characters":  {file("a\x00b\x7f", "\x00\x01\r\n\x02\n\r\r\n\r\n\x7f"), "\x00\x01\r\n\x02\n\r\r\n\r\n\x7f"},
		"a header of nothing": {"--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\x01\x02\r\n\x03\r\n--" + boundary + "--", "\x03"},
		"line feeds only":     {strings.ReplaceAll(file("a", "c"), "\r\n", "\n"), "c"},
		"boundary-like":       {file("a", "\r\n--"+boundary+"x\r\n--"), "\r\n--" + boundary + "x\r\n--"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.upload(c.ID, test.body).data(t, 201)
			assert.Equal(t, test.content, w.do("GET", got["url"].(string), "", w.as(ana)...).body)
		})
	}
}

// Wherever a form is cut off, with or without the connection, nothing is left of it.
func TestUploadsCutOff(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	whole := form([2]string{`form-data; name="x"`, "1"}, [2]string{`form-data; name="file"; filename="a"`, "content"}, [2]string{`form-data; name="y"`, "2"})
	end := len(whole) - len("\r\n")
	for cut := range end {
		got := w.upload(c.ID, whole[:cut])
		require.Equal(t, 400, got.StatusCode, "%q: %s", whole[:cut], got.body)

		r := httptest.NewRequest(http.MethodPost, calls+"/"+c.ID+"/upload", io.MultiReader(strings.NewReader(whole[:cut]), brokenOff{}))
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		for _, h := range w.as(ana) {
			r.Header.Set(h.name, h.value)
		}
		got = w.serve(r)
		require.Equal(t, 400, got.StatusCode, "%q: %s", whole[:cut], got.body)
	}
	assert.Zero(t, w.blobs.Len())
	files, err := w.v.Media.Files(context.Background(), ana, c.ID)
	require.NoError(t, err)
	assert.Empty(t, files)
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What the host's blob store fails with is the server's fault, and said as clearly as can be.
func TestBlobStoreFails(t *testing.T) {
	for want, cause := range map[int]error{
		http.StatusInsufficientStorage: syscall.ENOSPC,
		http.StatusServiceUnavailable:  syscall.EIO,
		http.StatusInternalServerError: errors.New("secret host unreachable"),
	} {
		w := newWorld(t, func(_ *company, o *voki.Options, _ *httpapi.Options) { o.Blobs = fullDisk{cause} })
		got := w.upload(w.in(call.Active).ID, file("a", "x"))
		assert.Equal(t, want, got.StatusCode)
		assert.NotContains(t, got.body, "secret")
		assert.Contains(t, w.log.String(), cause.Error())
	}
}

type fullDisk struct{ err error }

func (f fullDisk) Put(_ context.Context, _ string, r io.Reader) (int64, error) {
	_, _ = io.Copy(io.Discard, r)
	return 0, fmt.Errorf("write /data/blob: %w", f.err)
}

func (f fullDisk) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, media.ErrNoBlob
}
func (f fullDisk) Delete(context.Context, string) error { return nil }
