// Package media keeps what belongs to a call and is too large for a row: uploaded files and the recording.
//
// The bytes go to a [BlobStore], the facts about them into the store, in such an order that a crash at any moment
// leaves no row without its bytes and, after [Service.Recover], no bytes without their row.
package media

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// File is an uploaded file.
type File struct {
	Tenant      string
	CallID      string
	ID          string // UUIDv7
	Name        string // base name as it was sent, without control characters
	ContentType string // as found in the content, not as claimed
	Size        int64  // bytes
	UploadedBy  string // user id
	InsertedAt  time.Time
}

// The errors of this package.
var (
	// ErrFileNotFound: no such file in the tenant.
	ErrFileNotFound = errors.New("file not found")
	// ErrNoRecording: the call has no recording, or none with such a track.
	ErrNoRecording = errors.New("recording not found")
	// ErrNoParts: nothing of a recording was sent that could be finished. It is a [call.ErrRefused].
	ErrNoParts error = refusal("no part of a recording has been sent")
	// ErrPartDiffers: other content was kept under the number of this part. It is a [call.ErrRefused].
	ErrPartDiffers error = refusal("this part has been sent before with other content")
	// ErrPartsComing: parts came in while they were being joined. It is a [call.ErrRefused].
	ErrPartsComing error = refusal("parts of the recording are still coming in")
	// ErrNotWebM: the content does not begin as WebM does. Its Fields name the body.
	ErrNotWebM error = notWebMError{}
	// ErrRecorded: the call has a recording already. It is a [call.ErrRefused].
	ErrRecorded error = refusal("the call already has a recording")
	// ErrNotRecordable: only an active or completed call takes a recording. It is a [call.ErrRefused].
	ErrNotRecordable error = refusal("only an active or completed call takes a recording")
	// ErrTooLarge: the content is longer than the limit.
	ErrTooLarge = errors.New("content is too large")
	// ErrNoBlob is what a [BlobStore] returns for a key it does not hold.
	ErrNoBlob = errors.New("blob not found")
)

// refusal is an error that Is [call.ErrRefused].
type refusal string

func (r refusal) Error() string      { return string(r) }
func (refusal) Is(target error) bool { return target == call.ErrRefused }

type notWebMError struct{}

func (notWebMError) Error() string { return "the content is not WebM" }
func (notWebMError) Fields() map[string][]string {
	return map[string][]string{"body": {"is not WebM"}}
}

// BlobStore keeps bytes under keys. Keys are of this package's making: lower-case letters, digits, '-' and '/', never
// used twice.
type BlobStore interface {
	// Put keeps all that r gives under key and returns how many bytes that were. When it returns without an error
	// they are durable; when it returns an error (r's own included, wrapped) nothing is left of them, save for a
	// crash midway, after which Delete removes what there is.
	Put(ctx context.Context, key string, r io.Reader) (int64, error)

	// Open returns the bytes under key. Returns [ErrNoBlob].
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)

	// Delete removes the bytes under key, if there are any.
	Delete(ctx context.Context, key string) error
}

// Store is what this package needs of a storage backend; see package storage for the contract.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is a transaction as this package uses it.
type Tx interface {
	call.RowTx

	// File returns a file of the tenant. Returns [ErrFileNotFound].
	File(tenant, id string) (File, error)
	// Files returns the files of a call, ordered by id; empty if there are none.
	Files(tenant, callID string) ([]File, error)
	// PutFile writes a file's row.
	PutFile(f File) error
	// DeleteFile removes it, if there is one.
	DeleteFile(tenant, id string) error

	// Recording returns the recording of a call. Returns [ErrNoRecording].
	Recording(tenant, callID string) (Recording, error)
	// PutRecording writes the row of a call's recording.
	PutRecording(r Recording) error
	// DeleteRecording removes it, if there is one.
	DeleteRecording(tenant, callID string) error
	// Recordings returns up to limit recordings of all tenants, ordered by tenant and call, that come after the given
	// key; the zero Key begins.
	Recordings(after call.Key, limit int) ([]Recording, error)

	// Draft returns what a call has of a recording that is not finished, and false if there is nothing.
	Draft(tenant, callID string) (Draft, bool, error)
	// Drafts is Recordings of drafts.
	Drafts(after call.Key, limit int) ([]Draft, error)
	// PutDraft writes the row of a draft.
	PutDraft(d Draft) error
	// DeleteDraft removes it, if there is one, and all parts of the call.
	DeleteDraft(tenant, callID string) error
	// Part returns one part of a draft, and false if it is not there.
	Part(tenant, callID string, track TrackName, n int) (Part, bool, error)
	// Parts returns the parts of a call, ordered by track and number; empty if there are none.
	Parts(tenant, callID string) ([]Part, error)
	// PutPart writes the row of a part. Its number is not negative.
	PutPart(p Part) error

	// PutPending notes that the bytes under key are about to be written, or, doomed, that their row goes away;
	// DeletePending, which goes with the row that names them, that they are wanted. What is pending after a crash is to be removed.
	PutPending(p Pending) error
	DeletePending(key string) error
	// PendingBlob returns the entry of a key, and false if there is none.
	PendingBlob(key string) (Pending, bool, error)
	// Pending returns up to limit entries older than before.
	Pending(before time.Time, limit int) ([]Pending, error)
}

// Pending is a blob that no row names yet.
type Pending struct {
	Key    string
	Time   time.Time
	Doomed bool // its bytes are being removed: no row may name them any more
}

func fileKey(id string) string      { return "files/" + id }
func recordingKey(id string) string { return "recordings/" + id }
func partKey(id string) string      { return "parts/" + id }
