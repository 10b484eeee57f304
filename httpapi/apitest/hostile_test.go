package apitest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// refused asserts that a hostile request gets a 4xx in the envelope, changes nothing, and leaves a server that lives.
func (w *world) refused(name string, do func() reply, statuses ...int) {
	w.t.Helper()
	w.unchanged(func() {
		w.t.Helper()
		r := do()
		if len(statuses) > 0 {
			assert.Contains(w.t, statuses, r.status, "%s: %s", name, r)
		} else {
			assert.True(w.t, r.status >= 400 && r.status < 500, "%s: %s", name, r)
		}
		assert.NotNil(w.t, r.value("errors"), "%s: not in the envelope: %s", name, r)
	})
	assert.Equal(w.t, http.StatusOK, w.as(joao).get("/api/v1/calls?page_size=1").status, "%s: the server is gone", name)
}

// hostileIDs are ids that no call can have, as they are written in a path.
var hostileIDs = map[string]string{
	"long":          strings.Repeat("a", 4000),
	"a byte over":   strings.Repeat("a", 129),
	"NUL":           "a%00b",
	"invalid UTF-8": "a%ff%feb",
	"white space":   "a%20b",
	"line break":    "a%0ab",
	"dots":          "%2e%2e",
	"a path":        "..%2f..%2fetc%2fpasswd",
	"backslashes":   "..%5c..%5c",
	"bidi":          "a%e2%80%aeb",
	"zero width":    "a%e2%80%8bb",
	"quotes":        "'%20OR%20'1'='1",
	"pattern":       "%25",
	"unicode":       "%c3%a7%c3%a3o",
}

func TestHostileIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnished(avanter, call.Completed)
	for name, id := range hostileIDs {
		for operation, try := range attempts {
			if operation == "calls.list" || operation == "calls.export" || operation == "uploads.get" {
				continue
			}
			w.refused(operation+" "+name, func() reply { return try.do(w.as(olga), visit{id: id}) }, 404)
		}
		v := w.callIn(avanter, call.Queued)
		w.refused("tag "+name, func() reply { return w.as(olga).delete(path(v, "/tags/"+id)) }, 404)
		w.refused("file "+name, func() reply { return w.as(olga).get("/uploads/calls/" + id + "/a.txt") }, 404)
		w.refused("name "+name, func() reply { return w.as(olga).get("/uploads/calls/" + nobody + "/" + id) }, 404)
		w.refused("link "+name, func() reply { return w.anonymous().get("/api/v1/call/" + id + "/validate") }, 404)
		w.refused("status "+name, func() reply { return w.customer(v).get("/api/v1/call/status/" + id) }, 403)
	}
	for _, word := range []string{"status", "evaluate", "cancel", "turn-credentials"} {
		w.refused("link "+word, func() reply { return w.anonymous().get("/api/v1/call/" + word + "/validate") }, 401, 404, 405)
	}
}

// hostileTexts are values that a text may not have, as JSON writes them.
var hostileTexts = map[string]string{
	"NUL":           `"a\u0000b"`,
	"invalid UTF-8": "\"a\xff\xfeb\"",
	"too long":      `"` + strings.Repeat("a", 20_001) + `"`,
	"a number":      `7`,
	"a list":        `["a"]`,
	"an object":     `{"a":"b"}`,
	"true":          `true`,
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	active, completed := w.callIn(avanter, call.Active), w.callIn(avanter, call.Completed)
	queued := w.callIn(avanter, call.Queued)
	for name, text := range hostileTexts {
		for field, do := range map[string]func(body raw) reply{
			"user_id": func(b raw) reply { return w.as(joao).post(path(queued, "/assign"), b) },
			"notes":   func(b raw) reply { return w.as(joao).post(path(active, "/complete"), b) },
			"tag_id":  func(b raw) reply { return w.as(joao).post(path(queued, "/tags"), b) },
		} {
			w.refused(field+" "+name, func() reply { return do(raw(fmt.Sprintf(`{%q:%s}`, field, text))) }, 400, 422)
		}
		w.refused("manager note "+name, func() reply {
			return w.as(ana).post(path(completed, "/manager-notes"), raw(`{"notes":`+text+`}`))
		}, 400, 422)
		for _, field := range []string{"name", "email", "phone", "reason"} {
			w.refused(field+" "+name, func() reply {
				return w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria","`+field+`":`+text+`}`))
			}, 400, 422)
		}
		w.refused("comment "+name, func() reply {
			return w.customer(completed).post("/api/v1/call/evaluate/"+completed.id, raw(`{"rating":5,"comment":`+text+`}`))
		}, 400, 422)
	}
	for _, rating := range []string{`0`, `6`, `-1`, `4.5`, `"5"`, `null`, `1e3`, `99999999999999999999`, `[5]`, `true`} {
		w.refused("rating "+rating, func() reply {
			return w.customer(completed).post("/api/v1/call/evaluate/"+completed.id, raw(`{"rating":`+rating+`}`))
		}, 422)
	}
	for _, email := range []string{"maria", "@", "a@", "@b", "a b@c", "a@b c"} {
		w.refused("email "+email, func() reply {
			return w.anonymous().post("/api/v1/call/suporte/join", map[string]any{"name": "Maria", "email": email})
		}, 422)
	}
	for _, name := range []string{"a\nb", "a\u2028b", "a\u0085b", "\x1b[2J"} {
		w.refused("line break in a name", func() reply {
			return w.anonymous().post("/api/v1/call/suporte/join", map[string]any{"name": name})
		}, 422)
	}
}

// hostileBodies are bodies that are not one JSON object.
var hostileBodies = map[string]string{
	"20,000 deep lists":   strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	"20,000 deep objects": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	"cut off":             `{"notes":"a"`,
	"cut off in a string": `{"notes":"a`,
	"two values":          `{"notes":"a"}{"notes":"b"}`,
	"two lines":           "{\"notes\":\"a\"}\n{\"notes\":\"b\"}",
	"trailing":            `{"notes":"a"} x`,
	"a list":              `[{"notes":"a"}]`,
	"a string":            `"notes"`,
	"a number":            `7`,
	"null":                `null`,
	"not JSON":            `notes=a`,
	"single quotes":       `{'notes':'a'}`,
	"a comment":           `{"notes":"a"} // b`,
	"BOM":                 "\ufeff{\"notes\":\"a\"}",
	"NUL":                 "{\"notes\":\"a\"}\x00",
	"raw control":         "{\"notes\":\"a\x01b\"}",
	"invalid UTF-8 key":   "{\"no\xfftes\":\"a\",\"notes\":\"a\"}",
	"UTF-16":              "\xff\xfe{\x00}\x00",
}

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	active, completed := w.callIn(avanter, call.Active), w.callIn(avanter, call.Completed)
	queued := w.callIn(avanter, call.Queued)
	for name, body := range hostileBodies {
		b := raw(body)
		w.refused("assign "+name, func() reply { return w.as(joao).post(path(queued, "/assign"), b) }, 400)
		w.refused("complete "+name, func() reply { return w.as(joao).post(path(active, "/complete"), b) }, 400)
		w.refused("tags "+name, func() reply { return w.as(joao).post(path(queued, "/tags"), b) }, 400)
		w.refused("note "+name, func() reply { return w.as(ana).post(path(completed, "/manager-notes"), b) }, 400)
		w.refused("join "+name, func() reply { return w.anonymous().post("/api/v1/call/suporte/join", b) }, 400)
		w.refused("evaluate "+name, func() reply {
			return w.customer(completed).post("/api/v1/call/evaluate/"+completed.id, b)
		}, 400)
	}
	// A required body that is not there is no object either.
	for _, r := range []reply{
		w.as(joao).post(path(queued, "/tags"), nil),
		w.as(ana).post(path(completed, "/manager-notes"), nil),
		w.as(ana).post(path(completed, "/manager-notes"), raw("")),
	} {
		assert.Equal(t, http.StatusBadRequest, r.status, r)
	}
	// And deep nesting in an unknown field is ignored or refused, never fatal.
	deep := raw(`{"x":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}`)
	assert.Contains(t, []int{200, 400}, w.as(joao).post(path(queued, "/assign"), deep).status)
}

// An optional body may be missing, empty or an object without fields; fields that are not known are ignored.
func TestOptionalBodies(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]any{
		"none": nil, "empty": raw(""), "object": raw("{}"), "null field": raw(`{"user_id":null,"notes":null}`),
		"unknown": raw(`{"color":"red","nested":{"a":[1]}}`), "white space": raw(" \r\n\t "),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.callIn(avanter, call.Queued)
			assert.Equal(t, 200, w.as(joao).post(path(v, "/assign"), body).status)
			assert.Equal(t, 200, w.as(joao).post(path(v, "/start"), body).status)
			assert.Equal(t, 200, w.as(joao).post(path(v, "/complete"), body).status)
		})
	}
}

// A request as bytes, for what a client library would not send. The reply is empty if the server hung up.
func (w *world) raw(request string) (status int, body string) {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(w.t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = conn.Write([]byte(request))
	require.NoError(w.t, err)
	if c, ok := conn.(*net.TCPConn); ok {
		require.NoError(w.t, c.CloseWrite())
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	_, _ = bufio.NewReader(resp.Body).WriteTo(&b)
	return resp.StatusCode, b.String()
}

func TestHostileBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, active := w.callIn(avanter, call.Queued), w.callIn(avanter, call.Active)
	c := w.as(joao)
	head := func(method, path string, headers ...string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + c.bearer + "\r\nX-Tenant: avanter\r\n" +
			strings.Join(headers, "\r\n") + "\r\n"
	}
	for name, request := range map[string]string{
		"NUL in a header":           head("GET", "/api/v1/calls", "X-Note: a\x00b", ""),
		"NUL in the tenant":         strings.Replace(head("GET", "/api/v1/calls", ""), "X-Tenant: avanter", "X-Tenant: avan\x00ter", 1),
		"invalid UTF-8 tenant":      strings.Replace(head("GET", "/api/v1/calls", ""), "X-Tenant: avanter", "X-Tenant: \xff\xfe", 1),
		"invalid UTF-8 token":       strings.Replace(head("GET", "/api/v1/calls", ""), c.bearer, "\xff\xfe", 1),
		"two tokens":                head("GET", "/api/v1/calls", "Authorization: Bearer x", ""),
		"NUL in the path":           head("GET", "/api/v1/calls/a\x00b", ""),
		"bad escape in the path":    head("GET", "/api/v1/calls/%zz", ""),
		"invalid UTF-8 in the path": head("GET", "/api/v1/calls/\xff\xfe", ""),
		"no path":                   head("GET", "calls", ""),
		"body cut off": head("POST", "/api/v1/calls/"+v.id+"/assign", "Content-Type: application/json",
			"Content-Length: 100", "") + `{"user_id":"bia"}`,
		"chunks cut off": head("POST", "/api/v1/calls/"+v.id+"/assign", "Content-Type: application/json",
			"Transfer-Encoding: chunked", "") + "11\r\n{\"user_id\":\"bia\"}\r\n",
		"bad chunks": head("POST", "/api/v1/calls/"+v.id+"/assign", "Content-Type: application/json",
			"Transfer-Encoding: chunked", "") + "zz\r\n{}\r\n0\r\n\r\n",
		"two lengths": head("POST", "/api/v1/calls/"+v.id+"/assign", "Content-Length: 2", "Content-Length: 5", "") + "{}",
		"recording cut off": head("PUT", "/api/v1/calls/"+active.id+"/recording", "Content-Type: video/webm",
			"Content-Length: 10000", "") + string(webm),
		"part cut off": head("PUT", "/api/v1/calls/"+active.id+"/recording/agent/0", "Content-Type: video/webm",
			"Content-Length: 10000", "") + string(webm),
		"upload cut off in the file": head("POST", "/api/v1/calls/"+v.id+"/upload",
			"Content-Type: multipart/form-data; boundary=b", "Content-Length: 10000", "") +
			"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + strings.Repeat("a", 5000),
		"upload cut off after the file": head("POST", "/api/v1/calls/"+v.id+"/upload",
			"Content-Type: multipart/form-data; boundary=b", "Content-Length: 10000", "") +
			"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\naaaa\r\n--b",
	} {
		w.unchanged(func() {
			status, body := w.raw(request)
			assert.True(t, status == 0 || status >= 400 && status < 500, "%s: %d %s", name, status, body)
			// What net/http itself refuses never reaches the API and bears no envelope.
			if status != 0 && strings.HasPrefix(body, "{") {
				assert.Contains(t, body, `{"errors":`, name)
			} else {
				assert.Contains(t, []string{
					"NUL in a header", "NUL in the tenant", "NUL in the path", "bad escape in the path", "no path", "two lengths",
				}, name, "%d %s", status, body)
			}
		})
		assert.Equal(t, 200, c.get("/api/v1/calls").status, "%s: the server is gone", name)
	}
}

func TestHostileQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.furnished(avanter, call.Completed)
	for query, fields := range map[string][]string{
		"page=0":                                 {"page"},
		"page=-1":                                {"page"},
		"page=one":                               {"page"},
		"page=1.5":                               {"page"},
		"page=0x1":                               {"page"},
		"page=99999999999999999999":              {"page"},
		"page_size=0":                            {"page_size"},
		"page_size=101":                          {"page_size"},
		"page_size=-5":                           {"page_size"},
		"page_size=all":                          {"page_size"},
		"sort_by=id":                             {"sort_by"},
		"sort_by=inserted_at%3Bdrop+table+calls": {"sort_by"},
		"sort_by=INSERTED_AT":                    {"sort_by"},
		"sort_order=up":                          {"sort_order"},
		"status=done":                            {"status"},
		"status=completed,missed":                {"status"},
		"date_from=yesterday":                    {"date_from"},
		"date_from=2026-02-30":                   {"date_from"},
		"date_to=2026-13-01":                     {"date_to"},
		"date_to=2026-02-01T25:00:00Z":           {"date_to"},
		"search=a%00b":                           {"search"},
		"search=%ff%fe":                          {"search"},
		"search=" + strings.Repeat("a", 4000):    {"search"},
		"department_id=" + strings.Repeat("a", 4000): {"department_id"},
		"user_id=a%00b":     {"user_id"},
		"user_id=%ff":       {"user_id"},
		"department_id=a+b": {"department_id"},
		"page=0&page_size=0&sort_by=x&sort_order=y&status=z&date_from=a&date_to=b": {
			"page", "page_size", "sort_by", "sort_order", "status", "date_from", "date_to",
		},
	} {
		w.refused(query, func() reply {
			r := w.as(joao).get("/api/v1/calls?" + query)
			got, _ := r.value("errors").(map[string]any)
			for _, field := range fields {
				assert.Contains(t, got, field, query)
			}
			assert.Len(t, got, len(fields), query)
			return r
		}, 422)
	}
	w.refused("from after to", func() reply {
		return w.as(joao).get("/api/v1/calls?date_from=2026-02-02&date_to=2026-02-01")
	}, 422)

	// Words of query languages are words.
	for _, search := range []string{"%", "_", "%%", ".*", "[a-z]+", "Mari_", "M%a", "(", "\\", "^Maria$", "'; --", `"`, "*", "?", "$1"} {
		r := w.as(joao).get("/api/v1/calls?search=" + url.QueryEscape(search))
		assert.Equal(t, http.StatusOK, r.status, r)
		assert.Empty(t, r.value("data"), "%q is no pattern", search)
	}
	// Bad escapes are the client's mistake or nothing at all, never a failure.
	for _, query := range []string{"search=%zz", "%zz=1", "page=1;page_size=2", "&&&=&", strings.Repeat("x=1&", 5000)} {
		assert.Contains(t, []int{200, 422}, w.as(joao).get("/api/v1/calls?"+query).status, query)
	}
	assert.Empty(t, w.as(joao).get("/api/v1/calls?page=9223372036854775807&page_size=100").value("data"))
}
