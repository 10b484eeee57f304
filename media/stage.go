package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/avanter/voki/call"
)

// This file is the order in which bytes and rows are written. What a crash leaves between the two is found by
// [Service.Recover]: a pending row goes before the bytes, and goes away with the row that names them; it comes back,
// doomed, with the end of that row, before the bytes are removed.

// keep writes the bytes of r under key and then runs commit, which writes the row that names them.
func (s *Service) keep(ctx context.Context, key string, r io.Reader, limit int64, commit func(tx Tx, size int64, now time.Time) error) error {
	size, err := s.stage(ctx, key, r, limit)
	if err != nil {
		return err
	}
	return s.commit(ctx, []string{key}, func(tx Tx, now time.Time) error { return commit(tx, size, now) })
}

// stage writes the bytes of r under key. Nothing is left of them if it fails; otherwise commit is to follow, or discard.
func (s *Service) stage(ctx context.Context, key string, r io.Reader, limit int64) (int64, error) {
	err := s.store.Update(ctx, func(tx Tx) error { return tx.PutPending(Pending{Key: key, Time: call.Now()}) })
	if err != nil {
		return 0, err
	}
	size, err := s.blobs.Put(ctx, key, &limited{r: r, left: limit})
	if err != nil {
		s.discard(ctx, key)
		return 0, fmt.Errorf("keep content: %w", err)
	}
	return size, nil
}

// commit runs write, which writes the row that names what was staged under the keys. Nothing is left of that if the
// row is not written.
func (s *Service) commit(ctx context.Context, keys []string, write func(tx Tx, now time.Time) error) error {
	now, ran, refused := call.Now(), false, false
	// The bytes are there: that the client has gone meanwhile is no reason to throw them away.
	err := s.store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		ran = true
		err := commitPending(tx, keys, func() error { return write(tx, now) })
		refused = err != nil
		return err
	})
	if err != nil && (!ran || refused) { // otherwise the row may be there although the commit failed: Recover will know
		s.discard(ctx, keys...)
	}
	return err
}

// commitPending runs write unless [Service.Recover] has taken the bytes for left over.
func commitPending(tx Tx, keys []string, write func() error) error {
	for _, key := range keys {
		p, found, err := tx.PendingBlob(key)
		if err != nil {
			return err
		}
		if !found || p.Doomed {
			return fmt.Errorf("content %s was removed as left over while it was being kept", key)
		}
	}
	if err := write(); err != nil {
		return err
	}
	return deletePending(tx, keys)
}

func deletePending(tx Tx, keys []string) error {
	for _, key := range keys {
		if err := tx.DeletePending(key); err != nil {
			return err
		}
	}
	return nil
}

// doom says, in the transaction in which the last row that names them goes away, that bytes are to be removed.
// [Service.discard] follows the commit; what it does not come to is left to [Service.Recover].
func doom(tx Tx, keys []string) error {
	for _, key := range keys {
		if err := tx.PutPending(Pending{Key: key, Doomed: true, Time: doomedSince}); err != nil {
			return err
		}
	}
	return nil
}

// discardTime bounds how long somebody waits for bytes to be removed that nobody wants.
const discardTime = time.Minute

// discard removes bytes that no row names, although the request that brought it up may be over.
func (s *Service) discard(ctx context.Context, keys ...string) {
	if len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTime)
	defer cancel()
	gone := keys
	var failed error
	for i, key := range keys {
		if failed = s.blobs.Delete(ctx, key); failed != nil {
			gone = keys[:i]
			break
		}
	}
	err := s.store.Update(ctx, func(tx Tx) error {
		if err := deletePending(tx, gone); err != nil {
			return err
		}
		return doom(tx, keys[len(gone):])
	})
	if err = errors.Join(failed, err); err != nil {
		s.log.WarnContext(ctx, "content that nobody needs is left over for now", "keys", len(keys), "error", err)
	}
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
