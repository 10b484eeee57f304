// Package tag is the catalogue of tags that each tenant keeps, and which of them a call bears.
//
// It knows calls only by their ids and their log, and no other aggregate.
package tag

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/avanter/voki/call"
)

// Tag is one entry of a tenant's catalogue.
type Tag struct {
	Tenant string
	ID     string // UUIDv7, or whatever an imported tag bore
	Name   string
	Color  string // as CSS writes it: #rrggbb
}

// The errors of this package.
var (
	// ErrNotFound: no such tag in the catalogue, or not on the call.
	ErrNotFound = errors.New("tag not found")
	// ErrNameTaken: the catalogue has a tag of that name, where case and accents do not count.
	ErrNameTaken = errors.New("a tag of that name exists already")
)

// DefaultColor is given to a tag made without one.
const DefaultColor = "#6b7280"

// MaxName is the most characters that a tag's name may have.
const MaxName = 80

// Store is what this package needs of a storage backend; see package storage for the contract.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is a transaction as this package uses it.
type Tx interface {
	Call(tenant, id string) (call.Call, error)
	AppendEvent(e call.Event) (call.Event, error)

	// Tag returns an entry of the catalogue. Returns [ErrNotFound].
	Tag(tenant, id string) (Tag, error)
	// Tags returns the tenant's catalogue, ordered by id.
	Tags(tenant string) ([]Tag, error)
	// PutTag writes an entry, new or not.
	PutTag(t Tag) error
	// DeleteTag removes an entry if it is there. Calls that bear it are not touched.
	DeleteTag(tenant, id string) error

	// CallTags returns the ids of the tags that a call bears, in the order of adding; empty if it bears none. Some
	// may have left the catalogue since.
	CallTags(tenant, callID string) ([]string, error)
	// PutCallTags replaces them.
	PutCallTags(tenant, callID string, ids []string) error
}

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// check trims t and says what is wrong with it.
func (t Tag) check() (Tag, error) {
	t.Name = strings.TrimSpace(t.Name)
	wrong := call.FieldErrors{}
	if !call.ValidID(t.ID) {
		wrong.Add("id", "is invalid")
	}
	if t.Name == "" {
		wrong.Add("name", "can't be blank")
	}
	wrong.CheckLine("name", t.Name, MaxName)
	if !color.MatchString(t.Color) {
		wrong.Add("color", "must be written as #rrggbb")
	}
	return t, wrong.Err()
}

// OfCall returns the tags that a call bears, in the order of adding, inside a transaction.
func OfCall(tx Tx, tenant, callID string) ([]Tag, error) {
	ids, err := tx.CallTags(tenant, callID)
	if err != nil {
		return nil, err
	}
	tags := make([]Tag, 0, len(ids))
	for _, id := range ids {
		t, err := tx.Tag(tenant, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		tags = append(tags, t)
	}
	return tags, nil
}

// nameTaken reports whether another entry of the catalogue has t's name.
func nameTaken(tx Tx, t Tag) (bool, error) {
	tags, err := tx.Tags(t.Tenant)
	if err != nil {
		return false, err
	}
	name := call.Fold(t.Name)
	return slices.ContainsFunc(tags, func(other Tag) bool {
		return other.ID != t.ID && call.Fold(other.Name) == name
	}), nil
}
