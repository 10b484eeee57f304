package privacy

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/tag"
)

// Export writes all that is kept about a customer to w, as one ZIP archive, and returns how many calls are in it; the
// README.txt inside says what is what. It is streamed: no file is held whole. It takes a manager.
//
// What cannot be read is not left out: Export fails, and what it has written by then is to be thrown away. Calls of
// other customers are not in it; that a text about this one names somebody else is for the company to see to.
//
// Returns [call.ErrForbidden], [call.ErrTenantNotFound], [call.FieldErrors] for a subject that names nobody, and w's
// own error, wrapped.
func (s *Service) Export(ctx context.Context, a call.Actor, subject Subject, w io.Writer) (calls int, err error) {
	ended, open, err := s.find(ctx, a, subject)
	if err != nil {
		return 0, err
	}
	tenant, err := s.calls.Tenant(ctx, a.Tenant)
	if err != nil {
		return 0, err
	}
	x := &export{ctx: ctx, service: s, actor: a, tenant: tenant, made: call.Now(), zip: zip.NewWriter(w)}
	for _, id := range slices.Concat(ended, open) {
		if err := x.call(subject, id); err != nil {
			return 0, fmt.Errorf("export call %s: %w", id, err)
		}
	}
	if err := x.text("README.txt", readme(a.Tenant, tenant.Name, subject, x.made, x.calls)); err != nil {
		return 0, err
	}
	return x.calls, x.zip.Close()
}

// export is an archive on its way.
type export struct {
	ctx     context.Context // lives as long as the call of Export
	service *Service
	actor   call.Actor
	tenant  call.Tenant
	made    time.Time
	zip     *zip.Writer
	calls   int
}

// call adds a call with all that belongs to it, in a folder of its own.
func (x *export) call(subject Subject, id string) error {
	var c call.Call
	var h holding
	var tags []tag.Tag
	var events []call.Event
	err := x.service.store.View(x.ctx, func(tx Tx) (err error) {
		if c, err = tx.Call(x.actor.Tenant, id); err != nil {
			return err
		}
		if tags, err = tag.OfCall(tx, x.actor.Tenant, id); err != nil {
			return err
		}
		if events, err = timeline(tx, x.actor.Tenant, id); err != nil {
			return err
		}
		h, err = holdingOf(tx, x.actor.Tenant, id)
		return err
	})
	if err != nil {
		return err
	}
	if !subject.is(c.Customer) {
		return nil // erased since it was found
	}
	x.calls++
	// The id may be anything that is printed, and no name of a folder.
	folder := fmt.Sprintf("calls/%04d-%s/", x.calls, c.InsertedAt.In(x.tenant.Location).Format(time.DateOnly))
	for _, part := range []struct {
		name  string
		there bool
		value any
	}{
		{"call.json", true, newCall(c, tags, notes.Render(h.notes, x.tenant.Location))},
		{"events.json", true, newEvents(events)},
		{"notes.json", len(h.notes) > 0, newNotes(h.notes)},
		{"files.json", len(h.files) > 0, newFiles(h.files)},
		{"transcript.json", h.transcript != nil, newTranscript(h.transcript)},
		{"summary.json", h.summary != nil, newSummary(h.summary)},
		{"recording.json", h.recording != nil, newRecording(h)},
	} {
		if part.there {
			if err := x.json(folder+part.name, part.value); err != nil {
				return err
			}
		}
	}
	return x.contents(folder, id, h)
}

func timeline(tx Tx, tenant, callID string) (events []call.Event, err error) {
	const batch = 1000
	for after := uint64(0); ; after = events[len(events)-1].Seq {
		more, err := tx.CallEvents(tenant, callID, after, batch)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
		if len(more) < batch {
			return events, nil
		}
	}
}

// contents adds the bytes of files and of the recording's tracks.
func (x *export) contents(folder, callID string, h holding) error {
	for i, f := range h.files {
		_, content, err := x.service.media.Open(x.ctx, x.actor, f.ID)
		if err != nil {
			return fmt.Errorf("file %s: %w", f.ID, err)
		}
		if err := x.copy(folder+fileName(i, f.Name), zip.Deflate, content); err != nil {
			return fmt.Errorf("file %s: %w", f.ID, err)
		}
	}
	for _, t := range h.tracks() {
		_, content, err := x.service.media.OpenTrack(x.ctx, x.actor.Tenant, callID, t.Name)
		if err != nil {
			return fmt.Errorf("recording %s: %w", t.ID, err)
		}
		if err := x.copy(folder+trackName(h.recording, t), zip.Store, content); err != nil {
			return fmt.Errorf("recording %s: %w", t.ID, err)
		}
	}
	return nil
}

// fileName is where the file at a place among those of its call stands: two may have one name, and a name may hold what
// some systems cannot unpack.
func fileName(place int, name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, name)
	return path.Join("files", fmt.Sprintf("%02d-%s", place+1, strings.TrimRight(name, ". ")))
}

// trackName is where a track of the recording stands.
func trackName(r *media.Recording, t media.Track) string {
	return fmt.Sprintf("recording-%s.%s", t.Name, r.Format)
}

func (x *export) copy(name string, method uint16, content io.ReadCloser) error {
	w, err := x.create(name, method)
	if err == nil {
		_, err = io.Copy(w, untilDone{x.ctx, content})
	}
	return errors.Join(err, content.Close())
}

func (x *export) create(name string, method uint16) (io.Writer, error) {
	return x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: x.made})
}

func (x *export) text(name, text string) error {
	w, err := x.create(name, zip.Deflate)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// untilDone stops reading when ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
