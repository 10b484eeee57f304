package media

import (
	"slices"
	"time"
)

// Recording is the recording of a call; there is at most one. It has one track or several, which are played on their
// own: what is said of it as a whole is said of the first one.
type Recording struct {
	Tenant     string
	CallID     string
	ID         string        // UUIDv7, that of the first track
	Format     string        // always FormatWebM
	Duration   time.Duration // 0 when not known
	Size       int64         // bytes
	InsertedAt time.Time

	// Tracks are in the order of [TrackNames]. As it is stored, none means one that is mixed.
	Tracks []Track
}

// Track is what was recorded of both sides of a call, or of one.
type Track struct {
	Name     TrackName
	ID       string        // UUIDv7
	Duration time.Duration // 0 when not known
	Size     int64         // bytes
}

// TrackName says who is to be heard and seen in a track.
type TrackName string

// The tracks.
const (
	TrackMixed    TrackName = "mixed"    // both sides
	TrackAgent    TrackName = "agent"    // one side alone
	TrackCustomer TrackName = "customer" // the other
)

// TrackNames lists all tracks; of those that a recording has, the first one in this order is played unless another is
// asked for.
func TrackNames() []TrackName { return []TrackName{TrackMixed, TrackAgent, TrackCustomer} }

// Valid reports whether n is one of the three tracks.
func (n TrackName) Valid() bool { return slices.Contains(TrackNames(), n) }

// Of returns the recording as if a track were all there is of it; an empty name leaves it as it is. Returns
// [ErrNoRecording] if it has no such track.
func (r Recording) Of(name TrackName) (Recording, error) {
	if name == "" {
		return r, nil
	}
	for _, t := range r.Tracks {
		if t.Name == name {
			r.ID, r.Duration, r.Size, r.Tracks = t.ID, t.Duration, t.Size, []Track{t}
			return r, nil
		}
	}
	return Recording{}, ErrNoRecording
}

// whole returns r with its tracks named, and c's duration where none is known.
func (r Recording) whole(duration time.Duration) Recording {
	if len(r.Tracks) == 0 {
		r.Tracks = []Track{{Name: TrackMixed, ID: r.ID, Duration: r.Duration, Size: r.Size}}
	}
	r.Tracks = slices.Clone(r.Tracks)
	for i := range r.Tracks {
		if r.Tracks[i].Duration == 0 {
			r.Tracks[i].Duration = duration
		}
	}
	r.Duration = r.Tracks[0].Duration
	return r
}

// keys are those of the recording's bytes.
func (r Recording) keys() []string {
	tracks := r.whole(0).Tracks
	keys := make([]string, len(tracks))
	for i, t := range tracks {
		keys[i] = recordingKey(t.ID)
	}
	return keys
}
