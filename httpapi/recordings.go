package httpapi

import (
	"errors"
	"io"
	"net/http"
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

// newRecording describes a recording, or one of its tracks if the client asks for one.
func (rq *request) newRecording(rec media.Recording, track media.TrackName) recordingWire {
	address := rq.s.downloads.sign(rec.Tenant, rec.CallID, time.Now())
	if track != "" {
		address += "&track=" + string(track)
	}
	return recordingWire{
		ID:          rec.ID,
		CallID:      rec.CallID,
		Format:      rec.Format,
		Duration:    known(rec.Duration, rec.Duration > 0),
		FileSize:    rec.Size,
		DownloadURL: address,
		CreatedAt:   stamp(rec.InsertedAt),
	}
}

// track is the parameter by which a track is asked for; empty for whichever is played.
func (rq *request) track() (media.TrackName, error) {
	given := rq.r.URL.Query()["track"]
	wrong := call.FieldErrors{}
	switch {
	case len(given) == 0 || len(given) == 1 && given[0] == "":
		return "", nil
	case len(given) > 1:
		wrong.Add("track", "must be given once")
	case !media.TrackName(given[0]).Valid():
		wrong.Add("track", "is invalid")
	}
	return media.TrackName(given[0]), wrong.Err()
}

func (rq *request) getRecording() error {
	track, err := rq.track()
	if err != nil {
		return err
	}
	rec, err := rq.s.voki.Media.Recording(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	if rec, err = rec.Of(track); err != nil {
		return err
	}
	return rq.reply(http.StatusOK, rq.newRecording(rec, track))
}

// putRecording streams the body as it is.
func (rq *request) putRecording() error {
	content, unusable := rq.content(rq.s.voki.Media.MaxRecording())
	if rq.r.ContentLength == 0 {
		content, unusable = failing{errNoContent}, errNoContent
	}
	_, err := rq.s.voki.Media.PutRecording(rq.ctx(), rq.actor, rq.call.ID, 0, &notEmpty{r: content})
	if err != nil {
		return rq.explainContent(err, unusable)
	}
	// Not what was returned: what is known of the call stands in for the duration only when it is read.
	rec, err := rq.s.voki.Media.Recording(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusCreated, rq.newRecording(rec, ""))
}

func (rq *request) deleteRecording() error {
	if err := rq.s.voki.Media.DeleteRecording(rq.ctx(), rq.actor, rq.call.ID); err != nil {
		return err
	}
	rq.w.Header().Set("Cache-Control", "no-store")
	rq.w.WriteHeader(http.StatusNoContent)
	return nil
}

// content is the body for a service that looks at the role before it reads, and at the state too. One that is known
// beforehand to be too large is unusable, and cannot be read.
func (rq *request) content(limit int64) (content io.Reader, unusable error) {
	body := rq.limitedBody(limit)
	if rq.r.ContentLength > limit {
		return failing{errBodyTooLarge}, errBodyTooLarge
	}
	return body, nil
}

// explainContent returns what failed when err came of a service that was given the body: what was wrong with that
// outranks the fields and the state, if it was known before.
func (rq *request) explainContent(err, unusable error) error {
	var invalid interface{ Fields() map[string][]string }
	if unusable != nil && (errors.Is(err, call.ErrRefused) || errors.As(err, &invalid)) {
		return unusable
	}
	return rq.read.explain(err)
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
	track, err := rq.track()
	if err != nil {
		return err
	}
	rec, content, err := rq.s.voki.Media.OpenTrack(rq.ctx(), tenant, rq.callID(), track)
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
