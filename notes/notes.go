// Package notes keeps what managers write about a completed call: entries that are added and never rewritten.
//
// It also renders them as the one text the API shows, such that no note can be made to look like another one. It
// knows calls only by their state and their log.
package notes

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/avanter/voki/call"
)

// Note is one entry.
type Note struct {
	Tenant     string
	CallID     string
	Seq        uint64 // number of the event that reports it, by which the notes of a call are ordered
	ID         string // UUIDv7
	Time       time.Time
	AuthorID   string
	AuthorName string
	Text       string
	Erased     bool // a tombstone: names and text are gone, that there was a note is not
}

// The errors of this package; the first two read as the API page words them.
var (
	// ErrRole: the actor is below supervisor. It is a [call.ErrForbidden].
	ErrRole error = roleError{}
	// ErrEmpty: there is no text in the note. It bears the field.
	ErrEmpty error = emptyError{}
	// ErrNotCompleted: notes are added to completed calls only. It is a [call.ErrRefused].
	ErrNotCompleted error = stateError{}
)

type roleError struct{}

func (roleError) Error() string        { return "Only owner, manager, or supervisor can add notes" }
func (roleError) Is(target error) bool { return target == call.ErrForbidden }

type emptyError struct{}

func (emptyError) Error() string                 { return "Field notes is empty" }
func (e emptyError) Fields() map[string][]string { return map[string][]string{"notes": {e.Error()}} }

type stateError struct{}

func (stateError) Error() string        { return "cannot add notes to a call that is not completed" }
func (stateError) Is(target error) bool { return target == call.ErrRefused }

// Store is what this package needs of a storage backend; see package storage for the contract.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is a transaction as this package uses it.
type Tx interface {
	call.RowTx

	// Notes returns the notes of a call, ordered by Seq; empty if there are none.
	Notes(tenant, callID string) ([]Note, error)
	// PutNote writes a note under its Seq.
	PutNote(n Note) error
}

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use.
type Service struct{ store Store }

// NewService returns a service on store.
func NewService(store Store) *Service { return &Service{store: store} }

// Add adds a note to a completed call and returns all notes that the call has then.
//
// Returns [ErrRole], [call.ErrNotFound], [ErrEmpty] or other [call.FieldErrors], [ErrNotCompleted], and
// [call.ErrErased].
func (s *Service) Add(ctx context.Context, a call.Actor, callID, text string) ([]Note, error) {
	if !a.Role.AtLeast(call.RoleSupervisor) {
		return nil, ErrRole
	}
	if !call.ValidID(callID) {
		return nil, call.ErrNotFound
	}
	n := Note{
		Tenant: a.Tenant, CallID: callID, ID: call.NewID(), Time: call.Now(),
		AuthorID: a.ID, AuthorName: a.Name, Text: text,
	}
	var all []Note
	err := s.store.Update(ctx, func(tx Tx) error {
		c, err := call.CurrentTx(tx, a.Tenant, callID, n.Time)
		if err != nil {
			return err
		}
		if err := checkText(text); err != nil {
			return err
		}
		if c.Status != call.Completed {
			return ErrNotCompleted
		}
		if c.Erased() {
			return call.ErrErased
		}
		if all, err = tx.Notes(a.Tenant, callID); err != nil {
			return err
		}
		n.Time = notBefore(n.Time, c, all)
		e, err := tx.AppendEvent(call.Event{
			Tenant: a.Tenant, Time: n.Time, CallID: callID, Kind: call.KindNoteAdded, Actor: a.ID,
			Data: call.Data{Subject: n.ID},
		})
		if err != nil {
			return err
		}
		n.Seq = e.Seq
		all = append(all, n)
		return tx.PutNote(n)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// notBefore returns t, or the time of the call's newest change or note if that is later: of two who write at once, the one
// whose clock was read first may come second, and a clock may be set back.
func notBefore(t time.Time, c call.Call, all []Note) time.Time {
	_, t = c.Changed(t)
	if n := len(all); n > 0 && t.Before(all[n-1].Time) {
		t = all[n-1].Time
	}
	return t
}

func checkText(text string) error {
	if strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) == "" {
		return ErrEmpty
	}
	wrong := call.FieldErrors{}
	wrong.CheckText("notes", text, call.MaxText)
	return wrong.Err()
}

// List returns the notes of a call, oldest first. It takes a supervisor. Returns [ErrRole] and [call.ErrNotFound].
func (s *Service) List(ctx context.Context, a call.Actor, callID string) (all []Note, err error) {
	if !a.Role.AtLeast(call.RoleSupervisor) {
		return nil, ErrRole
	}
	if !call.ValidID(callID) {
		return nil, call.ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		all, err = tx.Notes(a.Tenant, callID)
		return err
	})
	return all, err
}

// Erase takes names and texts out of all notes of a call, and leaves that they were there. It takes a manager.
// Returns [call.ErrForbidden] and [call.ErrNotFound].
func (s *Service) Erase(ctx context.Context, a call.Actor, callID string) error {
	if err := a.Require(call.RoleManager); err != nil {
		return err
	}
	if !call.ValidID(callID) {
		return call.ErrNotFound
	}
	now := call.Now()
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Call(a.Tenant, callID); err != nil {
			return err
		}
		return EraseTx(tx, a.Tenant, callID, a.ID, now)
	})
}

// EraseTx is [Service.Erase] inside a transaction, by the user with the id actor, at the time now.
func EraseTx(tx Tx, tenant, callID, actor string, now time.Time) error {
	all, err := tx.Notes(tenant, callID)
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Erased {
			continue
		}
		n.AuthorName, n.Text, n.Erased = "", "", true
		if err := tx.PutNote(n); err != nil {
			return err
		}
		if _, err := tx.AppendEvent(call.Event{
			Tenant: tenant, Time: now, CallID: callID, Kind: call.KindNoteErased, Actor: actor,
			Data: call.Data{Subject: n.ID},
		}); err != nil {
			return err
		}
	}
	return nil
}
