package privacy

import (
	"errors"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
)

// holding is what a call has beside its own row and its log, and what an erasure removes.
type holding struct {
	notes      []notes.Note
	files      []media.File
	recording  *media.Recording // nil: none
	draft      *media.Draft     // nil: none, or it is finished
	transcript *ai.Transcript   // nil: none
	summary    *ai.Summary      // nil: none
}

func holdingOf(tx Tx, tenant, callID string) (h holding, err error) {
	if h.notes, err = tx.Notes(tenant, callID); err != nil {
		return h, err
	}
	if h.files, err = tx.Files(tenant, callID); err != nil {
		return h, err
	}
	if h.recording, err = ifThere(tx.Recording, tenant, callID, media.ErrNoRecording); err != nil {
		return h, err
	}
	draft, found, err := tx.Draft(tenant, callID)
	if err != nil {
		return h, err
	}
	if found {
		h.draft = &draft
	}
	if h.transcript, err = ifThere(tx.Transcript, tenant, callID, ai.ErrNoTranscript); err != nil {
		return h, err
	}
	h.summary, err = ifThere(tx.Summary, tenant, callID, ai.ErrNoSummary)
	return h, err
}

// ifThere returns nil where a row is missing.
func ifThere[T any](read func(tenant, callID string) (T, error), tenant, callID string, missing error) (*T, error) {
	row, err := read(tenant, callID)
	switch {
	case errors.Is(err, missing):
		return nil, nil //nolint:nilnil // that there is none is the answer
	case err != nil:
		return nil, err
	}
	return &row, nil
}

// count says how much an erasure of it removes.
func (h holding) count() call.Erasure {
	e := call.Erasure{Files: len(h.files)}
	for _, n := range h.notes {
		if !n.Erased {
			e.Notes++
		}
	}
	if h.recording != nil || h.draft != nil {
		e.Recordings = 1
	}
	if h.transcript != nil {
		e.Transcripts = 1
	}
	if h.summary != nil {
		e.Summaries = 1
	}
	return e
}

// tracks are those of the recording; as it is stored, none means one that is mixed.
func (h holding) tracks() []media.Track {
	r := h.recording
	switch {
	case r == nil:
		return nil
	case len(r.Tracks) > 0:
		return r.Tracks
	}
	return []media.Track{{Name: media.TrackMixed, ID: r.ID, Duration: r.Duration, Size: r.Size}}
}
