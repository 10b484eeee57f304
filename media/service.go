package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/avanter/voki/call"
)

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use.
type Service struct {
	store        Store
	blobs        BlobStore
	tenants      call.Tenants // nil: recordings are kept for ever
	prober       Prober       // nil: no duration is known
	maxUpload    int64
	maxRecording int64
	maxPart      int64
	log          *slog.Logger
}

// Options configure a [Service]; the zero value works.
type Options struct {
	Blobs        BlobStore    // Defaults to one in memory
	MaxUpload    int64        // bytes of one file. Defaults to 50 MiB
	MaxRecording int64        // bytes of one recording, all tracks together. Defaults to 4 GiB
	MaxPart      int64        // bytes of one part of a recording. Defaults to 64 MiB
	Prober       Prober       // finds how long a recording is. Defaults to none: the call's own duration stands in
	Tenants      call.Tenants // asked how long recordings are kept. Defaults to none: for ever
	Logger       *slog.Logger // Defaults to one that discards
}

// The defaults of [Options].
const (
	DefaultMaxUpload    = 50 << 20
	DefaultMaxRecording = 4 << 30
	DefaultMaxPart      = 64 << 20
)

// NewService returns a service on store.
func NewService(store Store, o Options) *Service {
	s := &Service{
		store: store, blobs: o.Blobs, tenants: o.Tenants, prober: o.Prober,
		maxUpload: o.MaxUpload, maxRecording: o.MaxRecording, maxPart: o.MaxPart, log: o.Logger,
	}
	if s.blobs == nil {
		s.blobs = NewMemory()
	}
	if s.maxUpload <= 0 {
		s.maxUpload = DefaultMaxUpload
	}
	if s.maxRecording <= 0 {
		s.maxRecording = DefaultMaxRecording
	}
	if s.maxPart <= 0 {
		s.maxPart = DefaultMaxPart
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// MaxUpload is how many bytes one file may have.
func (s *Service) MaxUpload() int64 { return s.maxUpload }

// MaxRecording is how many bytes one recording may have.
func (s *Service) MaxRecording() int64 { return s.maxRecording }

// MaxPart is how many bytes one part of a recording may have.
func (s *Service) MaxPart() int64 { return s.maxPart }

// mustBeThere returns the call if it exists.
func (s *Service) mustBeThere(ctx context.Context, tenant, callID string) (c call.Call, err error) {
	if !call.ValidID(callID) {
		return call.Call{}, call.ErrNotFound
	}
	err = s.store.View(ctx, func(tx Tx) error {
		c, err = tx.Call(tenant, callID)
		return err
	})
	return c, err
}

// missingBlob turns the loss of bytes that a row names into an error that is not mistaken for a request's fault.
func missingBlob(err error, key string) error {
	if errors.Is(err, ErrNoBlob) {
		return fmt.Errorf("content %s is lost", key)
	}
	return err
}
