package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// client sends requests in somebody's name.
type client struct {
	w      *world
	bearer string
	tenant string
	header http.Header
}

// as is a client of a user.
func (w *world) as(a call.Actor) client {
	w.t.Helper()
	token, err := w.auth.Sign(a, time.Hour)
	require.NoError(w.t, err)
	return client{w: w, bearer: token, tenant: a.Tenant}
}

// customer is a client with the token of a call.
func (w *world) customer(v visit) client { return client{w: w, bearer: v.token} }

// anonymous is a client without any token.
func (w *world) anonymous() client { return client{w: w} }

// with adds a header to every request of the client.
func (c client) with(name, value string) client {
	h := maps.Clone(c.header)
	if h == nil {
		h = http.Header{}
	}
	h[http.CanonicalHeaderKey(name)] = []string{value}
	c.header = h
	return c
}

func (c client) get(path string) reply {
	c.w.t.Helper()
	return c.send("GET", path, nil)
}

func (c client) post(path string, body any) reply {
	c.w.t.Helper()
	return c.send("POST", path, body)
}

func (c client) delete(path string) reply {
	c.w.t.Helper()
	return c.send("DELETE", path, nil)
}

// form is a multipart body.
type form struct {
	contentType string
	content     []byte
}

// part is one piece of a form.
type part struct {
	field, filename, content string
	rawDisposition           string // in place of what field and filename make
}

func newForm(parts ...part) form {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		switch {
		case p.rawDisposition != "":
			h.Set("Content-Disposition", p.rawDisposition)
		case p.filename != "":
			h.Set("Content-Disposition", multipart.FileContentDisposition(p.field, p.filename))
			h.Set("Content-Type", "application/octet-stream")
		default:
			h.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q", p.field))
		}
		w, err := m.CreatePart(h)
		if err == nil {
			_, err = io.WriteString(w, p.content)
		}
		if err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	_ = m.Close()
	return form{m.FormDataContentType(), b.Bytes()}
}

// file is a form with one file.
func file(name, content string) form {
	return newForm(part{field: "file", filename: name, content: content})
}

// raw is a JSON body as it stands, or what is meant to be taken for one.
type raw string

// stream is a body whose length is not told.
type stream struct {
	contentType string
	content     string
}

// webm is the beginning of a WebM file, and some bytes.
var webm = []byte("\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + strings.Repeat("v", 4000))

// send makes a request, reads the reply whole and holds it against the description. A body may be nil, [raw], a
// [form], bytes (a recording), a [stream], or a value that is encoded as JSON.
func (c client) send(method, path string, body any) reply {
	c.w.t.Helper()
	req, content := c.request(method, path, body)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(c.w.t, err, "%s %s", method, path)
	defer func() { _ = resp.Body.Close() }()
	r := reply{request: fmt.Sprintf("%s %s", method, path), status: resp.StatusCode, header: resp.Header}
	r.body, err = io.ReadAll(resp.Body)
	require.NoError(c.w.t, err, "%s: body", r.request)
	c.w.check(req, content, r)
	return r
}

// request builds a request; content is its body, for the check of what was accepted.
func (c client) request(method, path string, body any) (req *http.Request, content []byte) {
	c.w.t.Helper()
	var reader io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case raw:
		contentType, content = "application/json", []byte(b)
	case form:
		contentType, content = b.contentType, b.content
	case []byte:
		contentType, content = "video/webm", b
	case stream:
		contentType, reader = b.contentType, struct{ io.Reader }{strings.NewReader(b.content)}
	default:
		var err error
		contentType = "application/json"
		content, err = json.Marshal(body)
		require.NoError(c.w.t, err)
	}
	if content != nil {
		reader = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(c.w.t.Context(), method, c.w.server.URL+path, reader)
	require.NoError(c.w.t, err)
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	if c.tenant != "" {
		req.Header.Set("X-Tenant", c.tenant)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	maps.Copy(req.Header, c.header)
	return req, content
}

// reply is what came back.
type reply struct {
	request string
	status  int
	header  http.Header
	body    []byte
}

func (r reply) String() string { return fmt.Sprintf("%s: %d %s", r.request, r.status, r.body) }

// value is what stands at a path such as "data.tags.0.id" in the JSON body; nil if there is nothing.
func (r reply) value(path string) any {
	var v any
	if json.Unmarshal(r.body, &v) != nil {
		return nil
	}
	for key := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

func (r reply) text(path string) string { s, _ := r.value(path).(string); return s }

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return string(b)
}

func (r reply) detail() string { return r.text("errors.detail") }

// check holds a reply against the description, with both validators, and an accepted request as well.
func (w *world) check(req *http.Request, content []byte, r reply) {
	w.t.Helper()
	require.Equal(w.t, "no-store", r.header.Get("Cache-Control"), "%s: Cache-Control", r)
	if req.Method == http.MethodHead || req.Method == http.MethodOptions {
		return
	}
	d := described(w.t)
	ops, params := d.find(req.URL.EscapedPath())
	if len(ops) == 0 {
		require.Equal(w.t, http.StatusNotFound, r.status, "%s: there is no such path", r)
		require.NotEmpty(w.t, r.detail(), "%s: not in the envelope", r)
		return
	}
	op := ops[0] // for a method that the path does not have: any
	known := false
	for _, o := range ops {
		if o.Method == req.Method {
			op, known = o, true
		}
	}
	if !known {
		require.Equal(w.t, http.StatusMethodNotAllowed, r.status, "%s: the path has no such method", r)
	}
	for _, o := range ops { // a wrong method is one for each of the path's operations
		if o.Method == req.Method || !known {
			produced.Store(outcome{o.ID, strconv.Itoa(r.status)}, true)
		}
	}
	require.NoError(w.t, d.conforms(op, req, r), "%s: not as described", r)
	if r.status == http.StatusNoContent || r.status == http.StatusNotModified {
		require.Empty(w.t, r.body, r)
	}
	if known && r.status < 300 {
		w.checkAccepted(d.input(op, params, req), content)
	}
}

// input is a request as kin-openapi wants it.
func (d *description) input(op operation, params map[string]string, req *http.Request) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: req.Clone(context.Background()), PathParams: params, QueryParams: req.URL.Query(),
		Route: &routers.Route{
			Spec: d.kin, Path: op.Pattern, PathItem: op.PathItem, Method: op.Method, Operation: op.Operation,
		},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
}

// conforms reports how a reply is not as the operation describes it.
func (d *description) conforms(op operation, req *http.Request, r reply) error {
	isJSON := strings.HasPrefix(r.header.Get("Content-Type"), "application/json")
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(op, nil, req), Status: r.status, Header: r.header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: !isJSON && r.status < 300},
	}
	out.SetBodyBytes(r.body)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return fmt.Errorf("kin-openapi: %w", err)
	}
	if isJSON || r.status == http.StatusNoContent {
		return d.secondOpinion(op, req, r)
	}
	return nil
}

// placeholders makes a path of a pattern that no other pattern fits.
var placeholders = regexp.MustCompile(`\{[a-z_]+\}`)

// secondOpinion is that of the other library. It knows exact media types only, and of two patterns that fit a path it
// may take the other one.
func (d *description) secondOpinion(op operation, req *http.Request, r reply) error {
	again := req.Clone(context.Background())
	again.Method = op.Method
	again.URL.Path, again.URL.RawPath = placeholders.ReplaceAllString(op.Pattern, "x"), ""
	header := r.header.Clone()
	if media, _, err := mime.ParseMediaType(r.header.Get("Content-Type")); err == nil {
		header.Set("Content-Type", media)
	}
	d.pbMu.Lock()
	defer d.pbMu.Unlock()
	ok, errs := d.pb.ValidateHttpResponse(again, &http.Response{
		StatusCode: r.status, Header: header, Body: io.NopCloser(bytes.NewReader(r.body)), Request: again,
	})
	if !ok {
		return fmt.Errorf("libopenapi: %v", errs)
	}
	return nil
}

// checkAccepted holds a request that was accepted against the description.
func (w *world) checkAccepted(in *openapi3filter.RequestValidationInput, content []byte) {
	w.t.Helper()
	isJSON := strings.HasPrefix(in.Request.Header.Get("Content-Type"), "application/json")
	in.Options.ExcludeRequestBody = !isJSON || len(bytes.TrimSpace(content)) == 0
	in.Request.Body = io.NopCloser(bytes.NewReader(content))
	require.NoError(w.t, openapi3filter.ValidateRequest(context.Background(), in),
		"%s %s %.200s: accepted though not as described", in.Request.Method, in.Request.URL, content)
}
