package apitest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/storage/memory"
)

// subscriptions are the same for every company.
type subscriptions []webhook.Subscription

func (s subscriptions) Subscriptions(context.Context, string) ([]webhook.Subscription, error) {
	return s, nil
}

// TestWebhooksVerify has the Go library of Standard Webhooks verify what is sent.
func TestWebhooksVerify(t *testing.T) {
	const secret, raw = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a secret that is no Base64"
	encoded, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	plain, err := standardwebhooks.NewWebhookRaw([]byte(raw))
	require.NoError(t, err)

	events := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NoError(t, encoded.Verify(body, r.Header))
		assert.NoError(t, plain.Verify(body, r.Header))
		assert.Error(t, plain.Verify(append(body, ' '), r.Header))
		var m struct{ Event string }
		assert.NoError(t, json.Unmarshal(body, &m))
		events <- m.Event
	}))
	defer receiver.Close()
	store := memory.New()
	defer store.Close() // in memory
	v, err := voki.New(voki.Options{Store: store})
	require.NoError(t, err)
	hooks, err := webhook.New(v, webhook.Options{
		Subscriptions: subscriptions{{ID: "a", URL: receiver.URL, Secrets: []string{secret, raw}}},
		Allow:         []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- hooks.Run(ctx) }()

	_, err = v.Calls.Enqueue(ctx, call.Intake{Tenant: "acme", Department: "d", Customer: call.Customer{Name: "Maria"}})
	require.NoError(t, err)
	select {
	case event := <-events:
		assert.Equal(t, "call.created", event)
	case <-time.After(2 * time.Minute):
		t.Error("nothing came")
	}
	cancel()
	assert.NoError(t, <-ended)
}
