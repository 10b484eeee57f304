package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func (w *world) putRecording(id, body string, a call.Actor) reply {
	w.t.Helper()
	return w.do("PUT", calls+"/"+id+"/recording", body, w.as(a)...)
}

// webm is how a WebM file begins.
const webm = "\x1aE\xdf\xa3\x87B\x82\x84webm"

func TestRecording(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Completed)
	path := calls + "/" + c.ID + "/recording"
	got := w.do("GET", path, "", w.as(ana)...)
	assert.Equal(t, []any{404, "Recording not found"}, []any{got.StatusCode, got.detail(t)})
	assert.Equal(t, 404, w.do("GET", path+"/download", "", w.as(ana)...).StatusCode)

	content := webm
	put := w.putRecording(c.ID, content, ana).data(t, 201)
	got = w.do("GET", path, "", w.as(bia)...)
	data := got.data(t, 200)
	assert.Regexp(t, `^\{"data":\{"id":"[^"]+","call_id":"`+c.ID+`","format":"webm","duration":(null|\d+),"file_size":12,`+
		`"download_url":"`+path+`/download\?tenant=avanter&expires=\d+&signature=[A-Za-z0-9_-]{43}","created_at":"[^"]+Z"\}\}`, got.body)
	assert.Equal(t, put["id"], data["id"])
	details := w.do("GET", calls+"/"+c.ID, "", w.as(ana)...).data(t, 200)
	assert.Equal(t, []any{true, path}, []any{details["has_recording"], details["recording_url"]})

	played := w.do("GET", data["download_url"].(string), "")
	assert.Equal(t, []any{200, content, "video/webm", `"` + data["id"].(string) + `"`},
		[]any{played.StatusCode, played.body, played.Header.Get("Content-Type"), played.Header.Get("ETag")})
	part := w.do("GET", data["download_url"].(string), "", header{"Range", "bytes=8-"})
	assert.Equal(t, []any{206, "webm"}, []any{part.StatusCode, part.body})
	assert.Equal(t, 416, w.do("GET", data["download_url"].(string), "", header{"Range", "bytes=12-"}).StatusCode)
	assert.Equal(t, content, w.do("GET", path+"/download", "", w.as(ana)...).body)
	assert.Equal(t, 404, w.do("GET", path+"/download", "", w.as(eve)...).StatusCode)
}

func TestPutRecordingRefused(t *testing.T) {
	w := newWorld(t)
	recorded := w.in(call.Completed)
	w.putRecording(recorded.ID, webm, ana).data(t, 201)
	big := webm + strings.Repeat("x", 1<<20+1-len(webm))
	tests := map[string]struct {
		id, body string
		a        call.Actor
		status   int
	}{
		"another agent":            {w.in(call.Completed).ID, webm, bia, 403},
		"another agent, too large": {w.in(call.Completed).ID, big, bia, 403},
		"another agent, empty":     {w.in(call.Completed).ID, "", bia, 403},
		"missing":                  {"no", webm, ana, 404},
		"another tenant":           {recorded.ID, webm, eve, 404},
		"queued":                   {w.in(call.Queued).ID, webm, sue, 409},
		"assigned":                 {w.in(call.Assigned).ID, webm, ana, 409},
		"cancelled":                {w.in(call.Cancelled).ID, webm, sue, 409},
		"a second one":             {recorded.ID, webm, ana, 409},
		"queued, too large":        {w.in(call.Queued).ID, big, sue, 413},
		"recorded, empty":          {recorded.ID, "", ana, 400},
		"too large":                {w.in(call.Active).ID, big, ana, 413},
		"empty":                    {w.in(call.Active).ID, "", ana, 400},
		"by a supervisor":          {w.in(call.Active).ID, webm, sue, 201},
		"no WebM":                  {w.in(call.Active).ID, "\x1aE\xdf\xa3\x8bB\x82\x88matroska", ana, 422},
		"a header cut short":       {w.in(call.Active).ID, webm[:9], ana, 422},
		"as large as may be":       {w.in(call.Active).ID, big[:1<<20], ana, 201},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := w.blobs.Len()
			got := w.putRecording(test.id, test.body, test.a)
			assert.Equal(t, test.status, got.StatusCode, got.body)
			if test.status != 201 {
				assert.Equal(t, before, w.blobs.Len())
			}
		})
	}
}

func TestRecordingOfUnknownLength(t *testing.T) {
	w := newWorld(t)
	c := w.in(call.Active)
	for _, test := range []struct {
		body   io.Reader
		status int
	}{
		{io.MultiReader(strings.NewReader(webm), brokenOff{}), 400},
		{io.MultiReader(strings.NewReader(webm), strings.NewReader(strings.Repeat("x", 1<<20))), 413},
		{io.MultiReader(strings.NewReader(webm)), 201},
	} {
		r := httptest.NewRequest(http.MethodPut, calls+"/"+c.ID+"/recording", test.body)
		for _, h := range w.as(ana) {
			r.Header.Set(h.name, h.value)
		}
		got := w.serve(r)
		assert.Equal(t, test.status, got.StatusCode, got.body)
	}
	assert.Equal(t, 1, w.blobs.Len())
}

func TestSignedAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c, other := w.in(call.Completed), w.in(call.Completed)
		w.putRecording(other.ID, webm+"y", ana).data(t, 201)
		address := w.putRecording(c.ID, webm, ana).data(t, 201)["download_url"].(string)
		u, err := url.Parse(address)
		require.NoError(t, err)
		with := func(name, value string) string {
			q := u.Query()
			q.Set(name, value)
			return u.Path + "?" + q.Encode()
		}
		for name, forged := range map[string]string{
			"no signature":   u.Path,
			"later":          with("expires", "99999999999"),
			"other tenant":   with("tenant", "rival"),
			"empty tenant":   with("tenant", ""),
			"other call":     strings.Replace(address, c.ID, other.ID, 1),
			"bad signature":  with("signature", "AAAA"),
			"long signature": with("signature", strings.Repeat("A", 5000)),
			"no number":      with("expires", "x"),
			"NUL":            with("tenant", "avanter\x00"),
		} {
			assert.Equal(t, 401, w.do("GET", forged, "").StatusCode, name)
			assert.Equal(t, 401, w.do("GET", forged, "", header{"X-Tenant", "avanter"}).StatusCode, name)
		}
		assert.Equal(t, webm, w.do("GET", with("signature", "AAAA"), "", w.as(bia)...).body, "the bearer works too")
		time.Sleep(15*time.Minute - 2*time.Second)
		assert.Equal(t, 200, w.do("HEAD", address, "").StatusCode)
		time.Sleep(3 * time.Second)
		assert.Equal(t, 401, w.do("GET", address, "").StatusCode)
		assert.Equal(t, 200, w.do("GET", address, "", w.as(bia)...).StatusCode)
	})
}
