package ai

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/avanter/voki/call"
)

// Recordings is where the jobs find what was recorded.
type Recordings interface {
	// Tracks returns the sound tracks of a call's recording; none if there is no recording (any more), or no such call.
	Tracks(ctx context.Context, tenant, callID string) ([]Track, error)
}

// Track is one sound track of a recording.
type Track struct {
	Side   call.Side     // whose voice it holds; empty: both
	Start  time.Duration // when it begins, on the clock that all tracks of the call share
	Format string        // of the container, as file names end: webm
	Size   int64         // bytes; 0 if not known

	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Languages is how the host says in which language a call is held.
type Languages interface {
	// Language returns a tag of BCP 47, such as pt-BR; empty if that is not known.
	Language(ctx context.Context, tenant, callID string) (string, error)
}

// toHear picks the tracks that hold everything once: one of each side if both are there, else the one of both.
func toHear(tracks []Track) []Track {
	of := func(side call.Side) []Track {
		i := slices.IndexFunc(tracks, func(t Track) bool { return t.Side == side })
		if i < 0 {
			return nil
		}
		return tracks[i : i+1]
	}
	agent, customer, both := of(call.SideAgent), of(call.SideCustomer), of("")
	if len(both) > 0 && (len(agent) == 0 || len(customer) == 0) {
		return both
	}
	return slices.Concat(agent, customer)
}

// maxTag is how many characters a tag of BCP 47 has that means anything.
const maxTag = 35

// tagOr is a tag of BCP 47 by its form, or what stands in for one that is none: it goes into prompts and command lines.
func tagOr(s, otherwise string) string {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return otherwise
		}
	}
	if s == "" || len(s) > maxTag {
		return otherwise
	}
	return s
}
