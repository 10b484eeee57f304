package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/bolt"
)

// TestNaiveMountPanics: why the pages have a mux of their own.
func TestNaiveMountPanics(t *testing.T) {
	s := openSite(t)
	assert.Panics(t, func() {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /", s.home)
		mux.Handle("/api/v1/", s.api)
	})
	assert.NotPanics(t, func() { s.serveMux() })
	assert.NotPanics(t, func() { s.chi() })
}

// TestThroughTheDoor goes through a whole call over HTTP, on either router.
func TestThroughTheDoor(t *testing.T) {
	for name, routes := range map[string]func(*site) http.Handler{"ServeMux": (*site).serveMux, "chi": (*site).chi} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t)
			server := httptest.NewServer(routes(s))
			t.Cleanup(server.Close)
			ana, maria := newBrowser(t, server, s), newBrowser(t, server, s)

			ana.want(http.StatusUnauthorized, http.MethodGet, "/api/v1/calls", "")
			ana.logIn("ana")
			assert.Contains(t, ana.page("/"), "Good morning, Ana Souza. Customers who wait: 0.")

			joined := maria.want(http.StatusOK, http.MethodPost, "/api/v1/call/help/join", `{"name":"Maria"}`)
			id, _ := joined["call_id"].(string)
			require.NotEmpty(t, id)
			assert.Contains(t, ana.page("/"), "Customers who wait: 1.")
			maria.want(http.StatusNotFound, http.MethodPost, "/api/v1/call/unknown/join", `{"name":"Maria"}`)
			maria.want(http.StatusUnauthorized, http.MethodGet, "/api/v1/calls/"+id, "")

			assigned := ana.want(http.StatusOK, http.MethodPost, "/api/v1/calls/"+id+"/assign", "")
			assert.Equal(t, "Ana Souza", assigned["user_name"])
			ana.want(http.StatusOK, http.MethodPost, "/api/v1/calls/"+id+"/start", "")
			file := ana.upload("/api/v1/calls/"+id+"/upload", "contract.txt", "Clause one.")
			assert.Equal(t, "Clause one.", ana.page(file["url"].(string)))
			ana.want(http.StatusOK, http.MethodPost, "/api/v1/calls/"+id+"/complete", `{"notes":"Solved."}`)
			ana.want(http.StatusConflict, http.MethodPost, "/api/v1/calls/"+id+"/start", "")
			ana.want(http.StatusForbidden, http.MethodPost, "/api/v1/calls/"+id+"/manager-notes", `{"notes":"Well done."}`)

			sam := newBrowser(t, server, s)
			sam.logIn("sam")
			sam.want(http.StatusOK, http.MethodPost, "/api/v1/calls/"+id+"/manager-notes", `{"notes":"Well done."}`)
			detail := sam.want(http.StatusOK, http.MethodGet, "/api/v1/calls/"+id, "")
			assert.Equal(t, "completed", detail["status"])
			assert.Equal(t, "Support", detail["department_name"])
			assert.Contains(t, detail["manager_notes"], "Sam Supervisor] Well done.")

			// The session ends, and with it the API.
			_, err := sam.client.PostForm(server.URL+"/logout", nil)
			require.NoError(t, err)
			sam.want(http.StatusUnauthorized, http.MethodGet, "/api/v1/calls", "")
		})
	}
}

func TestOtherSitesAreKeptOut(t *testing.T) {
	for name, routes := range map[string]func(*site) http.Handler{"ServeMux": (*site).serveMux, "chi": (*site).chi} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t)
			server := httptest.NewServer(routes(s))
			t.Cleanup(server.Close)
			b := newBrowser(t, server, s)
			b.logIn("ana")
			b.header = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
			res := b.do(http.MethodPost, "/api/v1/calls/any/assign", "", nil)
			defer res.Body.Close()
			assert.Equal(t, http.StatusForbidden, res.StatusCode)
		})
	}
}

func TestLogIn(t *testing.T) {
	s := openSite(t)
	server := httptest.NewServer(s.serveMux())
	t.Cleanup(server.Close)
	for _, form := range []url.Values{
		{}, {"user": {"ana"}}, {"user": {"ana"}, "password": {"wrong"}}, {"user": {"nobody"}, "password": {""}},
	} {
		res, err := server.Client().PostForm(server.URL+"/login", form)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, res.StatusCode)
		assert.Empty(t, res.Cookies())
	}
	b := newBrowser(t, server, s)
	assert.Contains(t, b.page("/"), "<form", "who is not logged in is sent to the form")
}

// TestRun: the program comes up with a database of its own, ends when it is told to, and can be started again.
func TestRun(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, useChi := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, run(ctx, "127.0.0.1:0", data, useChi))
	}
	assert.Error(t, run(t.Context(), "no address", data, false))
}

func openSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	store, err := bolt.Open(filepath.Join(dir, "calls.db"), bolt.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	blobs, err := media.OpenDir(filepath.Join(dir, "files"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, blobs.Close()) })
	s, err := newSite(store, blobs)
	require.NoError(t, err)
	return s
}

// browser is somebody with a cookie jar.
type browser struct {
	t      *testing.T
	site   *site
	server *httptest.Server
	client *http.Client
	header http.Header
}

func newBrowser(t *testing.T, server *httptest.Server, s *site) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, site: s, server: server, client: &http.Client{Jar: jar}}
}

func (b *browser) logIn(userID string) {
	b.t.Helper()
	res, err := b.client.PostForm(b.server.URL+"/login", url.Values{
		"user": {userID}, "password": {b.site.sessions.users[userID].password},
	})
	require.NoError(b.t, err)
	require.NoError(b.t, res.Body.Close())
	require.Equal(b.t, http.StatusOK, res.StatusCode)
}

func (b *browser) do(method, path, contentType string, body io.Reader) *http.Response {
	b.t.Helper()
	req, err := http.NewRequest(method, b.server.URL+path, body)
	require.NoError(b.t, err)
	req.Header.Set("X-Tenant", companySlug)
	req.Header.Set("Content-Type", contentType)
	for name, values := range b.header {
		req.Header[name] = values
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	return res
}

// page returns the body of a page, or of a file.
func (b *browser) page(path string) string {
	b.t.Helper()
	res := b.do(http.MethodGet, path, "", nil)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, res.StatusCode, string(body))
	return string(body)
}

// want sends JSON and returns what is under data in the reply.
func (b *browser) want(status int, method, path, body string) map[string]any {
	b.t.Helper()
	return b.data(status, b.do(method, path, "application/json", strings.NewReader(body)))
}

func (b *browser) upload(path, name, content string) map[string]any {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(b.t, err)
	_, err = part.Write([]byte(content))
	require.NoError(b.t, err)
	require.NoError(b.t, form.Close())
	return b.data(http.StatusCreated, b.do(http.MethodPost, path, form.FormDataContentType(), &body))
}

func (b *browser) data(status int, res *http.Response) map[string]any {
	b.t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, status, res.StatusCode, string(body))
	var reply struct{ Data any }
	require.NoError(b.t, json.Unmarshal(body, &reply))
	data, _ := reply.Data.(map[string]any)
	return data
}
