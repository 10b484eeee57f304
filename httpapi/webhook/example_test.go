package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
	"github.com/avanter/voki/storage/memory"
)

// crm is one subscription, of every company.
type crm struct{ webhook.Subscription }

func (c crm) Subscriptions(context.Context, string) ([]webhook.Subscription, error) {
	return []webhook.Subscription{c.Subscription}, nil
}

func Example() {
	const secret = "a secret of at least 16 bytes"
	told := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		sum := hmac.New(sha256.New, []byte(secret))
		sum.Write(body)
		good := "sha256=" + hex.EncodeToString(sum.Sum(nil))
		fmt.Println(hmac.Equal([]byte(good), []byte(r.Header.Get(webhook.HeaderSignature))))
		close(told)
	}))
	defer receiver.Close()

	store := memory.New()
	defer store.Close()
	v, err := voki.New(voki.Options{Store: store})
	if err != nil {
		log.Panic(err)
	}
	hooks, err := webhook.New(v, webhook.Options{
		Subscriptions: crm{webhook.Subscription{ID: "crm", URL: receiver.URL, Secrets: []string{secret}}},
		Allow:         []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // the receiver is on this machine
	})
	if err != nil {
		log.Panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- hooks.Run(ctx) }()

	if _, err := v.Calls.Enqueue(ctx, call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	}); err != nil {
		log.Panic(err)
	}
	<-told
	cancel()
	fmt.Println(<-ended)
	// Output:
	// true
	// <nil>
}
