// Package privacy answers what a customer may ask of a company about his data: to be given all of it ([Service.Export]),
// and to have it removed ([Service.Erase]).
//
// It composes what the other packages know of their own rows, a call in one transaction. It knows no HTTP and no file:
// an export is written to whatever the caller gives.
package privacy

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/tag"
)

// Store is what this package needs of a storage backend; see package storage for the contract.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is a transaction as this package uses it: everything that belongs to a call, and the jobs that follow from it.
type Tx interface {
	call.Tx
	tag.Tx
	notes.Tx
	media.Tx
	ai.Tx
	follow.Tx
}

// Service finds, exports and erases what is kept about a customer. It is safe for concurrent use.
type Service struct {
	store Store
	calls *call.Service
	media *media.Service
}

// NewService returns a service on store, on which calls and media work too.
func NewService(store Store, calls *call.Service, media *media.Service) *Service {
	return &Service{store: store, calls: calls, media: media}
}

// Subject says who a customer is, who has no account: by the e-mail address or the phone number that he gave. With
// both, the calls that bear either are his.
type Subject struct {
	Email string // compared whole, ignoring case
	Phone string // compared by its digits: +55 11 98765-4321 is 5511987654321, and not 11987654321
}

func (s Subject) validate() error {
	wrong := call.FieldErrors{}
	s.Email, s.Phone = strings.TrimSpace(s.Email), strings.TrimSpace(s.Phone)
	if s.Email == "" && s.Phone == "" {
		wrong.Add("email", "can't be blank without a phone number")
	}
	if s.Email != "" && call.Fold(s.Email) == "" {
		wrong.Add("email", "is invalid")
	}
	if s.Phone != "" && digits(s.Phone) == "" {
		wrong.Add("phone", "must have digits")
	}
	return wrong.Err()
}

// is reports whether a customer is the subject.
func (s Subject) is(c call.Customer) bool {
	email, phone := strings.TrimSpace(s.Email), digits(s.Phone)
	return email != "" && strings.EqualFold(strings.TrimSpace(c.Email), email) || phone != "" && digits(c.Phone) == phone
}

// digits are those of a phone number, in whichever form Unicode has them.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, call.Fold(s))
}

// find returns the ids of the subject's calls, oldest first: those that have ended and those that have not. By an e-mail
// address alone it is helped by the list's index; for a phone number it reads every call of the tenant.
func (s *Service) find(ctx context.Context, a call.Actor, subject Subject) (ended, open []string, err error) {
	if err := a.Require(call.RoleManager); err != nil {
		return nil, nil, err
	}
	if err := subject.validate(); err != nil {
		return nil, nil, err
	}
	q, now := call.Query{Asc: true}, call.Now()
	if digits(subject.Phone) == "" {
		q.Search = strings.TrimSpace(subject.Email)
	}
	ended, open = []string{}, []string{}
	for c, err := range s.calls.All(ctx, a, q) {
		if err != nil {
			return nil, nil, fmt.Errorf("find the calls: %w", err)
		}
		if !subject.is(c.Customer) {
			continue
		}
		if late, _, passed := call.Expire(c, now); passed { // and nobody has noticed yet
			c = late
		}
		if c.Status.Ended() {
			ended = append(ended, c.ID)
		} else {
			open = append(open, c.ID)
		}
	}
	return ended, open, nil
}
