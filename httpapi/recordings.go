package httpapi

import (
	"crypto/hmac"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

// recordingWire is the data of a recording.
type recordingWire struct {
	ID          string  `json:"id"`
	CallID      string  `json:"call_id"`
	Format      string  `json:"format"`
	Duration    *int64  `json:"duration"`
	FileSize    int64   `json:"file_size"`
	DownloadURL string  `json:"download_url"`
	CreatedAt   *string `json:"created_at"`
}

func (rq *request) newRecording(rec media.Recording) recordingWire {
	return recordingWire{
		ID:          rec.ID,
		CallID:      rec.CallID,
		Format:      rec.Format,
		Duration:    known(rec.Duration, rec.Duration > 0),
		FileSize:    rec.Size,
		DownloadURL: rq.s.downloads.sign(rec.Tenant, rec.CallID, time.Now()),
		CreatedAt:   stamp(rec.InsertedAt),
	}
}

func (rq *request) getRecording() error {
	rec, err := rq.s.voki.Media.Recording(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, rq.newRecording(rec))
}

// putRecording streams the body as it is. The service looks at the role before it reads, and at the state too: a body
// that is known beforehand to be unusable is handed on as such, and outranks the state.
func (rq *request) putRecording() error {
	limit := rq.s.voki.Media.MaxRecording()
	body := rq.limitedBody(limit)
	var content io.Reader = &notEmpty{r: body}
	var unusable error
	switch {
	case rq.r.ContentLength > limit:
		unusable = errBodyTooLarge
	case rq.r.ContentLength == 0:
		unusable = errNoContent
	}
	if unusable != nil {
		content = failing{unusable}
	}
	_, err := rq.s.voki.Media.PutRecording(rq.ctx(), rq.actor, rq.call.ID, 0, content)
	if errors.Is(err, call.ErrRefused) && unusable != nil {
		return unusable
	}
	if err != nil {
		return body.explain(err)
	}
	// Not what was returned: what is known of the call stands in for the duration only when it is read.
	rec, err := rq.s.voki.Media.Recording(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusCreated, rq.newRecording(rec))
}

// downloadRecording serves the bytes, to who has the signed address or may see the call.
func (rq *request) downloadRecording() error {
	tenant := rq.signed
	if tenant == "" {
		tenant = rq.actor.Tenant
		if err := rq.loadCall(rq.callID()); err != nil {
			return err
		}
	}
	rec, content, err := rq.s.voki.Media.OpenRecording(rq.ctx(), tenant, rq.callID())
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	rq.w.Header().Set("Content-Type", "video/"+rec.Format)
	rq.w.Header().Set("Content-Disposition", `inline; filename="recording.`+rec.Format+`"`)
	return rq.serveContent(rec.ID, rec.InsertedAt, content)
}

// byUserOrSignature is the access to a recording's bytes: its signed address, or what every route asks for.
func (rq *request) byUserOrSignature() error {
	q := rq.r.URL.Query()
	if tenant, ok := rq.s.downloads.verify(rq.callID(), q, time.Now()); ok {
		rq.signed = tenant
		return nil
	}
	return rq.byUser()
}

// downloadLinks signs and checks the addresses of recordings, which a media element can use: it sends no headers.
type downloadLinks struct{ key []byte }

// downloadValidity is how long such an address is good for.
const downloadValidity = 15 * time.Minute

func (k downloadLinks) sign(tenant, callID string, now time.Time) string {
	expires := strconv.FormatInt(now.Add(downloadValidity).Unix(), 10)
	return recordingPath(callID) + "/download?tenant=" + url.QueryEscape(tenant) + "&expires=" + expires +
		"&signature=" + signature(k.key, tenant+"\x00"+callID+"\x00"+expires)
}

// verify returns the tenant that a signed address names, and false if it was not signed here or has expired.
func (k downloadLinks) verify(callID string, q url.Values, now time.Time) (tenant string, ok bool) {
	tenant, expires := q.Get("tenant"), q.Get("expires")
	want := signature(k.key, tenant+"\x00"+callID+"\x00"+expires)
	if !call.ValidID(tenant) || !call.ValidID(callID) || !hmac.Equal([]byte(q.Get("signature")), []byte(want)) {
		return "", false
	}
	end, err := strconv.ParseInt(expires, 10, 64)
	return tenant, err == nil && now.Unix() < end
}

// notEmpty fails where a content ends before its first byte.
type notEmpty struct {
	r     io.Reader
	begun bool
}

func (n *notEmpty) Read(p []byte) (int, error) {
	read, err := n.r.Read(p)
	if n.begun = n.begun || read > 0; !n.begun && errors.Is(err, io.EOF) {
		return 0, errNoContent
	}
	return read, err
}

// failing is a content that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
