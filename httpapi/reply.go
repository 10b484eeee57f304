package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// envelope is the reply to a request that is refused: {"errors":{"detail":"…"}}, or messages by field.
type envelope struct {
	Errors any `json:"errors"`
}

type message struct {
	Detail string `json:"detail"`
}

// reply answers {"data": …}.
func (rq *request) reply(status int, data any) error {
	writeJSON(rq.w, rq.r, status, struct {
		Data any `json:"data"`
	}{data})
	return nil
}

func writeError(w http.ResponseWriter, r *http.Request, status int, text string) {
	writeJSON(w, r, status, envelope{Errors: message{text}})
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // the types of this package can all be encoded
	}
	writeBody(w, r, status, body.Bytes())
}

// writeBody answers with JSON that is encoded already. Errors of the connection are nobody's to hear.
func writeBody(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	values := []string{"application/json; charset=utf-8", strconv.Itoa(len(body)), "no-store", "nosniff"}
	h := w.Header() // as Set does it, with room for all values at once
	h["Content-Type"], h["Content-Length"] = values[0:1:1], values[1:2:2]
	h["Cache-Control"], h["X-Content-Type-Options"] = values[2:3:3], values[3:4:4]
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// wholeSeconds rounds up, as Retry-After wants it.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// replyWriter knows whether the reply has begun.
type replyWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *replyWriter) WriteHeader(status int) {
	w.begun = w.begun || status >= http.StatusOK
	w.ResponseWriter.WriteHeader(status)
}

func (w *replyWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// ReadFrom lets files go out without a copy where the connection can do that.
func (w *replyWriter) ReadFrom(r io.Reader) (int64, error) {
	w.begun = true
	return io.Copy(w.ResponseWriter, r)
}

// Unwrap is for [http.ResponseController].
func (w *replyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
