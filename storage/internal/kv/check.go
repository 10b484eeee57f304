package kv

import (
	"bytes"
	"context"
	"fmt"
)

// maxProblems bounds how many problems the error of Check names.
const maxProblems = 10

// Check verifies the pages of the file and returns an error that Is ErrDamaged if
// they are not whole, or the engine's failure if it has failed. It reads the whole
// file, and no checkpoint is made meanwhile: Updates wait for it once the journal is
// full; Views do not. ctx is looked at before it begins.
func (b *Bolt) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.filing.Lock() // bbolt reads the list of free pages, which a commit changes
	defer b.filing.Unlock()
	if err := b.failure.err(); err != nil {
		return err // bbolt's list of free pages may be of another state than ours
	}
	now, err := b.enter(nil)
	if err != nil {
		return err
	}
	now.cold.release() // it may be older than the list of free pages is

	var snap *snapshot
	err = Guard(func() (err error) {
		snap, err = openSnapshot(b.db)
		return err
	})
	if err != nil {
		return err
	}
	defer snap.release()

	// A damaged page number can make bbolt's check, which has a goroutine of its
	// own, read where no memory is; here that is an error.
	if err := snap.walk(); err != nil {
		return err
	}
	var problems []error
	count := 0
	for problem := range snap.tx.Check() {
		if count++; count <= maxProblems {
			problems = append(problems, problem)
		}
	}
	if count > 0 {
		return fmt.Errorf("%w: %d problems, among them %v", ErrDamaged, count, problems)
	}
	return nil
}

// walk reads every row and returns an error that Is ErrDamaged if that cannot be
// done, or if the keys do not rise.
func (s *snapshot) walk() error {
	r := &reader{snapshot: s}
	var last []byte
	for key := range r.Ascend(nil, nil) {
		if bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w: key %x comes after %x", ErrDamaged, key, last)
		}
		last = key
	}
	return r.Err()
}
