package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"go.yaml.in/yaml/v3"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
)

var _ webhook.Subscriptions = (*Config)(nil)

// Subscriptions implements [webhook.Subscriptions].
func (c *Config) Subscriptions(_ context.Context, tenant string) ([]webhook.Subscription, error) {
	if t, ok := c.tenants[tenant]; ok {
		return t.Webhooks, nil
	}
	return nil, nil
}

func (t *Tenant) readWebhooks(v value) {
	kinds := make([]string, 0, len(webhook.Events()))
	for _, kind := range webhook.Events() {
		kinds = append(kinds, string(kind))
	}
	ids, urls := map[string]string{}, map[string]string{}
	v.list(func(v value) {
		keys := v.keys(3, "url", "events", "secret", "id", "disabled")
		w := webhook.Subscription{
			ID: keys["id"].id(), URL: keys["url"].address("https", "http"), Disabled: keys["disabled"].yes(),
			Secrets: keys["secret"].secrets(),
		}
		keys["events"].list(func(v value) { w.Events = append(w.Events, call.Kind(v.oneOf(kinds...))) })
		if events := keys["events"]; events.there() && len(w.Events) == 0 {
			events.fail("names no event")
		}
		at := keys["id"]
		if !at.there() {
			at, w.ID = keys["url"], webhookID(w.URL)
		}
		// A URL given twice has one id, and one mistake.
		if !taken(urls, keys["url"], w.URL) && !taken(ids, at, w.ID) {
			t.Webhooks = append(t.Webhooks, w)
		}
	})
}

// webhookID is the id of a webhook that is given none: the same for as long as its URL is.
func webhookID(url string) string {
	sum := sha256.Sum256([]byte(url))
	return "wh_" + hex.EncodeToString(sum[:6])
}

// secrets returns one secret, or a list of them.
func (v value) secrets() (secrets []string) {
	read := func(v value) {
		secret := v.word()
		if err := webhook.CheckSecret(secret); err != nil && v.node.Kind == yaml.ScalarNode {
			v.fail("%v", err)
		}
		secrets = append(secrets, secret)
	}
	switch {
	case !v.there():
	case v.node.Kind != yaml.SequenceNode:
		read(v)
	default:
		if v.list(read); len(secrets) == 0 {
			v.fail("names no secret")
		}
	}
	return secrets
}

// yes returns whether true is written.
func (v value) yes() bool { return v.there() && v.oneOf("true", "false") == "true" }
