package privacy

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/tag"
)

// This file is what the JSON of an export looks like: the names and forms are those of the API's replies, where it has
// them, and what the API never shows is there too.

type callJSON struct {
	ID             string      `json:"id"`
	Status         call.Status `json:"status"`
	DepartmentID   *string     `json:"department_id"`
	DepartmentName *string     `json:"department_name"`
	UserID         *string     `json:"user_id"`
	UserName       *string     `json:"user_name"`
	CustomerName   *string     `json:"customer_name"`
	CustomerEmail  *string     `json:"customer_email"`
	CustomerPhone  *string     `json:"customer_phone"`
	Reason         *string     `json:"reason"`
	Duration       *int64      `json:"duration"`
	WaitTime       *int64      `json:"wait_time"`
	Rating         *int        `json:"rating"`
	Comment        *string     `json:"comment"`
	Notes          *string     `json:"notes"`
	HasRecording   bool        `json:"has_recording"`
	Tags           []tagJSON   `json:"tags"`
	StartedAt      *string     `json:"started_at"`
	CompletedAt    *string     `json:"completed_at"`
	InsertedAt     *string     `json:"inserted_at"`
	AssignedAt     *string     `json:"assigned_at"`
	EndedAt        *string     `json:"ended_at"`
	DisconnectedAt *string     `json:"disconnected_at"`
	ReconnectedAt  *string     `json:"reconnected_at"`
	EndReason      *string     `json:"end_reason"`
	ManagerNotes   *string     `json:"manager_notes"`
}

type tagJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

func newCall(c call.Call, tags []tag.Tag, managerNotes string) callJSON {
	j := callJSON{
		ID: c.ID, Status: c.Status,
		DepartmentID: given(c.Department.ID), DepartmentName: given(c.Department.Name),
		UserID: given(c.User.ID), UserName: given(c.User.Name),
		CustomerName: given(c.Customer.Name), CustomerEmail: given(c.Customer.Email), CustomerPhone: given(c.Customer.Phone),
		Reason: given(c.Reason), Duration: seconds(c.Duration()), WaitTime: seconds(c.WaitTime()),
		Rating: given(c.Rating), Comment: given(c.Comment), Notes: given(c.Notes), HasRecording: c.HasRecording,
		Tags:      make([]tagJSON, len(tags)),
		StartedAt: stamp(c.StartedAt), CompletedAt: stamp(c.CompletedAt()), InsertedAt: stamp(c.InsertedAt),
		AssignedAt: stamp(c.AssignedAt), EndedAt: stamp(c.EndedAt),
		DisconnectedAt: stamp(c.DisconnectedAt), ReconnectedAt: stamp(c.ReconnectedAt),
		EndReason: given(string(c.EndReason)), ManagerNotes: given(managerNotes),
	}
	for i, t := range tags {
		j.Tags[i] = tagJSON{ID: t.ID, Name: t.Name, Color: t.Color}
	}
	return j
}

type eventJSON struct {
	Seq          uint64      `json:"seq"`
	Time         *string     `json:"time"`
	Kind         call.Kind   `json:"kind"`
	Actor        string      `json:"actor,omitempty"`
	From         call.Status `json:"from,omitempty"`
	To           call.Status `json:"to,omitempty"`
	EndReason    string      `json:"end_reason,omitempty"`
	DepartmentID string      `json:"department_id,omitempty"`
	UserID       string      `json:"user_id,omitempty"`
	Participant  call.Side   `json:"participant,omitempty"`
	Deadline     *string     `json:"deadline,omitempty"`
	Rating       int         `json:"rating,omitempty"`
	Subject      string      `json:"subject,omitempty"`
	Reason       call.Reason `json:"reason,omitempty"`
}

func newEvents(events []call.Event) []eventJSON {
	all := make([]eventJSON, len(events))
	for i, e := range events {
		all[i] = eventJSON{
			Seq: e.Seq, Time: stamp(e.Time), Kind: e.Kind, Actor: e.Actor, From: e.Data.From, To: e.Data.To,
			EndReason: string(e.Data.EndReason), DepartmentID: e.Data.DepartmentID, UserID: e.Data.UserID,
			Participant: e.Data.Side, Deadline: stamp(e.Data.Deadline), Rating: e.Data.Rating, Subject: e.Data.Subject,
			Reason: e.Data.Reason,
		}
	}
	return all
}

type noteJSON struct {
	ID         string  `json:"id"`
	Time       *string `json:"time"`
	AuthorID   string  `json:"author_id"`
	AuthorName *string `json:"author_name"`
	Text       *string `json:"text"`
	Erased     bool    `json:"erased"`
}

func newNotes(all []notes.Note) []noteJSON {
	out := make([]noteJSON, len(all))
	for i, n := range all {
		out[i] = noteJSON{n.ID, stamp(n.Time), n.AuthorID, given(n.AuthorName), given(n.Text), n.Erased}
	}
	return out
}

type fileJSON struct {
	ID          string  `json:"id"`
	Filename    string  `json:"filename"`
	Path        string  `json:"path"` // in the folder of the call
	ContentType string  `json:"content_type"`
	Size        int64   `json:"size"`
	UploadedBy  string  `json:"uploaded_by"`
	InsertedAt  *string `json:"inserted_at"`
}

func newFiles(files []media.File) []fileJSON {
	out := make([]fileJSON, len(files))
	for i, f := range files {
		out[i] = fileJSON{f.ID, f.Name, fileName(i, f.Name), f.ContentType, f.Size, f.UploadedBy, stamp(f.InsertedAt)}
	}
	return out
}

type recordingJSON struct {
	ID        string      `json:"id"`
	Format    string      `json:"format"`
	Duration  *int64      `json:"duration"`
	FileSize  int64       `json:"file_size"`
	CreatedAt *string     `json:"created_at"`
	Tracks    []trackJSON `json:"tracks"`
}

type trackJSON struct {
	Track    media.TrackName `json:"track"`
	Path     string          `json:"path"` // in the folder of the call
	Duration *int64          `json:"duration"`
	FileSize int64           `json:"file_size"`
}

func newRecording(h holding) *recordingJSON {
	r := h.recording
	if r == nil {
		return nil
	}
	j := &recordingJSON{
		ID: r.ID, Format: r.Format, Duration: seconds(r.Duration, r.Duration > 0), FileSize: r.Size,
		CreatedAt: stamp(r.InsertedAt),
	}
	for _, t := range h.tracks() {
		j.Tracks = append(j.Tracks, trackJSON{t.Name, trackName(r, t), seconds(t.Duration, t.Duration > 0), t.Size})
	}
	return j
}

type transcriptJSON struct {
	Transcript  string  `json:"transcript"`
	Language    *string `json:"language"`
	GeneratedAt *string `json:"generated_at"`
}

func newTranscript(t *ai.Transcript) *transcriptJSON {
	if t == nil {
		return nil
	}
	return &transcriptJSON{t.Text, given(t.Language), stamp(t.GeneratedAt)}
}

type summaryJSON struct {
	Summary     string  `json:"summary"`
	Provider    *string `json:"provider"`
	Model       *string `json:"model"`
	GeneratedAt *string `json:"generated_at"`
}

func newSummary(s *ai.Summary) *summaryJSON {
	if s == nil {
		return nil
	}
	return &summaryJSON{s.Text, given(s.Provider), given(s.Model), stamp(s.GeneratedAt)}
}

// json adds a file with a value, as people like to read it.
func (x *export) json(name string, value any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	return x.text(name, b.String())
}

// given is null for the zero value.
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// stamp is RFC 3339 in UTC and whole seconds; the zero time is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return given(t.UTC().Format(time.RFC3339))
}

// seconds is null where a duration is not known.
func seconds(d time.Duration, known bool) *int64 {
	if !known {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}
