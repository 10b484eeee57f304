package storagetest

import (
	"errors"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

var errReadOnly = errors.New("no writes in a View")

// readOnly is a transaction that refuses to write.
type readOnly struct{ storage.Tx }

func (readOnly) PutCall(call.Call) error                        { return errReadOnly }
func (readOnly) AppendEvent(e call.Event) (call.Event, error)   { return e, errReadOnly }
func (readOnly) PutWaits(string, string, []time.Duration) error { return errReadOnly }
func (readOnly) PutTag(tag.Tag) error                           { return errReadOnly }
func (readOnly) DeleteTag(string, string) error                 { return errReadOnly }
func (readOnly) PutCallTags(string, string, []string) error     { return errReadOnly }
func (readOnly) PutNote(notes.Note) error                       { return errReadOnly }
func (readOnly) PutFile(media.File) error                       { return errReadOnly }
func (readOnly) DeleteFile(string, string) error                { return errReadOnly }
func (readOnly) PutRecording(media.Recording) error             { return errReadOnly }
func (readOnly) DeleteRecording(string, string) error           { return errReadOnly }
func (readOnly) PutDraft(media.Draft) error                     { return errReadOnly }
func (readOnly) DeleteDraft(string, string) error               { return errReadOnly }
func (readOnly) PutPart(media.Part) error                       { return errReadOnly }
func (readOnly) PutPending(media.Pending) error                 { return errReadOnly }
func (readOnly) DeletePending(string) error                     { return errReadOnly }
func (readOnly) PutTranscript(ai.Transcript) error              { return errReadOnly }
func (readOnly) DeleteTranscript(string, string) error          { return errReadOnly }
func (readOnly) PutSummary(ai.Summary) error                    { return errReadOnly }
func (readOnly) PutCursor(string, string, uint64) error         { return errReadOnly }
func (readOnly) PutJob(follow.Job) error                        { return errReadOnly }
func (readOnly) DeleteJob(string, string) error                 { return errReadOnly }
func (readOnly) DeleteSummary(string, string) error             { return errReadOnly }
func (readOnly) PutSetting(string, []byte) error                { return errReadOnly }
