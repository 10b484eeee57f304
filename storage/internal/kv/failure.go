package kv

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// errPublish is the cause of a failure that no disk has to do with: what is kept
// beside the engine no longer follows it.
var errPublish = errors.New("publish panicked")

// failure is the reason for which an engine takes no more writes; the first one
// stays.
type failure struct {
	cause atomic.Pointer[error]
}

func (f *failure) set(cause error) { f.cause.CompareAndSwap(nil, &cause) }

// err returns an error that Is ErrFailed and wraps the cause, or nil.
func (f *failure) err() error {
	if cause := f.cause.Load(); cause != nil {
		return fmt.Errorf("%w: no more writes: %w", ErrFailed, *cause)
	}
	return nil
}

// errUnknown is the error of the writers whose commit failed of the cause.
func errUnknown(cause error) error {
	return fmt.Errorf("%w: outcome of this write is unknown: %w", ErrFailed, cause)
}
