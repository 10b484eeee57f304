package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/avanter/voki/call"
)

// byLink is the access to routes that an access link opens.
func (rq *request) byLink() error {
	token := rq.params["token"]
	switch token {
	case "status", "evaluate", "cancel", "turn-credentials": // words of other addresses
		return ErrLinkNotFound
	}
	if !call.ValidID(token) {
		return ErrLinkNotFound
	}
	link, err := rq.s.o.Links.Link(rq.ctx(), token)
	if err != nil {
		return err
	}
	if rq.tenant, err = rq.s.voki.Calls.Tenant(rq.ctx(), link.Tenant); err != nil {
		return rq.deadLink(link, err)
	}
	rq.link = link
	return nil
}

// deadLink is the error for a link to what the host no longer has, which the customer need not be told apart.
func (rq *request) deadLink(link Link, err error) error {
	var invalid interface{ Fields() map[string][]string }
	department := errors.As(err, &invalid) && invalid.Fields()["department_id"] != nil
	if !department && !errors.Is(err, call.ErrTenantNotFound) && !errors.Is(err, call.ErrDepartmentNotFound) {
		return err
	}
	rq.s.o.Logger.WarnContext(rq.ctx(), "an access link leads nowhere",
		"tenant", link.Tenant, "department", link.Department, "error", err)
	return ErrLinkNotFound
}

func (rq *request) validateLink() error {
	department, err := rq.s.voki.Calls.Department(rq.ctx(), rq.link.Tenant, rq.link.Department)
	if err != nil {
		return rq.deadLink(rq.link, err)
	}
	queue, err := rq.s.voki.Calls.QueueState(rq.ctx(), rq.link.Tenant, rq.link.Department)
	if err != nil {
		return err
	}
	company := rq.link.Company
	if company.Name == "" {
		company.Name = rq.tenant.Name
	}
	return rq.reply(http.StatusOK, struct {
		Valid             bool    `json:"valid"`
		DepartmentName    *string `json:"department_name"`
		CompanyName       *string `json:"company_name"`
		CompanyLogoURL    *string `json:"company_logo_url"`
		PrimaryColor      *string `json:"primary_color"`
		QueueSize         int     `json:"queue_size"`
		EstimatedWaitTime int64   `json:"estimated_wait_time"`
		OnlineAgents      int     `json:"online_agents"`
	}{
		true, text(department.Name), text(company.Name), text(company.LogoURL), text(company.PrimaryColor),
		queue.Size, seconds(queue.Estimate), rq.s.voki.Presence.Online(rq.link.Tenant, rq.link.Department),
	})
}

// waitingWire is where a customer's call stands; position and estimate are null when it does not wait.
type waitingWire struct {
	CallID            string      `json:"call_id"`
	Status            call.Status `json:"status"`
	Position          *int        `json:"position"`
	EstimatedWaitTime *int64      `json:"estimated_wait_time"`
}

func newWaiting(w call.Waiting) waitingWire {
	return waitingWire{
		CallID: w.Call.ID, Status: w.Call.Status,
		Position: positive(w.Position), EstimatedWaitTime: known(w.Estimate, w.Position > 0),
	}
}

func (rq *request) joinQueue() error {
	if _, err := rq.s.voki.Calls.Department(rq.ctx(), rq.link.Tenant, rq.link.Department); err != nil {
		return rq.deadLink(rq.link, err)
	}
	body, err := rq.body()
	if err != nil {
		return err
	}
	in := call.Intake{
		Tenant: rq.link.Tenant, Department: rq.link.Department,
		Customer: call.Customer{Name: body.text("name"), Email: body.text("email"), Phone: body.text("phone")},
		Reason:   body.text("reason"),
	}
	if err := body.wrong.Err(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Enqueue(rq.ctx(), in)
	if err != nil {
		return rq.deadLink(rq.link, err)
	}
	waiting, err := rq.s.voki.Calls.Waiting(rq.ctx(), c.Tenant, c.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		waitingWire
		WebsocketToken string `json:"websocket_token"`
		WebsocketURL   string `json:"websocket_url"`
	}{newWaiting(waiting), rq.s.tokens.sign(c.Tenant, c.ID), rq.s.websocketURL(rq.r)})
}

// websocketTokenValidity is how long after the end of its call a websocket_token is good.
const websocketTokenValidity = 24 * time.Hour

// byWebsocketToken is the access of a customer, whose token stands for a call.
func (rq *request) byWebsocketToken() error {
	token, ok := BearerToken(rq.r)
	if !ok {
		return ErrUnauthorized
	}
	c, err := rq.s.callOfToken(rq.ctx(), token)
	rq.call = &c
	return err
}

// byWebsocketTokenOfCall is the access of a customer to the call in the path, which must be the own.
func (rq *request) byWebsocketTokenOfCall() error {
	if err := rq.byWebsocketToken(); err != nil {
		return err
	}
	if rq.call.ID != rq.callID() {
		return errOtherCall
	}
	return nil
}

// callOfToken returns the call that a websocket_token stands for. Returns [ErrUnauthorized] for a token that was not
// signed here, whose call is gone, or that has expired.
func (s *Server) callOfToken(ctx context.Context, token string) (call.Call, error) {
	tenant, id, ok := s.tokens.verify(token)
	if !ok {
		return call.Call{}, ErrUnauthorized
	}
	return s.callWithin(ctx, tenant, id)
}

// callWithin returns a call that a token names whose validity ends with the call's, 24 hours later. Returns
// [ErrUnauthorized] for one that is gone, or that ended before that.
func (s *Server) callWithin(ctx context.Context, tenant, id string) (call.Call, error) {
	c, err := s.voki.Calls.OfCustomer(ctx, tenant, id)
	if errors.Is(err, call.ErrNotFound) {
		return call.Call{}, ErrUnauthorized
	}
	if err != nil {
		return call.Call{}, err
	}
	if c.Status.Ended() && time.Since(c.EndedAt) >= websocketTokenValidity {
		return call.Call{}, ErrUnauthorized
	}
	return c, nil
}

func (rq *request) callStatus() error {
	waiting, err := rq.s.voki.Calls.Waiting(rq.ctx(), rq.call.Tenant, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, newWaiting(waiting))
}

func (rq *request) cancelCall() error {
	if _, err := rq.optionalBody(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Leave(rq.ctx(), rq.call.Tenant, rq.call.ID, call.SideCustomer)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		CallID string      `json:"call_id"`
		Status call.Status `json:"status"`
	}{c.ID, c.Status})
}

func (rq *request) evaluateCall() error {
	body, err := rq.body()
	if err != nil {
		return err
	}
	rating, comment := body.integer("rating"), body.text("comment")
	if err := body.wrong.Err(); err != nil {
		return err
	}
	c, err := rq.s.voki.Calls.Evaluate(rq.ctx(), rq.call.Tenant, rq.call.ID, rating, comment)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		CallID  string  `json:"call_id"`
		Rating  int     `json:"rating"`
		Comment *string `json:"comment"`
	}{c.ID, c.Rating, text(c.Comment)})
}
