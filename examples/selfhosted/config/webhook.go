package config

import "github.com/avanter/voki/call"

// minSecret is the fewest bytes that a webhook's secret may have.
const minSecret = 16

// webhookEvents are what a webhook may ask for.
var webhookEvents = []string{
	string(call.KindCreated), string(call.KindAssigned), string(call.KindStarted), string(call.KindCompleted),
	string(call.KindMissed), string(call.KindCancelled), string(call.KindAbandoned), string(call.KindDisconnected),
	string(call.KindReconnected), string(call.KindRecordingReady), string(call.KindTranscriptReady),
	string(call.KindSummaryReady),
}

func (t *Tenant) readWebhooks(v value) {
	seen := map[string]string{}
	v.list(func(v value) {
		keys := v.keys(3, "url", "events", "secret")
		w := Webhook{URL: keys["url"].address("https", "http"), Secret: keys["secret"].word()}
		keys["events"].list(func(v value) { w.Events = append(w.Events, call.Kind(v.oneOf(webhookEvents...))) })
		if events := keys["events"]; events.there() && len(w.Events) == 0 {
			events.fail("names no event")
		}
		if secret := keys["secret"]; secret.there() && len(w.Secret) < minSecret {
			secret.fail("must have at least %d bytes", minSecret)
		}
		if !taken(seen, keys["url"], w.URL) {
			t.Webhooks = append(t.Webhooks, w)
		}
	})
}
