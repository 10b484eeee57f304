package httpapi

import (
	"net/http"
	"strconv"

	"github.com/avanter/voki/media"
)

// partWire is a part of a recording that was kept.
type partWire struct {
	Track media.TrackName `json:"track"`
	N     int             `json:"n"`
	Size  int64           `json:"size"`
}

// putPart streams a part of a recording. One of no bytes is a part like any other: browsers record such.
func (rq *request) putPart() error {
	content, unusable := rq.content(rq.s.voki.Media.MaxPart())
	n, err := strconv.Atoi(rq.params["n"])
	if err != nil || strconv.Itoa(n) != rq.params["n"] {
		n = -1
	}
	track := media.TrackName(rq.params["track"])
	p, fresh, err := rq.s.voki.Media.PutPart(rq.ctx(), rq.actor, rq.call.ID, track, n, content)
	if err != nil {
		return rq.explainContent(err, unusable)
	}
	return rq.reply(madeOrThere(fresh), partWire{p.Track, p.N, p.Size})
}

// finishRecording joins the parts.
func (rq *request) finishRecording() error {
	body, err := rq.optionalBody()
	if err != nil {
		return err
	}
	var counts map[media.TrackName]int
	body.member("parts", &counts)
	if err := body.wrong.Err(); err != nil {
		return err
	}
	rec, fresh, err := rq.s.voki.Media.Finish(rq.ctx(), rq.actor, rq.call.ID, counts)
	if err != nil {
		return err
	}
	return rq.reply(madeOrThere(fresh), rq.newRecording(rec, ""))
}

// madeOrThere is the status of what may be repeated.
func madeOrThere(fresh bool) int {
	if fresh {
		return http.StatusCreated
	}
	return http.StatusOK
}
