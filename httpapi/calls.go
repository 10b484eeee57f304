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

// maxKeptPage is the largest buffer that is kept for the next list: that of a hundred rows of usual length.
const maxKeptPage = 64 << 10

func (rq *request) listCalls() error {
	list, err := parseList(rq.r.URL.RawQuery, rq.tenant.Location)
	if err != nil {
		return err
	}
	list.query.Tenant = rq.actor.Tenant
	page, err := rq.scopedList(list.query)
	if err != nil {
		return err
	}
	body, ok := rq.s.pages.Get().(*[]byte)
	if !ok {
		body = new([]byte)
	}
	*body = appendPage((*body)[:0], page.Calls, meta{
		currentPage: list.page,
		pageSize:    list.query.Limit,
		totalPages:  (page.Total + list.query.Limit - 1) / list.query.Limit,
		totalCount:  page.Total,
	})
	writeBody(rq.w, rq.r, http.StatusOK, *body)
	if cap(*body) <= maxKeptPage {
		rq.s.pages.Put(body)
	}
	return nil
}

// scopedList asks for a page of what the host's Policy lets the actor see.
func (rq *request) scopedList(q call.Query) (call.Page, error) {
	err := rq.s.o.Policy.Scope(rq.ctx(), rq.actor, &q)
	if errors.Is(err, call.ErrNotFound) {
		return call.Page{}, nil
	}
	if err != nil {
		return call.Page{}, err
	}
	return rq.s.voki.Calls.List(rq.ctx(), rq.actor, q)
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
