package httpapi

import (
	"errors"
	"math"
	"net/http"
	"net/url"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

func (rq *request) uploadFile() error {
	boundary, err := formBoundary(rq.r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	limit := rq.s.voki.Media.MaxUpload()
	limit += min(rq.s.o.MaxBody, math.MaxInt64-limit)
	if rq.r.ContentLength > limit {
		return errBodyTooLarge
	}
	body := rq.limitedBody(limit)
	file, err := openFormFile(body, boundary)
	if err != nil {
		return body.explain(err)
	}
	f, err := rq.s.voki.Media.Upload(rq.ctx(), rq.actor, rq.call.ID, media.Content{
		Name: file.name, Type: file.kind, Reader: file,
	})
	if err != nil {
		return body.explain(err)
	}
	return rq.reply(http.StatusCreated, struct {
		ID          string `json:"id"`
		Filename    string `json:"filename"`
		ContentType string `json:"content_type"`
		Size        int64  `json:"size"`
		URL         string `json:"url"`
	}{f.ID, f.Name, f.ContentType, f.Size, uploadsPath + "/" + url.PathEscape(f.ID) + "/" + safeName(f.Name)})
}

// downloadFile serves an uploaded file to the users of its tenant, under its own address only.
func (rq *request) downloadFile() error {
	f, content, err := rq.s.voki.Media.Open(rq.ctx(), rq.actor, rq.params["file_id"])
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if rq.params["name"] != safeName(f.Name) {
		return media.ErrFileNotFound
	}
	if err := rq.loadCall(f.CallID); err != nil {
		return hiddenFile(err)
	}
	rq.w.Header().Set("Content-Type", f.ContentType)
	rq.w.Header().Set("Content-Disposition", attachment(f.Name))
	return rq.serveContent(f.ID, f.InsertedAt, content)
}

// hiddenFile speaks of the file where the call is not to be known.
func hiddenFile(err error) error {
	if errors.Is(err, call.ErrNotFound) {
		return media.ErrFileNotFound
	}
	return err
}
