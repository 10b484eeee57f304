package media

import (
	"cmp"
	"context"
	"io"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/avanter/voki/call"
)

// Content is a file as it comes in.
type Content struct {
	Name   string    // as the sender calls it
	Type   string    // MIME type, found by looking at the bytes. Defaults to application/octet-stream
	Reader io.Reader // read to its end
}

// Upload keeps a file with a call, whatever the call's state. The content is streamed to the blob store. If reading it
// fails or it is longer than the limit, nothing is left of it.
//
// Returns [call.ErrForbidden], [call.ErrNotFound], [call.ErrErased], [ErrTooLarge], and the reader's own error, wrapped.
func (s *Service) Upload(ctx context.Context, a call.Actor, callID string, content Content) (File, error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return File{}, err
	}
	if c, err := s.mustBeThere(ctx, a.Tenant, callID); err != nil || c.Erased() {
		return File{}, cmp.Or(err, call.ErrErased)
	}
	f := File{
		Tenant: a.Tenant, CallID: callID, ID: call.NewID(), Name: CleanName(content.Name),
		ContentType: cmp.Or(content.Type, "application/octet-stream"), UploadedBy: a.ID,
	}
	err := s.keep(ctx, fileKey(f.ID), content.Reader, s.maxUpload, func(tx Tx, size int64, now time.Time) error {
		if c, err := tx.Call(a.Tenant, callID); err != nil || c.Erased() {
			return cmp.Or(err, call.ErrErased)
		}
		f.Size, f.InsertedAt = size, now
		if err := tx.PutFile(f); err != nil {
			return err
		}
		_, err := tx.AppendEvent(call.Event{
			Tenant: a.Tenant, Time: f.InsertedAt, CallID: callID, Kind: call.KindFileAdded, Actor: a.ID,
			Data: call.Data{Subject: f.ID},
		})
		return err
	})
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// Open returns a file of the actor's tenant and its content, which the caller closes. Returns [call.ErrForbidden] and
// [ErrFileNotFound].
func (s *Service) Open(ctx context.Context, a call.Actor, fileID string) (f File, content io.ReadSeekCloser, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return File{}, nil, err
	}
	if !call.ValidID(fileID) {
		return File{}, nil, ErrFileNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		f, err = tx.File(a.Tenant, fileID)
		return err
	})
	if err != nil {
		return File{}, nil, err
	}
	content, err = s.blobs.Open(ctx, fileKey(f.ID))
	if err != nil {
		return File{}, nil, missingBlob(err, fileKey(f.ID))
	}
	return f, content, nil
}

// Files returns the files of a call, oldest first. Returns [call.ErrForbidden] and [call.ErrNotFound].
func (s *Service) Files(ctx context.Context, a call.Actor, callID string) (files []File, err error) {
	if err := a.Require(call.RoleAttendant); err != nil {
		return nil, err
	}
	if !call.ValidID(callID) {
		return nil, call.ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		files, err = tx.Files(a.Tenant, callID)
		return err
	})
	return files, err
}

// maxName is the most bytes a file name keeps.
const maxName = 255

// CleanName is the part of a file name that is kept: the base name, whatever system's separators it bears, without
// control characters and invalid UTF-8, of bounded length. It is never empty.
func CleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	name = shortened(name)
	if name = strings.TrimSpace(name); name == "" || name == "." || name == ".." {
		return "file"
	}
	return name
}

// shortened cuts a name that is too long before its extension.
func shortened(name string) string {
	if len(name) <= maxName {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > maxName/4 {
		extension = ""
	}
	stem := name[:maxName-len(extension)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return stem + extension
}
