package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/httpapi/webhook"
)

// WebhookOps are the commands on webhooks.
type WebhookOps interface {
	// Webhooks returns those that the configuration gives a company.
	Webhooks(ctx context.Context, tenant string) ([]Webhook, error)
	// Deliveries returns the newest deliveries that the filter picks, oldest first, and at most so many.
	Deliveries(ctx context.Context, tenant string, f follow.Filter, most int) ([]follow.Job, error)
	// TestWebhook sends a webhook a test event, which only a server that runs does.
	TestWebhook(ctx context.Context, tenant, id string) (WebhookTry, error)
	// Redeliver has a delivery that has ended sent once more.
	Redeliver(ctx context.Context, tenant, id string) error
}

// Webhook is one of a company.
type Webhook struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"` // without a password
	State  string   `json:"state"`
	Events []string `json:"events"`
}

// WebhookTry is how a test went.
type WebhookTry struct {
	Outcome string        `json:"outcome"`
	Took    time.Duration `json:"took"`
	Error   string        `json:"error"` // empty if it was taken
}

// Webhooks implements [Ops].
func (l *Local) Webhooks(ctx context.Context, tenant string) ([]Webhook, error) {
	if err := l.known(ctx, tenant); err != nil {
		return nil, err
	}
	subs, err := l.Hooks.List(ctx, actor(tenant))
	list := make([]Webhook, len(subs))
	for i, s := range subs {
		list[i] = Webhook{ID: s.ID, State: "on"}
		if u, err := url.Parse(s.URL); err == nil {
			list[i].URL = u.Redacted()
		}
		switch {
		case s.Disabled:
			list[i].State = "disabled"
		case s.Gone:
			list[i].State = "gone"
		}
		for _, kind := range s.Events {
			list[i].Events = append(list[i].Events, string(kind))
		}
	}
	return list, err
}

// Deliveries implements [Ops].
func (l *Local) Deliveries(ctx context.Context, tenant string, f follow.Filter, most int) (newest []follow.Job, err error) {
	if err := l.known(ctx, tenant); err != nil {
		return nil, err
	}
	const page = 1000
	for after := ""; ; {
		jobs, err := l.Hooks.Deliveries(ctx, actor(tenant), f, after, page)
		if err != nil {
			return nil, err
		}
		newest = append(newest, jobs...)
		newest = newest[max(0, len(newest)-most):]
		if len(jobs) < page {
			return newest, nil
		}
		after = jobs[page-1].ID
	}
}

// TestWebhook implements [Ops].
func (l *Local) TestWebhook(ctx context.Context, tenant, id string) (WebhookTry, error) {
	if err := l.known(ctx, tenant); err != nil {
		return WebhookTry{}, err
	}
	if !l.Serving {
		return WebhookTry{}, errors.New("the server does not run, and it is what sends webhooks: start it first")
	}
	try, err := l.Hooks.Test(ctx, actor(tenant), id)
	if err != nil {
		return WebhookTry{}, explained(err, "webhook", id)
	}
	t := WebhookTry{Outcome: try.Outcome(), Took: try.Took}
	if try.Err != nil {
		t.Error = try.Err.Error()
	}
	return t, nil
}

// Redeliver implements [Ops].
func (l *Local) Redeliver(ctx context.Context, tenant, id string) error {
	if err := l.known(ctx, tenant); err != nil {
		return err
	}
	return explained(l.Hooks.Redeliver(ctx, actor(tenant), id), "delivery", id)
}

func explained(err error, what, id string) error {
	if errors.Is(err, webhook.ErrNotFound) {
		return fmt.Errorf("there is no %s %q", what, id)
	}
	return err
}

// Webhooks implements [Ops].
func (c *Client) Webhooks(ctx context.Context, tenant string) ([]Webhook, error) {
	return ask[[]Webhook](ctx, c, "/webhooks", tenantRequest{tenant})
}

// Deliveries implements [Ops].
func (c *Client) Deliveries(ctx context.Context, tenant string, f follow.Filter, most int) ([]follow.Job, error) {
	return ask[[]follow.Job](ctx, c, "/deliveries", deliveriesRequest{tenant, f, most})
}

// TestWebhook implements [Ops].
func (c *Client) TestWebhook(ctx context.Context, tenant, id string) (WebhookTry, error) {
	return ask[WebhookTry](ctx, c, "/test-webhook", webhookRequest{tenant, id})
}

// Redeliver implements [Ops].
func (c *Client) Redeliver(ctx context.Context, tenant, id string) error {
	_, err := ask[struct{}](ctx, c, "/redeliver", webhookRequest{tenant, id})
	return err
}

type (
	deliveriesRequest struct {
		Tenant string        `json:"tenant"`
		Filter follow.Filter `json:"filter"`
		Most   int           `json:"most"`
	}
	webhookRequest struct {
		Tenant string `json:"tenant"`
		ID     string `json:"id"` // of the webhook or the delivery
	}
)

// serveWebhooks adds the requests of [WebhookOps] to the socket.
func serveWebhooks(mux *http.ServeMux, ops WebhookOps) {
	mux.Handle("POST /webhooks", answer(func(ctx context.Context, in tenantRequest) ([]Webhook, error) {
		return ops.Webhooks(ctx, in.Tenant)
	}))
	mux.Handle("POST /deliveries", answer(func(ctx context.Context, in deliveriesRequest) ([]follow.Job, error) {
		return ops.Deliveries(ctx, in.Tenant, in.Filter, in.Most)
	}))
	mux.Handle("POST /test-webhook", answer(func(ctx context.Context, in webhookRequest) (WebhookTry, error) {
		return ops.TestWebhook(ctx, in.Tenant, in.ID)
	}))
	mux.Handle("POST /redeliver", answer(func(ctx context.Context, in webhookRequest) (struct{}, error) {
		return struct{}{}, ops.Redeliver(ctx, in.Tenant, in.ID)
	}))
}
