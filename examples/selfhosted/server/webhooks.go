package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/webhook"
)

// WebhookTries counts what is sent to webhooks.
type WebhookTries struct {
	count *prometheus.CounterVec
	took  prometheus.Histogram
}

// NewWebhookTries begins to count.
func NewWebhookTries() *WebhookTries {
	return &WebhookTries{
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "voki_webhook_tries_total", Help: "Tries to deliver an event to a webhook, by event and outcome: a class of status, blocked, timeout, tls or connect.",
		}, []string{"event", "outcome"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "voki_webhook_try_duration_seconds", Help: "Time from the beginning of a try to the receiver's status.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}),
	}
}

// Observe is for [webhook.Options].
func (w *WebhookTries) Observe(_ string, event call.Kind, t webhook.Try) {
	outcome := t.Outcome()
	if t.Status != 0 {
		outcome = strconv.Itoa(t.Status/100) + "xx"
	}
	w.count.WithLabelValues(string(event), outcome).Inc()
	w.took.Observe(t.Took.Seconds())
}
