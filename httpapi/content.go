package httpapi

import (
	"io"
	"net/http"
	"regexp"
	"time"
)

// byteRanges is a Range header that asks for bytes.
var byteRanges = regexp.MustCompile(`^bytes=\s*(\d+-\d*|-\d+)(\s*,\s*(\d+-\d*|-\d+))*\s*$`)

// serveContent serves stored bytes, with ranges and conditions. Nothing that a browser shows of them may act: it is
// told to believe the type that was set, and to run nothing. The id names the bytes, which never change.
func (rq *request) serveContent(id string, modified time.Time, content io.ReadSeeker) error {
	h := rq.w.Header()
	h.Set("ETag", `"`+id+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if !byteRanges.MatchString(rq.r.Header.Get("Range")) {
		rq.r.Header.Del("Range") // RFC 9110, section 14.2: what is not understood is ignored
	}
	http.ServeContent(&contentWriter{replyWriter: rq.w, r: rq.r}, rq.r, "", modified, content)
	return nil
}

// contentWriter puts the refusals of [http.ServeContent] into the envelope.
type contentWriter struct {
	*replyWriter
	r       *http.Request
	refused bool
}

func (w *contentWriter) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		w.replyWriter.WriteHeader(status)
		return
	}
	w.refused = true
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "Content-Security-Policy", "ETag"} {
		h.Del(name)
	}
	text := internalError
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		text = "The range is not within the content"
	case http.StatusPreconditionFailed:
		text = "The content does not match the condition"
	}
	writeError(w.replyWriter, w.r, status, text)
}

func (w *contentWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.replyWriter.Write(p)
}

func (w *contentWriter) ReadFrom(r io.Reader) (int64, error) {
	if w.refused {
		return io.Copy(io.Discard, r)
	}
	return w.replyWriter.ReadFrom(r)
}
