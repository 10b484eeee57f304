package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/avanter/voki/call"
)

// message is the body of a delivery.
type message struct {
	ID        string          `json:"id"`
	Event     string          `json:"event"`
	Timestamp string          `json:"timestamp"` // of the event
	Tenant    string          `json:"tenant"`
	Data      json.RawMessage `json:"data"`
}

func (m message) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// idPrefix begins every id of a delivery.
const idPrefix = "evt_"

// deliveryID returns the id under which an event is sent to a subscription: the same whenever it is asked for. It sorts
// as the log does. The digest keeps apart what has one number in the logs of two tenants, or in a log that goes on from
// a backup.
func deliveryID(e call.Event, subscription string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", e.Tenant, subscription, e.CallID, e.Kind, e.Time.UnixMicro()))
	return fmt.Sprintf("%s%012x%s", idPrefix, e.Seq, hex.EncodeToString(sum[:10]))
}
