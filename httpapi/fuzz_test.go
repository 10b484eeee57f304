package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// Whatever a query holds, the answer is a list or names the parameters that are wrong.
func FuzzListQuery(f *testing.F) {
	for _, seed := range []string{
		"", "page=1&page_size=10&status=completed&date_from=2026-02-01", "page=9223372036854775807", "date_to=2026-02-01T10:00:00 03:00",
		"date_from=2018-11-04T00:30&date_to=9999-12-31", "search=%ff", "search=a%00", "page=%31", "&&=&;=%", "status=queued&status=queued",
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	w.in(call.Queued)
	who := w.as(ana)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, calls, nil)
		r.URL.RawQuery = query
		for _, h := range who {
			r.Header.Set(h.name, h.value)
		}
		got := w.under(t).serve(r)
		require.Contains(t, []int{200, 422}, got.StatusCode, got.body)
	})
}

// Whatever a form holds, it is taken whole or nothing is left of it, and what is taken comes back as it was sent.
func FuzzUpload(f *testing.F) {
	for _, seed := range []string{
		file("a.txt", "content"), file(`..\..\x"y`, "\r\n--"+boundary+"x"), form([2]string{`form-data; name="x"`, "1"}, [2]string{`form-data; name=file; filename*=UTF-8''%00`, "2"}),
		"--" + boundary + "--", "--" + boundary + "\n", "--" + boundary + "\r\n\x01\r\n\r\n", file("a", "c")[:90], "",
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	c := w.in(call.Active)
	who := append(w.as(ana), header{"Content-Type", "multipart/form-data; boundary=" + boundary})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := w.under(t)
		before := w.blobs.Len()
		got := w.do("POST", calls+"/"+c.ID+"/upload", string(body), who...)
		if got.StatusCode != http.StatusCreated {
			require.Contains(t, []int{400, 413, 422}, got.StatusCode, got.body)
			require.Equal(t, before, w.blobs.Len())
			return
		}
		address := got.data(t, 201)["url"].(string)
		served := w.do("GET", address, "", who...)
		require.Equal(t, 200, served.StatusCode, address)
		require.Contains(t, string(body), served.body)
	})
}

// Whatever a path holds, it is answered in the envelope, and an id of a call that is there is found.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"x", "%00", "%zz", "..", "a/b", "a%2Fb", "\xff", "é", "/", "", "x/recording/download", "x/tags/y", strings.Repeat("a", 4000)} {
		f.Add(seed)
	}
	w := newWorld(f)
	c := w.in(call.Queued)
	who := w.as(ana)
	ask := func(t *testing.T, path, raw string) reply {
		r := httptest.NewRequest(http.MethodGet, calls, nil)
		r.URL = &url.URL{Path: path, RawPath: raw}
		for _, h := range who {
			r.Header.Set(h.name, h.value)
		}
		return w.under(t).serve(r)
	}
	f.Fuzz(func(t *testing.T, id string) {
		escaped := calls + "/" + url.PathEscape(id)
		status := ask(t, calls+"/"+id, escaped).StatusCode
		switch {
		case id == c.ID:
			require.Equal(t, 200, status)
		case id == "" || !call.ValidID(id):
			require.Equal(t, 404, status)
		}
		for _, path := range []string{calls + "/" + id, id, "/uploads/calls/" + id, link + "/" + id, link + "/status/" + id} {
			require.Less(t, ask(t, path, "").StatusCode, 500, path)
		}
	})
}
