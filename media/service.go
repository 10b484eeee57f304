package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/avanter/voki/call"
)

// Service runs the rules of this package inside transactions of a [Store]. It is safe for concurrent use.
type Service struct {
	store        Store
	blobs        BlobStore
	maxUpload    int64
	maxRecording int64
	log          *slog.Logger
}

// Options configure a [Service]; the zero value works.
type Options struct {
	Blobs        BlobStore    // Defaults to one in memory
	MaxUpload    int64        // bytes of one file. Defaults to 50 MiB
	MaxRecording int64        // bytes of one recording. Defaults to 4 GiB
	Logger       *slog.Logger // Defaults to one that discards
}

// The defaults of [Options].
const (
	DefaultMaxUpload    = 50 << 20
	DefaultMaxRecording = 4 << 30
)

// NewService returns a service on store.
func NewService(store Store, o Options) *Service {
	s := &Service{store: store, blobs: o.Blobs, maxUpload: o.MaxUpload, maxRecording: o.MaxRecording, log: o.Logger}
	if s.blobs == nil {
		s.blobs = NewMemory()
	}
	if s.maxUpload <= 0 {
		s.maxUpload = DefaultMaxUpload
	}
	if s.maxRecording <= 0 {
		s.maxRecording = DefaultMaxRecording
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

// keep writes the bytes of r under key and then runs commit, which writes the row that names them. What a crash leaves
// between the two is found by [Service.Recover]: a pending row goes before the bytes, and goes away with their row.
func (s *Service) keep(ctx context.Context, key string, r io.Reader, limit int64, commit func(tx Tx, size int64, now time.Time) error) error {
	err := s.store.Update(ctx, func(tx Tx) error { return tx.PutPending(Pending{Key: key, Time: call.Now()}) })
	if err != nil {
		return err
	}
	size, err := s.blobs.Put(ctx, key, &limited{r: r, left: limit})
	if err != nil {
		s.discard(ctx, key)
		return fmt.Errorf("keep content: %w", err)
	}
	now, ran, refused := call.Now(), false, false
	// The bytes are there: that the client has gone meanwhile is no reason to throw them away.
	err = s.store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		ran = true
		err := commitPending(tx, key, func() error { return commit(tx, size, now) })
		refused = err != nil
		return err
	})
	if err != nil && (!ran || refused) { // otherwise the row may be there although the commit failed: Recover will know
		s.discard(ctx, key)
	}
	return err
}

// commitPending runs commit unless [Service.Recover] has taken the bytes for left over.
func commitPending(tx Tx, key string, commit func() error) error {
	p, found, err := tx.PendingBlob(key)
	if err != nil {
		return err
	}
	if !found || p.Doomed {
		return fmt.Errorf("content %s was removed as left over while it was being kept", key)
	}
	if err := commit(); err != nil {
		return err
	}
	return tx.DeletePending(key)
}

// discard removes what was kept for nothing, although the request that brought it may be over.
func (s *Service) discard(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err := s.blobs.Delete(ctx, key)
	if err == nil {
		err = s.store.Update(ctx, func(tx Tx) error { return tx.DeletePending(key) })
	}
	if err == nil {
		return
	}
	// Recover tries again.
	again := s.store.Update(ctx, func(tx Tx) error { return doom(tx, []string{key}) })
	s.log.WarnContext(ctx, "content of a failed upload is left over for now", "key", key, "error", errors.Join(err, again))
}

// recoverBatch is how many leftovers are removed between two looks at the store.
const recoverBatch = 100

// Recover removes what uploads left behind that were begun before the given time and never finished, because the
// process died, and what was doomed before it. An upload that is still under way and older than that is refused when it ends.
func (s *Service) Recover(ctx context.Context, before time.Time) error {
	for {
		var pending []Pending
		err := s.store.Update(ctx, func(tx Tx) (err error) {
			if pending, err = tx.Pending(before, recoverBatch); err != nil {
				return err
			}
			for _, p := range pending {
				p.Doomed = true
				if err := tx.PutPending(p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(pending) == 0 {
			return err
		}
		for _, p := range pending {
			if err := s.blobs.Delete(ctx, p.Key); err != nil {
				return fmt.Errorf("remove leftover %s: %w", p.Key, err)
			}
			if err := s.store.Update(ctx, func(tx Tx) error { return tx.DeletePending(p.Key) }); err != nil {
				return err
			}
			s.log.InfoContext(ctx, "removed content that no row names", "key", p.Key)
		}
	}
}

// limited fails with ErrTooLarge where [io.LimitReader] would pretend that the content ends.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p))-1 > l.left {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

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
