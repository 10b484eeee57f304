package httpapi

import (
	"net/url"
	"time"

	"github.com/avanter/voki/tag"
)

type tagWire struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

func newTag(t tag.Tag) tagWire { return tagWire{ID: t.ID, Name: t.Name, Color: t.Color} }

func newTags(tags []tag.Tag) []tagWire {
	out := make([]tagWire, len(tags)) // an empty list, and never null
	for i, t := range tags {
		out[i] = newTag(t)
	}
	return out
}

// recordingPath is where the data of a call's recording is.
func recordingPath(callID string) string {
	return callsPath + "/" + url.PathEscape(callID) + "/recording"
}

// text is a string on the wire; empty is null.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is a time on the wire: RFC 3339, UTC, whole seconds; the zero time is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return text(string(appendTime(nil, t)))
}

// appendTime appends a time that is not zero.
func appendTime(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, time.RFC3339) }

// known is a duration on the wire, in whole seconds; null if it is not known.
func known(d time.Duration, ok bool) *int64 {
	if !ok {
		return nil
	}
	n := seconds(d)
	return &n
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// positive is a number on the wire; 0 is null.
func positive(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
