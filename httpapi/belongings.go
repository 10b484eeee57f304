package httpapi

import (
	"errors"
	"net/http"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/notes"
)

func (rq *request) listTags() error {
	tags, err := rq.s.voki.Tags.List(rq.ctx(), rq.actor, rq.call.ID)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, newTags(tags))
}

func (rq *request) addTag() error {
	body, err := rq.body()
	if err != nil {
		return err
	}
	id := body.text("tag_id")
	if err := body.wrong.Err(); err != nil {
		return err
	}
	t, added, err := rq.s.voki.Tags.Add(rq.ctx(), rq.actor, rq.call.ID, id)
	if err != nil {
		return err
	}
	if !added {
		return rq.reply(http.StatusOK, newTag(t))
	}
	return rq.reply(http.StatusCreated, newTag(t))
}

func (rq *request) removeTag() error {
	if err := rq.s.voki.Tags.Remove(rq.ctx(), rq.actor, rq.call.ID, rq.params["tag_id"]); err != nil {
		return err
	}
	rq.w.Header().Set("Cache-Control", "no-store")
	rq.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (rq *request) addNote() error {
	body, err := rq.body()
	if err != nil {
		return err
	}
	note := body.text("notes")
	if err := body.wrong.Err(); err != nil {
		return err
	}
	all, err := rq.s.voki.Notes.Add(rq.ctx(), rq.actor, rq.call.ID, note)
	if err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		ID           string  `json:"id"`
		ManagerNotes *string `json:"manager_notes"`
	}{rq.call.ID, text(notes.Render(all, rq.tenant.Location))})
}

func (rq *request) getTranscript() error {
	t, err := rq.s.voki.AI.Transcript(rq.ctx(), rq.actor, rq.callID())
	if err := rq.artifact(err, ai.ErrNoTranscript); err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		CallID      string  `json:"call_id"`
		Transcript  string  `json:"transcript"`
		Language    *string `json:"language"`
		GeneratedAt *string `json:"generated_at"`
	}{t.CallID, t.Text, text(t.Language), stamp(t.GeneratedAt)})
}

func (rq *request) getSummary() error {
	sum, err := rq.s.voki.AI.Summary(rq.ctx(), rq.actor, rq.callID())
	if err := rq.artifact(err, ai.ErrNoSummary); err != nil {
		return err
	}
	return rq.reply(http.StatusOK, struct {
		CallID      string  `json:"call_id"`
		Summary     string  `json:"summary"`
		Provider    *string `json:"provider"`
		Model       *string `json:"model"`
		GeneratedAt *string `json:"generated_at"`
	}{sum.CallID, sum.Text, text(sum.Provider), text(sum.Model), stamp(sum.GeneratedAt)})
}

// artifact decides about an artifact that was looked for with the error found, if any. The plan speaks first; then the
// call and the host's Policy, as if there were no artifact, so that a refusal does not tell whether there is one.
func (rq *request) artifact(found, missing error) error {
	if found != nil && !errors.Is(found, missing) {
		return found
	}
	err := rq.loadCall(rq.callID())
	if errors.Is(err, call.ErrNotFound) {
		return missing
	}
	if err != nil {
		return err
	}
	return found
}
