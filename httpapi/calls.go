package httpapi

import (
	"errors"
	"net/http"

	"github.com/avanter/voki/call"
)

// meta is where a page of a list stands.
type meta struct {
	currentPage                      int64
	pageSize, totalPages, totalCount int
}

// pageRoom is the memory of a reply to a list, which is used again.
type pageRoom struct {
	rows []*call.Shared
	body []byte
}

// maxKeptPage is the largest body that is kept for the next list: that of a hundred rows of usual length.
const maxKeptPage = 64 << 10

func (rq *request) listCalls() error {
	list, err := parseList(rq.r.URL.RawQuery, rq.tenant.Location)
	if err != nil {
		return err
	}
	list.query.Tenant = rq.actor.Tenant
	room, ok := rq.s.pages.Get().(*pageRoom)
	if !ok {
		room = new(pageRoom)
	}
	defer rq.s.keepRoom(room)
	total, err := rq.scopedList(list.query, room)
	if err != nil {
		return err
	}
	room.body = appendPage(room.body[:0], room.rows, meta{
		currentPage: list.page,
		pageSize:    list.query.Limit,
		totalPages:  (total + list.query.Limit - 1) / list.query.Limit,
		totalCount:  total,
	})
	writeBody(rq.w, rq.r, http.StatusOK, room.body)
	return nil
}

// keepRoom keeps the memory of a reply that has been written, and none of its calls.
func (s *Server) keepRoom(room *pageRoom) {
	if cap(room.body) <= maxKeptPage {
		clear(room.rows)
		room.rows = room.rows[:0]
		s.pages.Put(room)
	}
}

// scopedList asks for a page of what the host's Policy lets the actor see.
func (rq *request) scopedList(q call.Query, room *pageRoom) (total int, err error) {
	err = rq.s.o.Policy.Scope(rq.ctx(), rq.actor, &q)
	if errors.Is(err, call.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	rows, total, err := rq.s.voki.Calls.Share(rq.ctx(), rq.actor, q, room.rows)
	if err != nil {
		return 0, err
	}
	room.rows = rows
	return total, nil
}

func (rq *request) getCall() error {
	d, err := rq.s.voki.Detail(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, newDetails(d))
}

func (rq *request) assignCall() error {
	body, err := rq.optionalBody()
	if err != nil {
		return err
	}
	user := body.text("user_id")
	if err := body.wrong.Err(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Assign(rq.ctx(), rq.actor, rq.call.ID, user)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		ID       string      `json:"id"`
		Status   call.Status `json:"status"`
		UserID   *string     `json:"user_id"`
		UserName *string     `json:"user_name"`
	}{c.ID, c.Status, text(c.User.ID), text(c.User.Name)})
}

func (rq *request) startCall() error {
	if _, err := rq.optionalBody(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Start(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		ID        string      `json:"id"`
		Status    call.Status `json:"status"`
		StartedAt *string     `json:"started_at"`
	}{c.ID, c.Status, stamp(c.StartedAt)})
}

func (rq *request) completeCall() error {
	body, err := rq.optionalBody()
	if err != nil {
		return err
	}
	agentNotes := body.text("notes")
	if err := body.wrong.Err(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Complete(rq.ctx(), rq.actor, rq.call.ID, agentNotes)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		ID          string      `json:"id"`
		Status      call.Status `json:"status"`
		CompletedAt *string     `json:"completed_at"`
	}{c.ID, c.Status, stamp(c.CompletedAt())})
}
