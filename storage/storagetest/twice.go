package storagetest

import (
	"context"
	"errors"

	"github.com/avanter/voki/storage"
)

// Twice shows a store such that every function given to Update runs two times: first in a transaction that is rolled
// back, then for good. So may a serializing database do after a conflict. Code that works behind Twice assigns its
// results and does nothing in a transaction that cannot be done again.
//
// What the store can do beside its contract is not to be had through Twice.
func Twice(s storage.Store) storage.Store { return twice{s} }

type twice struct{ storage.Store }

// errFirstRun rolls the first run back.
var errFirstRun = errors.New("storagetest: the first of two runs")

func (t twice) Update(ctx context.Context, fn func(storage.Tx) error) error {
	err := t.Store.Update(ctx, func(tx storage.Tx) error {
		_ = fn(tx) // it may fail here and not the second time
		return errFirstRun
	})
	if !errors.Is(err, errFirstRun) {
		return err
	}
	// The context counts before the first run only.
	return t.Store.Update(context.WithoutCancel(ctx), fn)
}

// base is the store itself, which may be behind Twice.
func base(s storage.Store) storage.Store {
	if t, ok := s.(twice); ok {
		return t.Store
	}
	return s
}
